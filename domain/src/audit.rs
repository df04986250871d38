//! The audit: who did what to the service, in a chain that shows when something was changed since.
//!
//! Each entry holds the digest of the one before it, and its own digest is over everything it says. So
//! whoever changes, removes or puts in an entry has to rewrite all that come after it, and the digest of
//! the last one, which anybody can keep elsewhere, tells that this was done.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Timestamp, WorkspaceId, canonical::Digest, user::Actor};

/// What was done. The word before the point is what it was done to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum AuditAction {
    #[serde(rename = "session.opened")]
    SessionOpened,
    #[serde(rename = "session.refused")]
    SessionRefused,
    #[serde(rename = "session.closed")]
    SessionClosed,
    #[serde(rename = "session.switched")]
    SessionSwitched,
    #[serde(rename = "password.changed")]
    PasswordChanged,
    #[serde(rename = "password.reset")]
    PasswordReset,
    #[serde(rename = "second_factor.set")]
    SecondFactorSet,
    #[serde(rename = "second_factor.removed")]
    SecondFactorRemoved,
    #[serde(rename = "recovery_codes.made")]
    RecoveryCodesMade,
    #[serde(rename = "passkey.added")]
    PasskeyAdded,
    #[serde(rename = "passkey.removed")]
    PasskeyRemoved,
    #[serde(rename = "identity.linked")]
    IdentityLinked,
    #[serde(rename = "invitation.made")]
    InvitationMade,
    #[serde(rename = "invitation.revoked")]
    InvitationRevoked,
    #[serde(rename = "invitation.accepted")]
    InvitationAccepted,
    #[serde(rename = "approval.decided")]
    ApprovalDecided,
    #[serde(rename = "approval.taken_back")]
    ApprovalTakenBack,
    #[serde(rename = "approval.assigned")]
    ApprovalAssigned,
    #[serde(rename = "approval.snoozed")]
    ApprovalSnoozed,
    #[serde(rename = "approvals.delegated")]
    ApprovalsDelegated,
    #[serde(rename = "breaker.opened")]
    BreakerOpened,
    #[serde(rename = "breaker.closed")]
    BreakerClosed,
    #[serde(rename = "policy.changed")]
    PolicyChanged,
    #[serde(rename = "tool.accepted")]
    ToolAccepted,
    #[serde(rename = "run.retried")]
    RunRetried,
    #[serde(rename = "delivery.retried")]
    DeliveryRetried,
    #[serde(rename = "document.stored")]
    DocumentStored,
    #[serde(rename = "document.removed")]
    DocumentRemoved,
    #[serde(rename = "source.added")]
    SourceAdded,
    #[serde(rename = "source.removed")]
    SourceRemoved,
    #[serde(rename = "api_key.made")]
    ApiKeyMade,
    #[serde(rename = "workspace.made")]
    WorkspaceMade,
    #[serde(rename = "audit.exported")]
    AuditExported,
    #[serde(rename = "audit.pruned")]
    AuditPruned,
    #[serde(rename = "personal_data.unmasked")]
    PersonalDataUnmasked,
    #[serde(rename = "personal_data.scanned")]
    PersonalDataScanned,
    #[serde(rename = "personal_data.redacted")]
    PersonalDataRedacted,
    #[serde(rename = "personal_data.kept")]
    PersonalDataKept,
    #[serde(rename = "person.changed")]
    PersonChanged,
    #[serde(rename = "role.stored")]
    RoleStored,
    #[serde(rename = "role.removed")]
    RoleRemoved,
    #[serde(rename = "team.stored")]
    TeamStored,
    #[serde(rename = "team.removed")]
    TeamRemoved,
    #[serde(rename = "api_key.revoked")]
    ApiKeyRevoked,
    #[serde(rename = "service_account.made")]
    ServiceAccountMade,
    #[serde(rename = "service_account.deactivated")]
    ServiceAccountDeactivated,
    #[serde(rename = "connection.tested")]
    ConnectionTested,
    #[serde(rename = "customer.link_made")]
    CustomerLinkMade,
    #[serde(rename = "customer.signed_in")]
    CustomerSignedIn,
    #[serde(rename = "customer.signed_out")]
    CustomerSignedOut,
    #[serde(rename = "contact.added")]
    ContactAdded,
    #[serde(rename = "channels.changed")]
    ChannelsChanged,
    #[serde(rename = "autonomy.changed")]
    AutonomyChanged,
    #[serde(rename = "autonomy.lowered")]
    AutonomyLowered,
    #[serde(rename = "paper.compared")]
    PaperCompared,
    #[serde(rename = "exercises.changed")]
    ExercisesChanged,
    #[serde(rename = "exercise.ended")]
    ExerciseEnded,
    #[serde(rename = "evaluation.published")]
    EvaluationPublished,
    #[serde(rename = "evaluation_case.made")]
    EvaluationCaseMade,
    #[serde(rename = "evaluation_case.removed")]
    EvaluationCaseRemoved,
}

impl AuditAction {
    pub const ALL: [Self; 60] = [
        Self::SessionOpened,
        Self::SessionRefused,
        Self::SessionClosed,
        Self::SessionSwitched,
        Self::PasswordChanged,
        Self::PasswordReset,
        Self::SecondFactorSet,
        Self::SecondFactorRemoved,
        Self::RecoveryCodesMade,
        Self::PasskeyAdded,
        Self::PasskeyRemoved,
        Self::IdentityLinked,
        Self::InvitationMade,
        Self::InvitationRevoked,
        Self::InvitationAccepted,
        Self::ApprovalDecided,
        Self::ApprovalTakenBack,
        Self::ApprovalAssigned,
        Self::ApprovalSnoozed,
        Self::ApprovalsDelegated,
        Self::BreakerOpened,
        Self::BreakerClosed,
        Self::PolicyChanged,
        Self::ToolAccepted,
        Self::RunRetried,
        Self::DeliveryRetried,
        Self::DocumentStored,
        Self::DocumentRemoved,
        Self::SourceAdded,
        Self::SourceRemoved,
        Self::ApiKeyMade,
        Self::WorkspaceMade,
        Self::AuditExported,
        Self::AuditPruned,
        Self::PersonalDataUnmasked,
        Self::PersonalDataScanned,
        Self::PersonalDataRedacted,
        Self::PersonalDataKept,
        Self::PersonChanged,
        Self::RoleStored,
        Self::RoleRemoved,
        Self::TeamStored,
        Self::TeamRemoved,
        Self::ApiKeyRevoked,
        Self::ServiceAccountMade,
        Self::ServiceAccountDeactivated,
        Self::ConnectionTested,
        Self::CustomerLinkMade,
        Self::CustomerSignedIn,
        Self::CustomerSignedOut,
        Self::ContactAdded,
        Self::ChannelsChanged,
        Self::AutonomyChanged,
        Self::AutonomyLowered,
        Self::PaperCompared,
        Self::ExercisesChanged,
        Self::ExerciseEnded,
        Self::EvaluationPublished,
        Self::EvaluationCaseMade,
        Self::EvaluationCaseRemoved,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionOpened => "session.opened",
            Self::SessionRefused => "session.refused",
            Self::SessionClosed => "session.closed",
            Self::SessionSwitched => "session.switched",
            Self::PasswordChanged => "password.changed",
            Self::PasswordReset => "password.reset",
            Self::SecondFactorSet => "second_factor.set",
            Self::SecondFactorRemoved => "second_factor.removed",
            Self::RecoveryCodesMade => "recovery_codes.made",
            Self::PasskeyAdded => "passkey.added",
            Self::PasskeyRemoved => "passkey.removed",
            Self::IdentityLinked => "identity.linked",
            Self::InvitationMade => "invitation.made",
            Self::InvitationRevoked => "invitation.revoked",
            Self::InvitationAccepted => "invitation.accepted",
            Self::ApprovalDecided => "approval.decided",
            Self::ApprovalTakenBack => "approval.taken_back",
            Self::ApprovalAssigned => "approval.assigned",
            Self::ApprovalSnoozed => "approval.snoozed",
            Self::ApprovalsDelegated => "approvals.delegated",
            Self::BreakerOpened => "breaker.opened",
            Self::BreakerClosed => "breaker.closed",
            Self::PolicyChanged => "policy.changed",
            Self::ToolAccepted => "tool.accepted",
            Self::RunRetried => "run.retried",
            Self::DeliveryRetried => "delivery.retried",
            Self::DocumentStored => "document.stored",
            Self::DocumentRemoved => "document.removed",
            Self::SourceAdded => "source.added",
            Self::SourceRemoved => "source.removed",
            Self::ApiKeyMade => "api_key.made",
            Self::WorkspaceMade => "workspace.made",
            Self::AuditExported => "audit.exported",
            Self::AuditPruned => "audit.pruned",
            Self::PersonalDataUnmasked => "personal_data.unmasked",
            Self::PersonalDataScanned => "personal_data.scanned",
            Self::PersonalDataRedacted => "personal_data.redacted",
            Self::PersonalDataKept => "personal_data.kept",
            Self::PersonChanged => "person.changed",
            Self::RoleStored => "role.stored",
            Self::RoleRemoved => "role.removed",
            Self::TeamStored => "team.stored",
            Self::TeamRemoved => "team.removed",
            Self::ApiKeyRevoked => "api_key.revoked",
            Self::ServiceAccountMade => "service_account.made",
            Self::ServiceAccountDeactivated => "service_account.deactivated",
            Self::ConnectionTested => "connection.tested",
            Self::CustomerLinkMade => "customer.link_made",
            Self::CustomerSignedIn => "customer.signed_in",
            Self::CustomerSignedOut => "customer.signed_out",
            Self::ContactAdded => "contact.added",
            Self::ChannelsChanged => "channels.changed",
            Self::AutonomyChanged => "autonomy.changed",
            Self::AutonomyLowered => "autonomy.lowered",
            Self::PaperCompared => "paper.compared",
            Self::ExercisesChanged => "exercises.changed",
            Self::ExerciseEnded => "exercise.ended",
            Self::EvaluationPublished => "evaluation.published",
            Self::EvaluationCaseMade => "evaluation_case.made",
            Self::EvaluationCaseRemoved => "evaluation_case.removed",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// Something that was done, before it has its place in the chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Deed {
    pub at: Timestamp,
    pub actor: Actor,
    pub action: AuditAction,
    /// The id or name of what it was done to.
    pub subject: String,
    /// What else is worth knowing; an object. Never a secret.
    #[serde(serialize_with = "crate::canonical::value")]
    pub detail: Value,
}

/// A deed with its place in the chain of its workspace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AuditEntry {
    /// 1 for the first of the workspace, and no number is left out.
    pub seq: i64,
    #[serde(flatten)]
    pub deed: Deed,
    /// The digest of the entry before it.
    pub previous: Digest,
    /// SHA-256 over the canonical JSON of workspace, number, deed and `previous`.
    pub digest: Digest,
}

/// Where a chain stands: the number and digest of an entry, or of none yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Link {
    pub seq: i64,
    pub digest: Digest,
}

/// The first place where a chain does not hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Break {
    /// The number of the entry at fault, or that is missing.
    pub seq: i64,
    pub why: String,
}

impl Link {
    /// Before the first entry of a workspace.
    pub fn start(workspace: WorkspaceId) -> Self {
        Self { seq: 0, digest: Digest::of(&workspace) }
    }

    /// The entry that a deed becomes after this one.
    pub fn then(&self, workspace: WorkspaceId, deed: Deed) -> AuditEntry {
        let seq = self.seq + 1;
        let digest = digest(workspace, seq, &deed, &self.digest);
        AuditEntry { seq, deed, previous: self.digest.clone(), digest }
    }

    /// Whether `entry` is what comes after this one; the link to go on from.
    pub fn follow(&self, workspace: WorkspaceId, entry: &AuditEntry) -> Result<Self, Break> {
        let broken = |seq: i64, why: &str| Err(Break { seq, why: why.to_owned() });
        if entry.seq != self.seq + 1 {
            return broken(self.seq + 1, "the entry is missing");
        }
        if entry.previous != self.digest {
            return broken(
                entry.seq,
                "it does not follow the entry before it, which was changed or replaced",
            );
        }
        if entry.digest != digest(workspace, entry.seq, &entry.deed, &entry.previous) {
            return broken(entry.seq, "what it says is not what was written");
        }
        Ok(Self { seq: entry.seq, digest: entry.digest.clone() })
    }
}

fn digest(workspace: WorkspaceId, seq: i64, deed: &Deed, previous: &Digest) -> Digest {
    #[derive(Serialize)]
    struct Written<'a> {
        workspace: WorkspaceId,
        seq: i64,
        deed: &'a Deed,
        previous: &'a Digest,
    }
    Digest::of(&Written { workspace, seq, deed, previous })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::nil());

    fn deed(n: i64) -> Deed {
        Deed {
            at: Timestamp(n),
            actor: Actor::System,
            action: AuditAction::ALL[n.unsigned_abs() as usize % AuditAction::ALL.len()],
            subject: format!("subject {n}"),
            detail: json!({ "n": n }),
        }
    }

    fn chain(length: i64) -> Vec<AuditEntry> {
        let mut link = Link::start(WORKSPACE);
        (0..length)
            .map(|n| {
                let entry = link.then(WORKSPACE, deed(n));
                link = Link { seq: entry.seq, digest: entry.digest.clone() };
                entry
            })
            .collect()
    }

    fn check(entries: &[AuditEntry]) -> Result<Link, Break> {
        entries.iter().try_fold(Link::start(WORKSPACE), |link, entry| link.follow(WORKSPACE, entry))
    }

    #[test]
    fn every_action_has_a_word_of_its_own() {
        for action in AuditAction::ALL {
            assert_eq!(AuditAction::parse(action.as_str()), Some(action));
            assert_eq!(serde_json::to_value(action).unwrap(), json!(action.as_str()));
        }
    }

    #[test]
    fn a_chain_of_another_workspace_does_not_hold() {
        let entries = chain(3);
        let other = WorkspaceId(Uuid::max());
        assert!(Link::start(other).follow(other, &entries[0]).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_changed_is_found_where_it_was_changed(length in 1i64..12, at in 0usize..12, how in 0u8..7) {
            let mut entries = chain(length);
            prop_assert_eq!(check(&entries).unwrap().seq, length);
            let at = at % entries.len();
            match how {
                0 => entries[at].deed.subject.push('!'),
                1 => entries[at].deed.at = Timestamp(-1),
                2 => entries[at].deed.detail = json!({}),
                3 => entries[at].deed.actor = Actor::Customer { contact_id: None, name: String::new() },
                4 => entries[at].digest = Digest::of("forged"),
                // Rewritten with a digest that fits: the next one gives it away.
                5 => {
                    let link = Link { seq: at as i64, digest: entries[at].previous.clone() };
                    entries[at] = link.then(WORKSPACE, deed(1_000));
                }
                _ => {
                    entries.remove(at);
                }
            }
            let found = check(&entries);
            let last = at + 1 == length as usize;
            match how {
                // What nothing follows can only be compared with a digest that was kept.
                5 if last => prop_assert_ne!(found.unwrap().digest, chain(length).pop().unwrap().digest),
                6 if last => prop_assert_eq!(found.unwrap().seq, length - 1),
                5 => prop_assert_eq!(found.unwrap_err().seq, at as i64 + 2),
                _ => prop_assert_eq!(found.unwrap_err().seq, at as i64 + 1),
            }
        }
    }
}
