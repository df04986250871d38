//! Approvals, as a colleague's question needs them.

use std::collections::BTreeMap;

use domain::{
    ApprovalId, Timestamp,
    approval::{Approval, ApprovalStatus},
    copilot::{Found, LookupError, ReadSource, SourceKind},
};
use serde_json::{Value, json};
use store::{ApprovalFilter, WorkspaceStore};

use super::{ago, counted, cut, list_source, records::failed, until};

/// Counted up to here.
const MOST: i64 = 10_000;

pub(super) async fn find(store: &WorkspaceStore, limit: usize, now: Timestamp) -> Result<Found, LookupError> {
    let filter = ApprovalFilter { status: Some(ApprovalStatus::Pending), ..ApprovalFilter::default() };
    let page = store.approvals(&filter, limit as i64, None).await.map_err(failed)?;
    let count = store.count_approvals(&filter, MOST).await.map_err(failed)?;
    let users = store.users().await.map_err(failed)?;
    let named = |approval: &Approval| {
        let assignee = approval.assignee.and_then(|id| users.iter().find(|user| user.id == id));
        row(approval, assignee.map(|user| user.name.as_str()), now)
    };
    let rows: Vec<Value> = page.items.iter().map(named).collect();
    let words = counted(count.unsigned_abs() as usize, "approval") + " waiting";
    let list = list_source("approvals", &words, BTreeMap::new());
    let content = json!({ "count": count, "approvals": rows, "ref": list.reference });
    let mut sources = vec![list];
    sources.extend(page.items.iter().map(source));
    Ok(Found { content, sources, summary: words })
}

pub(super) async fn read(
    store: &WorkspaceStore,
    id: ApprovalId,
    now: Timestamp,
) -> Result<Found, LookupError> {
    let approval = store.approval(id).await.map_err(failed)?.ok_or(LookupError::NotFound("approval"))?;
    let decisions = store.decisions(id).await.map_err(failed)?;
    let users = store.users().await.map_err(failed)?;
    let name = |id| users.iter().find(|user| user.id == id).map(|user| user.name.as_str());
    let decided: Vec<Value> = decisions
        .iter()
        .map(|decision| {
            json!({ "by": name(decision.user_id), "did": decision.kind.as_str(), "when": ago(now, decision.at) })
        })
        .collect();
    let mut content = json!({
        "approval": row(&approval, approval.assignee.and_then(name), now),
        "arguments": approval.binding.call.args,
        "text": approval.preview.body.as_deref().map(|body| cut(body, 2_000)),
        "rests_on": approval.evidence.iter().map(|cited| cited.title.as_str()).collect::<Vec<_>>(),
        "decisions": decided,
    });
    content["confidence"] = json!(approval.confidence.score);
    Ok(Found { content, sources: vec![source(&approval)], summary: title(&approval) })
}

fn title(approval: &Approval) -> String {
    match approval.preview.title.as_str() {
        "" => approval.binding.call.tool.clone(),
        title => title.to_owned(),
    }
}

fn row(approval: &Approval, assignee: Option<&str>, now: Timestamp) -> Value {
    json!({
        "ref": approval.id,
        "id": approval.id,
        "proposes": title(approval),
        "tool": approval.binding.call.tool,
        "agent": approval.agent,
        "risk": approval.risk,
        "status": approval.status,
        "why_it_waits": cut(&approval.why, 600),
        "asked_of": approval.role,
        "team": approval.team,
        "assignee": assignee,
        "ticket_id": approval.ticket_id,
        "run_id": approval.run_id,
        "asked": ago(now, approval.requested_at),
        "ends": until(now, approval.expires_at),
    })
}

fn source(approval: &Approval) -> ReadSource {
    ReadSource {
        reference: approval.id.to_string(),
        kind: SourceKind::Approval,
        id: approval.id.to_string(),
        label: title(approval),
        filter: BTreeMap::new(),
    }
}
