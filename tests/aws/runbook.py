"""Runs `tightlip respond` against a second emulator, moto, which has what MiniStack lacks: AWS's own quarantine
policies with what they deny, and calls that are refused for want of a permission. It has no CloudTrail, which an operator
without the permission has not either: a named gap, and never status 0."""

import contextlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import urllib.request

import botocore.exceptions

import emulator

TOOLS = pathlib.Path(sys.executable).parent
QUARANTINE = "AWSCompromisedKeyQuarantineV2"
# Two Regions are enough: moto has 38, and a call takes a second in each.
AWS = """#!/bin/sh
case "$*" in
    "ec2 describe-regions "*) echo '{{"Regions": [{{"RegionName": "us-east-1"}}, {{"RegionName": "ap-south-1"}}]}}' ;;
    *) exec "{tools}/aws" --endpoint-url "{url}" "$@" ;;
esac
"""


@contextlib.contextmanager
def running():
    port = emulator.free_port()
    settings = {"MOTO_IAM_LOAD_MANAGED_POLICIES": "true", "INITIAL_NO_AUTH_ACTION_COUNT": "1000000"}
    command = [TOOLS / "moto_server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        aws = emulator.Emulator(port)
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{aws.url}/moto-api/").read()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("moto does not answer")
        yield aws
    finally:
        process.terminate()
        process.wait()


def check_permissions(aws, is_on):
    """Makes moto refuse what is not permitted, or take all calls, as it does until the first user is made."""
    body = b"0" if is_on else b"1000000"
    headers = {"Content-Type": "text/plain"}
    urllib.request.urlopen(urllib.request.Request(f"{aws.url}/moto-api/reset-auth", body, headers, method="POST"))


def key_of(aws, name, *statements):
    """A key of a new user that has these permissions."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    for number, statement in enumerate(statements):
        iam.put_user_policy(UserName=name, PolicyName=f"own-{number}", PolicyDocument=statement)
    return iam.create_access_key(UserName=name)["AccessKey"]


def allow(*actions):
    actions = ", ".join(f'"{action}"' for action in actions)
    return f'{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Action": [{actions}], "Resource": "*"}}]}}'


def respond(aws, key, as_key, *options):
    """What tightlip prints, and its status, when the holder of a key responds."""
    with tempfile.TemporaryDirectory() as home:
        program = pathlib.Path(home, "aws")
        program.write_text(AWS.format(tools=TOOLS, url=aws.url))
        program.chmod(0o755)
        environment = {
            "PATH": f"{home}:{os.environ['PATH']}",
            "HOME": home,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_ACCESS_KEY_ID": as_key["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": as_key["SecretAccessKey"],
            "AWS_REGION": emulator.REGION,
        }
        command = [sys.argv[1], "respond", key["AccessKeyId"], "--log", f"{home}/log", *options]
        run = subprocess.run(command, env=environment, capture_output=True, text=True)
        for text in [run.stdout, run.stderr, pathlib.Path(home, "log").read_text()]:
            assert key["SecretAccessKey"] not in text and as_key["SecretAccessKey"] not in text
        return run.stdout, run.returncode


def status(aws, key):
    keys = aws.client("iam").list_access_keys(UserName=key["UserName"])["AccessKeyMetadata"]
    return keys[0]["Status"]


def a_quarantined_user_cannot_respond_and_an_operator_can(aws):
    victim = key_of(aws, "victim", allow("*"))
    policy = f"arn:aws:iam::aws:policy/{QUARANTINE}"
    aws.client("iam").attach_user_policy(UserName="victim", PolicyArn=policy)
    operator = key_of(aws, "operator", allow("*"))
    check_permissions(aws, True)
    # What AWS denies is denied here, so the refusal that follows is earned.
    try:
        own = aws.client("iam", victim)
        own.update_access_key(UserName="victim", AccessKeyId=victim["AccessKeyId"], Status="Inactive")
        raise AssertionError("the quarantine does not hold")
    except botocore.exceptions.ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error
    text, code = respond(aws, victim, victim, "--apply")
    assert code == 2 and "REFUSED: AWS_ACCESS_KEY_ID holds the exposed key itself" in text, text
    text, code = respond(aws, victim, operator)
    assert code == 2 and "Contained  NO" in text, text
    text, code = respond(aws, victim, operator, "--apply")
    check_permissions(aws, False)
    assert status(aws, victim) == "Inactive", text
    assert "Account    123456789012 (the id holds it, and AWS confirms it)" in text, text
    assert f"AWS has attached {QUARANTINE}" in text, text
    assert code == 2 and "trail: no events of CloudTrail in" in text, text


def what_an_operator_may_not_do_is_named(aws):
    victim = key_of(aws, "other-victim")
    reads = ["iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "sts:GetAccessKeyInfo"]
    reader = key_of(aws, "reader", allow(*reads))
    check_permissions(aws, True)
    text, code = respond(aws, victim, reader, "--apply")
    check_permissions(aws, False)
    assert code == 2 and "Contained  NO" in text, text
    assert status(aws, victim) == "Active", text
    gaps = text[text.index("NOT READ OR NOT DONE") :]
    for command in [
        "aws iam update-access-key --user-name other-victim",
        "aws iam list-attached-user-policies --user-name other-victim",
        "aws iam list-mfa-devices --user-name other-victim",
        "aws iam get-account-summary",
    ]:
        assert command in gaps, (command, text)


CASES = [a_quarantined_user_cannot_respond_and_an_operator_can, what_an_operator_may_not_do_is_named]


def main():
    with running() as aws:
        for case in CASES:
            case(aws)
            print(f"runbook: {case.__name__} ... ok", flush=True)


if __name__ == "__main__":
    main()
