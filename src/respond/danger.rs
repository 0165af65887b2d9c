//! How dangerous a call is in the hands of a stranger.

/// How dangerous a call is. In rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Danger {
    /// It read something that is no secret.
    Low,
    /// It changed something, or tried to do something worse and was refused.
    Medium,
    /// It costs money, destroys, opens or reads what is kept secret.
    High,
    /// It makes credentials or rights that outlive the key, carries data away, or blinds the watchers.
    Critical,
}

impl Danger {
    /// Returns its name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Danger::Low => "low",
            Danger::Medium => "medium",
            Danger::High => "high",
            Danger::Critical => "critical",
        }
    }
}

/// What a call is worth in a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verdict {
    /// How dangerous it is.
    pub danger: Danger,
    /// Why, as a verb and its object.
    pub reason: &'static str,
    /// Whether AWS refused it for want of permission.
    pub is_refused: bool,
}

const CREDENTIALS: &str = "makes credentials or rights";
const BLINDS: &str = "blinds the watchers";
const CARRIES: &str = "carries data away";
const COSTS: &str = "runs something that costs money";
const OPENS: &str = "opens a way in";
const SECRETS: &str = "reads what is kept secret";
const SESSION: &str = "makes a session that outlives the key";
const MAIL: &str = "prepares or sends mail";

/// Services, prefixes of calls, and what they are worth; the first that fits counts. A call that reads
/// is only `Low` if no line names it.
const TABLE: &[(&str, &[&str], Danger, &str)] = &[
    (
        "iam",
        &[
            "CreateAccessKey",
            "UpdateAccessKey",
            "CreateUser",
            "CreateRole",
            "CreateLoginProfile",
            "UpdateLoginProfile",
            "ChangePassword",
            "Attach",
            "Put",
            "CreatePolicy",
            "SetDefaultPolicyVersion",
            "AddUserToGroup",
            "AddRoleToInstanceProfile",
            "UpdateAssumeRolePolicy",
            "DeactivateMFADevice",
            "DeleteVirtualMFADevice",
            "CreateVirtualMFADevice",
            "EnableMFADevice",
            "CreateSAMLProvider",
            "UpdateSAMLProvider",
            "CreateOpenIDConnectProvider",
            "UpdateOpenIDConnectProvider",
            "CreateServiceSpecificCredential",
            "ResetServiceSpecificCredential",
            "UploadSSHPublicKey",
            "UploadSigningCertificate",
            "DeleteUserPolicy",
            "DetachUserPolicy",
            "DeleteUserPermissionsBoundary",
            "DeleteRolePermissionsBoundary",
        ],
        Danger::Critical,
        CREDENTIALS,
    ),
    ("sts", &["GetFederationToken"], Danger::Critical, SESSION),
    ("sts", &["GetSessionToken", "Assume"], Danger::Medium, SESSION),
    (
        "rolesanywhere",
        &["CreateTrustAnchor", "CreateProfile", "UpdateTrustAnchor"],
        Danger::Critical,
        CREDENTIALS,
    ),
    ("identitystore", &["Create"], Danger::Critical, CREDENTIALS),
    (
        "ec2",
        &["AssociateIamInstanceProfile", "ReplaceIamInstanceProfile"],
        Danger::Critical,
        CREDENTIALS,
    ),
    (
        "account",
        &["EnableRegion", "PutAlternateContact", "DeleteAlternateContact", "PutContactInformation"],
        Danger::Critical,
        BLINDS,
    ),
    ("signin", &["GetSigninToken", "ConsoleLogin"], Danger::High, "opens the console"),
    (
        "organizations",
        &[
            "LeaveOrganization",
            "CreateAccount",
            "InviteAccount",
            "DisablePolicyType",
            "DetachPolicy",
        ],
        Danger::Critical,
        CREDENTIALS,
    ),
    ("sso", &["Create", "Put", "Attach"], Danger::Critical, CREDENTIALS),
    (
        "cloudtrail",
        &["StopLogging", "DeleteTrail", "UpdateTrail", "PutEventSelectors", "DeleteEventDataStore"],
        Danger::Critical,
        BLINDS,
    ),
    (
        "guardduty",
        &["Delete", "Update", "Stop", "Disassociate", "CreateFilter"],
        Danger::Critical,
        BLINDS,
    ),
    ("securityhub", &["Disable", "Delete", "BatchDisable"], Danger::Critical, BLINDS),
    ("config", &["Stop", "Delete"], Danger::Critical, BLINDS),
    ("access-analyzer", &["DeleteAnalyzer"], Danger::Critical, BLINDS),
    (
        "logs",
        &["DeleteLogGroup", "DeleteLogStream", "PutRetentionPolicy"],
        Danger::Critical,
        BLINDS,
    ),
    ("monitoring", &["DeleteAlarms", "DisableAlarmActions"], Danger::High, BLINDS),
    ("events", &["DeleteRule", "DisableRule", "RemoveTargets"], Danger::High, BLINDS),
    ("ec2", &["DeleteFlowLogs"], Danger::Critical, BLINDS),
    (
        "ec2",
        &[
            "ModifySnapshotAttribute",
            "ModifyImageAttribute",
            "CreateStoreImageTask",
            "CreateInstanceExportTask",
        ],
        Danger::Critical,
        CARRIES,
    ),
    (
        "rds",
        &["ModifyDBSnapshotAttribute", "ModifyDBClusterSnapshotAttribute", "StartExportTask"],
        Danger::Critical,
        CARRIES,
    ),
    (
        "s3",
        &[
            "PutBucketPolicy",
            "PutBucketAcl",
            "DeleteBucketPublicAccessBlock",
            "DeletePublicAccessBlock",
            "PutBucketReplication",
            "PutAccountPublicAccessBlock",
        ],
        Danger::Critical,
        CARRIES,
    ),
    (
        "ec2",
        &[
            "RunInstances",
            "StartInstances",
            "RequestSpot",
            "CreateFleet",
            "CreateLaunchTemplate",
            "PurchaseReserved",
            "AllocateHosts",
        ],
        Danger::High,
        COSTS,
    ),
    (
        "ecs",
        &["RunTask", "CreateService", "RegisterTaskDefinition", "CreateCluster"],
        Danger::High,
        COSTS,
    ),
    ("eks", &["CreateCluster", "CreateNodegroup"], Danger::High, COSTS),
    ("eks", &["CreateAccessEntry", "AssociateAccessPolicy"], Danger::Critical, CREDENTIALS),
    ("servicequotas", &["Request"], Danger::High, COSTS),
    ("codebuild", &["CreateProject", "StartBuild"], Danger::High, COSTS),
    ("elasticmapreduce", &["RunJobFlow"], Danger::High, COSTS),
    ("ram", &["CreateResourceShare", "AssociateResourceShare"], Danger::Critical, CARRIES),
    ("datasync", &["CreateTask", "StartTask"], Danger::Critical, CARRIES),
    ("ecr", &["SetRepositoryPolicy"], Danger::High, OPENS),
    ("lightsail", &["CreateInstances"], Danger::High, COSTS),
    (
        "batch",
        &["SubmitJob", "CreateComputeEnvironment", "RegisterJobDefinition"],
        Danger::High,
        COSTS,
    ),
    ("sagemaker", &["Create"], Danger::High, COSTS),
    (
        "bedrock",
        &[
            "Invoke",
            "Converse",
            "CreateModel",
            "PutUseCaseForModelAccess",
            "CreateFoundationModelAgreement",
        ],
        Danger::High,
        COSTS,
    ),
    (
        "lambda",
        &["CreateFunction", "UpdateFunction", "AddPermission", "CreateEventSource"],
        Danger::High,
        OPENS,
    ),
    (
        "ec2",
        &["AuthorizeSecurityGroup", "ModifyInstanceAttribute", "CreateKeyPair", "ImportKeyPair"],
        Danger::High,
        OPENS,
    ),
    ("ec2-instance-connect", &["Send"], Danger::High, OPENS),
    (
        "ssm",
        &["SendCommand", "StartSession", "StartAutomation", "CreateAssociation"],
        Danger::High,
        OPENS,
    ),
    ("cloudformation", &["CreateStack", "UpdateStack"], Danger::High, OPENS),
    ("ses", &["Verify", "Send", "CreateEmailIdentity", "PutAccountDetails"], Danger::High, MAIL),
    ("ses", &["GetSendQuota", "GetAccount"], Danger::Medium, MAIL),
    ("sns", &["Publish", "SetSMSAttributes"], Danger::High, MAIL),
    ("secretsmanager", &["GetSecretValue", "BatchGetSecretValue"], Danger::High, SECRETS),
    ("ssm", &["GetParameter"], Danger::High, SECRETS),
    ("ec2", &["GetPasswordData", "GetConsole"], Danger::High, SECRETS),
    ("ecr", &["GetAuthorizationToken"], Danger::Medium, SECRETS),
    (
        "kms",
        &["ScheduleKeyDeletion", "DisableKey", "PutKeyPolicy", "CreateGrant"],
        Danger::Critical,
        CARRIES,
    ),
    ("kms", &["Decrypt", "GenerateDataKey", "Encrypt"], Danger::Low, "uses a key of KMS"),
];

/// Calls that destroy, in any service.
const DESTROYING: &[&str] = &["Delete", "Terminate", "Destroy", "Purge", "Deregister"];

/// Judges a call: what it is, whether it only reads, and the code with which it was refused.
pub(super) fn judge(service: &str, name: &str, is_read: bool, error: Option<&str>) -> Verdict {
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    let known = TABLE.iter().find(|(of, names, ..)| *of == service && begins(names));
    let (danger, reason) = match known {
        Some(&(_, _, danger, reason)) => (danger, reason),
        None if is_read => (Danger::Low, "looks around"),
        None if begins(DESTROYING) => (Danger::High, "destroys something"),
        None => (Danger::Medium, "changes something"),
    };
    match error {
        None => Verdict { danger, reason, is_refused: false },
        Some(code) => Verdict {
            danger: danger.min(Danger::Medium),
            reason,
            is_refused: code.contains("AccessDenied") || code.contains("Unauthorized"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{Danger, judge};

    #[test]
    fn calls_are_ranked_by_what_they_leave_behind() {
        for (service, name, is_read, error, expected) in [
            ("iam", "CreateUser", false, None, Danger::Critical),
            ("iam", "CreateUser", false, Some("AccessDenied"), Danger::Medium),
            ("cloudtrail", "StopLogging", false, None, Danger::Critical),
            ("ec2", "RunInstances", false, None, Danger::High),
            ("secretsmanager", "GetSecretValue", true, None, Danger::High),
            ("dynamodb", "DeleteTable", false, None, Danger::High),
            ("sqs", "CreateQueue", false, None, Danger::Medium),
            ("ec2", "DescribeInstances", true, None, Danger::Low),
            ("iam", "ListUsers", true, Some("AccessDenied"), Danger::Low),
        ] {
            let verdict = judge(service, name, is_read, error);
            assert_eq!(verdict.danger, expected, "{service} {name}");
            assert_eq!(verdict.is_refused, error.is_some());
        }
    }
}
