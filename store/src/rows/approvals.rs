//! Approvals and decisions as rows: the record whole, and beside it what lists are narrowed and sorted by.

use domain::{
    WorkspaceId,
    approval::{Approval, Decision},
};
use sqlx::any::AnyRow;

use super::Columns;
use crate::{
    StoreError,
    sql::{Binds, Table},
};

pub(crate) const APPROVALS: Table = Table {
    name: "approvals",
    columns: &[
        "workspace_id",
        "id",
        "run_id",
        "ticket_id",
        "status",
        "role",
        "team",
        "approval",
        "requested_at",
        "expires_at",
        "due_at",
        "agent",
        "tool",
        "risk",
        "rule",
        "intent",
        "stake",
        "rank",
        "search",
        "assignee_id",
        "snoozed_until",
        "decided_at",
    ],
    key: &["workspace_id", "id"],
    fixed: &[
        "run_id",
        "ticket_id",
        "requested_at",
        "agent",
        "tool",
        "risk",
        "rule",
        "intent",
        "stake",
        "rank",
        "search",
    ],
};

/// Characters of a proposal's text that lists are searched by.
const MAX_SEARCHED: usize = 4_000;

/// What a person sees of it, in lower case.
pub(crate) fn approval_search(approval: &Approval) -> String {
    let preview = &approval.preview;
    let values = preview.fields.iter().map(|field| field.value.as_str());
    let texts = [preview.title.as_str()].into_iter().chain(values).chain(preview.body.as_deref());
    let all = texts.collect::<Vec<_>>().join(" ");
    all.chars().take(MAX_SEARCHED).flat_map(char::to_lowercase).collect()
}

pub(crate) fn put_approval((workspace, approval): &(WorkspaceId, &Approval), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(approval.id)
        .id(approval.run_id)
        .opt_id(approval.ticket_id)
        .text(approval.status.as_str())
        .text(approval.role.as_str())
        .opt_text(approval.team.as_ref().map(|team| team.as_str()))
        .json(approval)
        .at(approval.requested_at)
        .at(approval.expires_at)
        .opt_at(approval.due_at())
        .text(approval.agent.as_str())
        .text(approval.binding.call.tool.as_str())
        .text(approval.risk.as_str())
        .text(approval.rule.as_str())
        .text(approval.intent.as_str())
        .int(approval.stake_cents())
        .int(approval.rank())
        .text(approval_search(approval))
        .opt_id(approval.assignee)
        .opt_at(approval.snoozed_until)
        .opt_at(approval.decided_at);
}

pub(crate) fn get_approval(row: &AnyRow) -> Result<Approval, StoreError> {
    Columns { table: "approvals", row }.json("approval")
}

pub(crate) const DECISIONS: Table = Table {
    name: "decisions",
    columns: &["workspace_id", "approval_id", "user_id", "id", "decision", "at"],
    key: &[],
    fixed: &[],
};

pub(crate) fn put_decision((workspace, decision): &(WorkspaceId, &Decision), binds: &mut Binds) {
    binds
        .id(workspace)
        .id(decision.approval_id)
        .id(decision.user_id)
        .id(decision.id)
        .json(decision)
        .at(decision.at);
}

pub(crate) fn get_decision(row: &AnyRow) -> Result<Decision, StoreError> {
    Columns { table: "decisions", row }.json("decision")
}
