"""MiniStack, an emulator of AWS, on 127.0.0.1 for as long as a `with` block lasts."""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
import time
import urllib.request

import boto3

ACCOUNT = "123456789012"
REGION = "us-east-1"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Emulator:
    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"

    def client(self, service, key=None, region=REGION, token=None):
        """A client of the account's owner, or of a key made by `iam.create_access_key`."""
        key = key or {"AccessKeyId": "test", "SecretAccessKey": "test"}
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id=key["AccessKeyId"],
            aws_secret_access_key=key["SecretAccessKey"],
            aws_session_token=token,
        )

    def configure(self, **values):
        body = json.dumps({f"stepfunctions.{name}": value for name, value in values.items()})
        request = urllib.request.Request(f"{self.url}/_ministack/config", body.encode(), method="POST")
        urllib.request.urlopen(request).read()


@contextlib.contextmanager
def running(port=None):
    port = port or free_port()
    settings = {
        # It listens on every address unless it is told otherwise, and so do its listeners beside HTTP.
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",
        "SFTP_ENABLED": "0",
        "GATEWAY_PORT": str(port),
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "AUTH": "true",
        "CLOUDTRAIL_RECORDING": "1",
        "MINISTACK_AUTOCREATE_AWS_MANAGED": "1",
        # Retries wait a hundredth of their time.
        "SFN_WAIT_SCALE": "0.01",
    }
    program = pathlib.Path(sys.executable).with_name("ministack")
    process = subprocess.Popen([program], env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        emulator = Emulator(port)
        for _ in range(300):
            try:
                urllib.request.urlopen(emulator.url).read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("MiniStack does not answer")
        yield emulator
    finally:
        process.terminate()
        process.wait()
