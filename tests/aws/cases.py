"""Deploys the template to an emulator and tries every case that the machine is made for."""

import datetime
import json
import os
import pathlib
import subprocess
import sys
import time

import botocore.exceptions

import emulator

HEALTH = {  # As AWS Health sends it, by the README of AWS's own automation.
    "version": "0",
    "id": "121345678-1234-1234-1234-123456789012",
    "detail-type": "AWS Health Event",
    "source": "aws.health",
    "account": emulator.ACCOUNT,
    "time": "2016-06-05T06:27:57Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {
        "eventArn": "arn:aws:health:us-east-1::event/AWS_RISK_CREDENTIALS_EXPOSED_XXXXXXXXXXXXXXXXX",
        "service": "RISK",
        "eventTypeCode": "AWS_RISK_CREDENTIALS_EXPOSED",
        "eventTypeCategory": "issue",
        "startTime": "Sat, 05 Jun 2016 15:10:09 GMT",
        "eventDescription": [{"language": "en_US", "latestDescription": "..."}],
        "affectedEntities": [],
    },
}

TRUSTED_ADVISOR = {
    "version": "0",
    "id": "1234abcd-ab12-123a-123a-1234567890ab",
    "detail-type": "Trusted Advisor Check Item Refresh Notification",
    "source": "aws.trustedadvisor",
    "account": emulator.ACCOUNT,
    "time": "2018-01-12T19:38:24Z",
    "region": "us-east-1",
    "resources": [],
    "detail": {
        "check-name": "Exposed Access Keys",
        "check-item-detail": {
            "Case ID": "12345678-1234-1234-abcd-1234567890ab",
            "Usage (USD per Day)": "0",
            "Deadline": "1440453299248",
            "Time Updated": "1497064411198",
            "Fraud Type": "Exposed",
            "Location": "www.github.com/somewhere",
        },
        "status": "ERROR",
        "resource_id": "",
        "uuid": "aa12345f-55c7-498e-b7ac-123456789012",
    },
}


class Stack:
    """The deployed template, with a queue for the notices of its topic."""

    def __init__(self, aws, template):
        self.aws = aws
        self.iam, self.sqs = aws.client("iam"), aws.client("sqs")
        self.machines, self.events = aws.client("stepfunctions"), aws.client("events")
        self.stacks, self.template = aws.client("cloudformation"), template
        self.deploy("create")
        self.users = 0
        self.mail = self.sqs.create_queue(QueueName="mail")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.mail, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = allow("sqs:SendMessage", arn) | {"Principal": {"Service": "sns.amazonaws.com"}}
        self.sqs.set_queue_attributes(QueueUrl=self.mail, Attributes={"Policy": document(policy)})
        aws.client("sns").subscribe(TopicArn=self.outputs["Topic"], Protocol="sqs", Endpoint=arn)

    def deploy(self, action, **parameters):
        parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()]
        getattr(self.stacks, f"{action}_stack")(
            StackName="tightlip", TemplateBody=self.template, Parameters=parameters, Capabilities=["CAPABILITY_IAM"]
        )
        self.stacks.get_waiter(f"stack_{action}_complete").wait(StackName="tightlip", WaiterConfig={"Delay": 1})
        stack = self.stacks.describe_stacks(StackName="tightlip")["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
        self.machine = self.outputs["Machine"]

    def user(self, name=None):
        """A user that may do anything, with a key."""
        self.users += 1
        name = name or f"victim-{self.users}"
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="all", PolicyDocument=document(allow("*", "*")))
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def start(self, event, mocked=None):
        """Runs the machine on an event; `mocked` has, for states by name, what their attempts return or throw."""
        arn = self.machine
        if mocked:
            name = arn.rsplit(":", 1)[1]
            cases = {"TestCases": {"case": {state: state for state in mocked}}}
            self.aws.configure(_sfn_mock_config={"StateMachines": {name: cases}, "MockedResponses": mocked})
            arn += "#case"
        started = self.machines.start_execution(stateMachineArn=arn, input=json.dumps(event))
        return self.ended(started["executionArn"])

    def ended(self, arn):
        for _ in range(400):
            execution = self.machines.describe_execution(executionArn=arn)
            if execution["status"] != "RUNNING":
                return execution
            time.sleep(0.1)
        raise AssertionError("the machine does not end")

    def executions(self):
        return {run["executionArn"] for run in self.machines.list_executions(stateMachineArn=self.machine)["executions"]}

    def texts(self, queue=None):
        """Takes the messages of a queue; by default the notices that came."""
        texts = []
        for _ in range(30):
            got = self.sqs.receive_message(QueueUrl=queue or self.mail, MaxNumberOfMessages=10).get("Messages", [])
            if not got and texts:
                break
            for message in got:
                self.sqs.delete_message(QueueUrl=queue or self.mail, ReceiptHandle=message["ReceiptHandle"])
                body = message["Body"]
                texts.append(body if queue else json.loads(body)["Message"])
                assert queue or len(json.loads(body)["Subject"]) < 100
            if not got:
                time.sleep(0.05)
        return texts

    def status(self, key):
        keys = self.iam.list_access_keys(UserName=key["UserName"])["AccessKeyMetadata"]
        return next(other["Status"] for other in keys if other["AccessKeyId"] == key["AccessKeyId"])

    def is_refused(self, key):
        try:
            self.aws.client("sts", key).get_caller_identity()
        except botocore.exceptions.ClientError as error:
            return error.response["Error"]["Code"] == "InvalidClientTokenId"
        return False


def allow(action, resource):
    return {"Effect": "Allow", "Action": action, "Resource": resource}


def document(statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def health(*keys, **detail):
    entities = [{"entityValue": key if isinstance(key, str) else key["AccessKeyId"]} for key in keys]
    return HEALTH | {"detail": HEALTH["detail"] | {"affectedEntities": entities} | detail}


def page(names, token=None, read_only="false"):
    """An answer of LookupEvents."""
    events = [{"EventName": name, "ReadOnly": read_only, "EventId": name} for name in names]
    return {"Events": events} | ({"NextToken": token} if token else {})


NOTHING = {"0": {"Return": page([])}}
THROTTLED = {"Throw": {"Error": "CloudTrail.ThrottlingException", "Cause": "Rate exceeded"}}
DENIED = {"0-9": {"Throw": {"Error": "Denied.AccessDeniedException", "Cause": "not authorized"}}}


def one(texts, start):
    found = [text for text in texts if text.startswith(start)]
    assert len(found) == 1, (start, texts)
    return found[0]


def an_event_of_tightlip_goes_through_the_rule(stack):
    keys = [stack.user(), stack.user()]
    before = stack.executions()
    detail = health(*keys)["detail"] | {
        "eventTypeCode": "TIGHTLIP_CREDENTIAL_EXPOSED",
        "finding": {"secret_found": False},
    }
    entry = {"Source": "tightlip", "DetailType": "Exposed Credential Found", "Detail": json.dumps(detail)}
    assert stack.events.put_events(Entries=[entry])["FailedEntryCount"] == 0
    for _ in range(100):
        started = stack.executions() - before
        if started:
            break
        time.sleep(0.1)
    assert len(started) == 1, started
    assert stack.ended(started.pop())["status"] == "SUCCEEDED"
    texts = stack.texts()
    for key in keys:
        assert stack.status(key) == "Inactive" and stack.is_refused(key)
        text = one(texts, f"CONTAINED: exposed key {key['AccessKeyId']}")
        assert f"Owner: {key['UserName']}" in text and "No secret was found beside the id" in text, text
        one(texts, f"REPORT on exposed key {key['AccessKeyId']}: contained")
    assert len(texts) == 4, texts


def send_fills_in_owners_and_fails_for_what_is_not_taken(stack):
    keys = [stack.user(), stack.user("a.b=c@d,e+f")]
    before = stack.executions()
    entries = []
    for key in keys:
        item = {"Access Key ID": key["AccessKeyId"], "User Name (IAM or Root)": "", "Location": "x"}
        detail = {"eventTypeCode": "TIGHTLIP_CREDENTIAL_EXPOSED", "check-item-detail": item}
        entries.append({
            "Source": "tightlip",
            "DetailType": "Exposed Credential Found",
            "Resources": [key["AccessKeyId"]],
            "Detail": json.dumps(detail, separators=(",", ":")),
        })
    send = pathlib.Path(__file__).parents[2] / "deploy/aws/send"
    variables = {
        "PATH": f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}",
        "AWS_ENDPOINT_URL": stack.aws.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": emulator.REGION,
    }

    def sent(entries):
        line = json.dumps(entries, separators=(",", ":")) + "\n"
        return subprocess.run([send, "--owners"], input=line, text=True, env=os.environ | variables, capture_output=True)

    assert sent(entries).returncode == 0
    for _ in range(100):
        started = stack.executions() - before
        if len(started) == 2:
            break
        time.sleep(0.1)
    told = [json.loads(stack.ended(run)["input"])["detail"]["check-item-detail"] for run in started]
    names = {item["Access Key ID"]: item["User Name (IAM or Root)"] for item in told}
    assert names == {key["AccessKeyId"]: key["UserName"] for key in keys}, names
    assert len(stack.texts()) == 4
    # Nobody but AWS may say that he is AWS; the status of put-events is 0 all the same.
    refused = sent([entries[0] | {"Source": "aws.health"}])
    assert refused.returncode == 1 and "1 of these entries were not taken" in refused.stderr, refused


def the_rule_takes_what_aws_sends_and_nothing_else(stack):
    rule = stack.events.list_rules()["Rules"]
    pattern = next(one["EventPattern"] for one in rule if "aws.health" in one.get("EventPattern", ""))
    quarantine = health("x", eventTypeCode="AWS_RISK_IAM_QUARANTINE")
    other_check = TRUSTED_ADVISOR | {"detail": TRUSTED_ADVISOR["detail"] | {"check-name": "Service Limits"}}
    fine = TRUSTED_ADVISOR | {"detail": TRUSTED_ADVISOR["detail"] | {"status": "OK"}}
    for event, is_taken in [
        (HEALTH, True),
        (HEALTH | {"detail-type": "AWS Health Abuse Event"}, True),
        (quarantine, True),
        (TRUSTED_ADVISOR, True),
        (other_check, False),
        (fine, False),
        (health("x", eventTypeCode="AWS_EC2_OPERATIONAL_ISSUE"), False),
        (HEALTH | {"source": "someone"}, False),
    ]:
        answer = stack.events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
        assert answer["Result"] == is_taken, event


def a_second_event_tells_and_changes_nothing(stack):
    key = stack.user()
    stack.start(health(key), {"Trail": NOTHING})
    assert len(stack.texts()) == 2
    output = json.loads(stack.start(health(key), {"Trail": NOTHING})["output"])
    assert output[0]["outcome"] == "already", output
    text = one(stack.texts(), f"REPORT on exposed key {key['AccessKeyId']}: it was inactive already")
    assert "nothing was changed" in text
    assert stack.status(key) == "Inactive"


def an_event_of_trusted_advisor_is_read(stack):
    key = stack.user("u" * 64)
    detail = TRUSTED_ADVISOR["detail"]
    # The name in the event is not believed.
    item = detail["check-item-detail"] | {"Access Key ID": key["AccessKeyId"], "User Name (IAM or Root)": "someone-else"}
    stack.start(TRUSTED_ADVISOR | {"detail": detail | {"check-item-detail": item}}, {"Trail": NOTHING})
    assert stack.status(key) == "Inactive"
    text = one(stack.texts(), "CONTAINED")
    assert "Where: www.github.com/somewhere" in text and "u" * 64 in text, text


def an_unknown_key_is_told_and_others_are_contained(stack):
    key = stack.user()
    unknown = "AKIA" + "Q" * 16
    execution = stack.start(health(unknown, key), {"Trail": NOTHING})
    assert execution["status"] == "SUCCEEDED", execution
    outcomes = {run["key"]: run["outcome"] for run in json.loads(execution["output"])}
    assert outcomes == {unknown: "failed", key["AccessKeyId"]: "contained"}, outcomes
    text = one(stack.texts(), f"NOT CONTAINED: exposed key {unknown}")
    assert "find the owner (iam:GetAccessKeyLastUsed)" in text and "What to do now" in text, text


def what_is_no_key_of_a_user_ends_in_words(stack):
    for entity, start in [
        ("ASIA" + "Q" * 16, "NOT CONTAINED: ASIAQ"),
        ("some-user", "NOT CONTAINED: the event names some-user"),
    ]:
        execution = stack.start(health(entity), {"Trail": NOTHING})
        assert execution["status"] == "SUCCEEDED", execution
        assert "What to do now" in one(stack.texts(), start)
    root = {"0": {"Return": {"AccessKeyLastUsed": {"ServiceName": "N/A"}}}}
    stack.start(health("AKIA" + "Q" * 16), {"Owner": root, "Trail": NOTHING})
    assert "sign in as root" in one(stack.texts(), "NOT CONTAINED: AKIAQ")
    for empty in [health(), {}, {"detail": {}}, HEALTH | {"detail": {"affectedEntities": []}}]:
        assert stack.start(empty)["status"] == "SUCCEEDED"
        one(stack.texts(), "NOT CONTAINED: an event about exposed keys names none")


def cloudtrail_is_read_to_its_end_and_asked_again_when_it_throttles(stack):
    key = stack.user()
    pages = {
        "0": {"Return": page(["CreateUser", "CreateUser", "RunInstances"], "more")},
        "1": {"Return": page(["CreateUser"], "more")},
        "2": {"Return": page(["ListUsers"], read_only="true")},
    }
    stack.start(health(key), {"Trail": pages})
    text = one(reports(stack), "REPORT")
    counts = "90 days: 5 events\nChanges: CreateUser 3, RunInstances 1\nAll: CreateUser 3, RunInstances 1, ListUsers 1"
    assert counts in text, text
    key = stack.user()
    execution = stack.start(health(key), {"Trail": {"0-99": THROTTLED}})
    history = stack.machines.get_execution_history(executionArn=execution["executionArn"], maxResults=1000)["events"]
    attempts = [event for event in history if "Throttling" in event.get("taskFailedEventDetails", {}).get("error", "")]
    assert len(attempts) == 7, attempts
    text = one(reports(stack), "REPORT")
    assert "Not known: read what it did (cloudtrail:LookupEvents): CloudTrail.ThrottlingException" in text, text
    assert stack.status(key) == "Inactive"


def reports(stack):
    return [text for text in stack.texts() if text.startswith("REPORT")]


def every_missing_permission_is_named(stack):
    for state, permission, is_contained in [
        ("Owner", "iam:GetAccessKeyLastUsed", False),
        ("Status", "iam:ListAccessKeys", True),
        ("Deactivate", "iam:UpdateAccessKey", False),
        ("Trail", "cloudtrail:LookupEvents", True),
        ("OtherKeys", "iam:ListAccessKeys", True),
        ("Attached", "iam:ListAttachedUserPolicies", True),
        ("Inline", "iam:ListUserPolicies", True),
        ("Mfa", "iam:ListMFADevices", True),
        ("Login", "iam:GetLoginProfile", True),
    ]:
        key = stack.user()
        execution = stack.start(health(key), {"Trail": NOTHING} | {state: DENIED})
        assert execution["status"] == "SUCCEEDED", (state, execution)
        assert stack.status(key) == ("Inactive" if is_contained else "Active"), state
        texts = stack.texts()
        one(texts, "CONTAINED" if is_contained else "NOT CONTAINED")
        text = one(texts, "REPORT")
        assert f"({permission}): Denied.AccessDeniedException" in text, (state, text)


def a_quarantined_owner_is_seen_by_pattern(stack):
    key = stack.user()
    stack.iam.create_login_profile(UserName=key["UserName"], Password="long-enough-1A!")
    other = stack.iam.create_access_key(UserName=key["UserName"])["AccessKey"]
    for version in ["V3", "V9"]:
        policy = stack.iam.create_policy(
            PolicyName=f"AWSCompromisedKeyQuarantine{version}",
            PolicyDocument=document(allow("*", "*") | {"Effect": "Deny"}),
        )
        stack.iam.attach_user_policy(UserName=key["UserName"], PolicyArn=policy["Policy"]["Arn"])
    stack.start(health(key), {"Trail": NOTHING})
    text = one(reports(stack), "REPORT")
    for line in [
        "(AWSCompromisedKeyQuarantineV3, AWSCompromisedKeyQuarantineV9): leave the policy",
        f"Other keys of the owner: {other['AccessKeyId']} (Active)",
        "Policies inline: all",
        "Console sign-in: a password",
        "MFA devices: 0",
    ]:
        assert line in text, (line, text)
    assert stack.status(key) == "Inactive" and stack.status(other) == "Active"


def a_notice_that_fails_is_kept_and_the_machine_fails(stack):
    for state, kept in [("Tell", "CONTAINED"), ("Report", "REPORT")]:
        key = stack.user()
        execution = stack.start(health(key), {"Trail": NOTHING, state: DENIED})
        assert (execution["status"], execution["error"]) == ("FAILED", "Untold"), execution
        assert stack.status(key) == "Inactive"
        one(stack.texts(stack.outputs["DeadLetters"]), kept)
        assert len(stack.texts()) == 1


def switches_deny_sessions_and_only_then(stack):
    key = stack.user()
    assert stack.iam.list_user_policies(UserName=key["UserName"])["PolicyNames"] == ["all"]
    stack.deploy("update", DenySessions="true", DenyRoles="true")
    stack.start(health(key), {"Trail": NOTHING})
    text = one(stack.texts(), "CONTAINED")
    assert "Denied: older sessions of the user" in text, text
    policy = stack.iam.get_user_policy(UserName=key["UserName"], PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    assert is_of_now(policy), policy

    trust = document({"Effect": "Allow", "Principal": {"AWS": emulator.ACCOUNT}, "Action": "sts:AssumeRole"})
    stack.iam.create_role(RoleName="worker", AssumeRolePolicyDocument=trust)
    identity = {"sessionContext": {"sessionIssuer": {"type": "Role", "userName": "worker"}}}
    event = {"Events": [{"CloudTrailEvent": json.dumps({"userIdentity": identity})}]}
    temporary = "ASIA" + "Q" * 16
    stack.start(health(temporary), {"Trail": NOTHING, "Issuer": {"0": {"Return": event}}})
    assert "Denied: older sessions of the role worker" in one(stack.texts(), f"CONTAINED: exposed key {temporary}")
    policy = stack.iam.get_role_policy(RoleName="worker", PolicyName="AWSRevokeOlderSessions")["PolicyDocument"]
    assert is_of_now(policy), policy
    # CloudTrail does not know it, or it is the session of a user.
    for answer in [NOTHING, {"0": {"Return": {"Events": [{"CloudTrailEvent": "{}"}]}}}]:
        assert stack.start(health(temporary), {"Trail": NOTHING, "Issuer": answer})["status"] == "SUCCEEDED"
        one(stack.texts(), f"NOT CONTAINED: {temporary}")


def is_of_now(policy):
    statement = policy["Statement"][0]
    before = datetime.datetime.fromisoformat(statement["Condition"]["DateLessThan"]["aws:TokenIssueTime"])
    age = datetime.datetime.now(datetime.timezone.utc) - before
    return statement["Effect"] == "Deny" and abs(age) < datetime.timedelta(minutes=1)


CASES = [
    an_event_of_tightlip_goes_through_the_rule,
    send_fills_in_owners_and_fails_for_what_is_not_taken,
    the_rule_takes_what_aws_sends_and_nothing_else,
    a_second_event_tells_and_changes_nothing,
    an_event_of_trusted_advisor_is_read,
    an_unknown_key_is_told_and_others_are_contained,
    what_is_no_key_of_a_user_ends_in_words,
    cloudtrail_is_read_to_its_end_and_asked_again_when_it_throttles,
    every_missing_permission_is_named,
    a_quarantined_owner_is_seen_by_pattern,
    a_notice_that_fails_is_kept_and_the_machine_fails,
    # Last, because it changes the stack.
    switches_deny_sessions_and_only_then,
]


def main():
    with open(sys.argv[1]) as file:
        template = file.read()
    failed = 0
    with emulator.running() as aws:
        stack = Stack(aws, template)
        for case in CASES:
            try:
                case(stack)
                print(f"aws: {case.__name__} ... ok", flush=True)
            except (AssertionError, KeyError, StopIteration, botocore.exceptions.ClientError) as error:
                failed += 1
                print(f"aws: {case.__name__} ... FAILED: {type(error).__name__}: {error}", flush=True)
                stack.texts()
    print(f"aws: {len(CASES) - failed} cases passed, {failed} failed")
    return bool(failed)


if __name__ == "__main__":
    sys.exit(main())
