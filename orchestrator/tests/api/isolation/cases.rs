//! What each operation is given of the other workspace.

use serde_json::{Value, json};

use super::theirs::{Theirs, WORD};

/// What an operation is given of the other workspace, and what it has to say to that.
pub enum Case {
    /// Their id in the path, with this body: it does not exist.
    Missing(&'static str, Value),
    /// Their id in the path: as little is counted or listed of it as of one that never was.
    Nothing(&'static str),
    /// Lists, found by these queries and by their cursor: nothing of theirs.
    List(Vec<String>),
    /// Ids in the body: it does not exist.
    MissingInBody(Value),
    /// Ids in the body: an answer without anything of theirs.
    Silent(Value),
    /// Ids in the body, and ours of this kind in the path, if there is one: it is refused, and nothing changes.
    Foreign(Who, &'static str, Value),
    /// The same in a form with a file, where what is wrong is said of the file.
    Form(Vec<(&'static str, String)>),
    /// Of a list, by this query: it does not exist.
    MissingInQuery(&'static str),
    /// Takes nothing of a workspace by name, and answers without anything of theirs, whatever it is sent.
    Plain,
    /// Of visitors, in the path: a token of ours opens nothing of theirs.
    Visitor(&'static str, Value),
    /// Of customers who signed in, in the path: a session of ours opens nothing of theirs, though both workspaces
    /// have a contact of the same address.
    Customer(&'static str, Value),
    /// The same without an id.
    OwnOfCustomer,
    /// Looked at below by itself.
    Apart,
    /// The same with ids in the body, which the workspace keeps as they were said.
    Beside(Value),
}

/// Who sends what is foreign.
pub enum Who {
    Us,
    Visitor,
    Customer,
}

impl Case {
    /// What it sends as a body.
    pub fn body(&self) -> Option<&Value> {
        match self {
            Self::Missing(_, body)
            | Self::MissingInBody(body)
            | Self::Silent(body)
            | Self::Beside(body)
            | Self::Visitor(_, body)
            | Self::Customer(_, body)
            | Self::Foreign(_, _, body) => Some(body),
            _ => None,
        }
    }
}

/// Every case of an operation; none when nobody has thought of it.
pub fn cases(operation: &str, theirs: &Theirs) -> Vec<Case> {
    case(operation, theirs).into_iter().chain(foreign(operation, theirs)).collect()
}

/// Their ids in bodies beside ids of ours.
fn foreign(operation: &str, theirs: &Theirs) -> Vec<Case> {
    let id = |kind: &str| theirs.id(kind).to_owned();
    let us = |kind, body| vec![Case::Foreign(Who::Us, kind, body)];
    match operation {
        "changeTicket" => us("ticket", json!({ "priority": "high", "assignee": id("person") })),
        "addMessage" => {
            us("ticket", json!({ "body": "hello", "visibility": "internal", "mentions": [id("person")] }))
        }
        "assignApproval" => us("approval", json!({ "to": id("person"), "note": "yours" })),
        "delegateApprovals" => us("", json!({ "to": id("person"), "until": "2030-01-01T00:00:00Z" })),
        "addDocument" => {
            let markdown =
                format!("---\nlayer: customer\ncustomer: {}\n---\n# Ours\n\nA drum.", id("customer"));
            vec![
                Case::Foreign(Who::Us, "", json!({ "slug": "foreign", "markdown": markdown })),
                Case::Foreign(
                    Who::Us,
                    "",
                    json!({ "slug": "foreign", "markdown": "# Ours\n\nA drum.", "customer_id": id("customer") }),
                ),
            ]
        }
        "addSource" => {
            let address = "https://ours.example/help";
            us("", json!({ "kind": "url", "address": address, "customer_id": id("customer") }))
        }
        "addFiles" => vec![Case::Form(vec![("customer", id("customer"))])],
        "answerFromKnowledge" => {
            us("", json!({ "question": "Which colour has it?", "customer_id": id("customer") }))
        }
        "explainPolicy" => us("", json!({ "run_id": id("run"), "call_id": id("call") })),
        "rateAnswer" => {
            let body = json!({ "message_id": id("message"), "helpful": true });
            vec![Case::Foreign(Who::Visitor, "conversation", body)]
        }
        "ratePassageInConversation" => {
            let body = json!({ "message_id": id("message"), "source": 1, "verdict": "helpful" });
            vec![Case::Foreign(Who::Visitor, "conversation", body)]
        }
        "rateOnOwnTicket" => {
            let body = json!({ "message_id": id("message"), "helpful": true });
            vec![Case::Foreign(Who::Customer, "own", body)]
        }
        _ => Vec::new(),
    }
}

fn case(operation: &str, theirs: &Theirs) -> Option<Case> {
    use Case::*;
    let id = |kind: &str| theirs.id(kind).to_owned();
    let (ticket, approval, run) = (id("ticket"), id("approval"), id("run"));
    let decision = json!({ "digest": "0", "decision": { "type": "approve" } });
    let why = json!({ "reason": "to look at it" });
    let query = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    };
    Some(match operation {
        "getTicket" | "listMessages" | "listEvents" | "getArticleOfTicket" | "listPaperCalls" => {
            Missing("ticket", Value::Null)
        }
        "comparePaperCall" => Missing("ticket", json!({ "same": true })),
        "changeTicket" => Missing("ticket", json!({ "priority": "high" })),
        "addMessage" => Missing("ticket", json!({ "body": "hello", "visibility": "internal" })),
        "reportEvent" => Missing("ticket", json!({ "name": "x" })),
        "sayPresence" => Missing("ticket", json!({ "doing": null })),
        "seeMentions" => Missing("ticket", json!({})),
        "turnTicketIntoArticle" => Missing("ticket", json!({})),
        "unmaskTicket" => Missing("ticket", why),
        "unmaskMessage" => Missing("ticket", why),
        "unmaskApproval" => Missing("approval", why),
        "getApproval" | "similarDecisions" | "claimApproval" | "releaseApproval" | "undoApprovalDecision" => {
            Missing("approval", Value::Null)
        }
        "assignApproval" => Missing("approval", json!({ "to": null })),
        "snoozeApproval" => Missing("approval", json!({ "until": null })),
        "removeApprovalView" => Missing("view", Value::Null),
        "addApprovalView" => {
            let narrowed = json!({ "customer_id": theirs.id("customer"), "assignee": theirs.id("person") });
            Silent(json!({ "name": "ours", "shared": false, "narrowed": narrowed }))
        }
        "decideApproval" => Missing("approval", decision),
        "decideApprovals" => {
            let item = json!({ "approval_id": approval, "digest": "0", "decision": { "type": "approve" } });
            Silent(json!({ "items": [item] }))
        }
        "getCopilotThread" | "getCopilotTurn" => Missing("thread", Value::Null),
        "forgetCopilotThread" => Missing("thread", json!({})),
        "stopCopilot" => Missing("thread", json!({})),
        "askCopilot" => {
            let looking_at = json!({ "kind": "approval", "id": approval });
            Missing("thread", json!({ "text": "What is this about?", "looking_at": looking_at }))
        }
        "listCopilotThreads" => List(Vec::new()),
        // What is answered to that: `what_a_copilot_is_asked_about_anothers_records_it_does_not_find`.
        "beginCopilotThread" => {
            let looking_at = json!({ "kind": "ticket", "id": ticket });
            Beside(json!({ "text": "What is this about?", "looking_at": looking_at }))
        }
        "getEvaluation" | "getEvaluationResult" | "listEvaluationResults" => {
            Missing("evaluation", Value::Null)
        }
        "makeEvaluationCase" => MissingInBody(json!({ "approval_id": approval })),
        "removeEvaluationCase" => Missing("case", json!({})),
        "listEvaluationCases" => List(Vec::new()),
        "getRun" | "replayRun" | "getStepPrompt" => Missing("run", Value::Null),
        "retryRun" => Missing("run", json!({})),
        "getCustomer" => Missing("customer", Value::Null),
        "getScan" => Missing("scan", Value::Null),
        "stopScan" => Missing("scan", json!({})),
        "getReplay" => Missing("replay", Value::Null),
        "stopReplay" => Missing("replay", json!({})),
        "getDocument"
        | "removeDocument"
        | "listDocumentVersions"
        | "getDocumentVersion"
        | "compareDocumentVersions" => Missing("document", Value::Null),
        "listUses" | "countFeedback" => Nothing("document"),
        "getSection" => Missing("chunk", Value::Null),
        "ratePassage" => Missing("chunk", json!({ "verdict": "helpful" })),
        "getPerson" => Missing("person", Value::Null),
        "changePerson" => Missing("person", json!({ "title": "Ours" })),
        "getTeam" | "removeTeam" => Missing("team", Value::Null),
        "addTeamMember" | "removeTeamMember" => Missing("team", json!({})),
        "removeRole" => Missing("role", Value::Null),
        "revokeInvitation" => Missing("invitation", Value::Null),
        "endSession" => Missing("session", Value::Null),
        "switchWorkspace" => MissingInBody(json!({ "workspace_id": theirs.id("workspace") })),
        "revokeApiKey" => Missing("key", Value::Null),
        "deactivateServiceAccount" => Missing("service", Value::Null),
        "closeBreaker" => {
            MissingInBody(json!({ "of": { "kind": "agent", "name": "resolution" }, "reason": "let it" }))
        }
        "makeApiKey" => MissingInBody(
            json!({ "name": "k", "scopes": ["read_tickets"], "service_account_id": theirs.id("service") }),
        ),
        "explainPolicy" => MissingInBody(json!({ "approval_id": approval })),
        "decideSuggestions" => Silent(json!({ "ids": [approval], "decision": "keep" })),
        "answerFromKnowledge" => Silent(json!({ "question": "Which colour has it?" })),
        "addDocument" => Silent(json!({ "slug": "ours", "markdown": "# Ours\n\nA drum." })),
        "listTickets" => List(vec![
            format!("q={WORD}"),
            query(&[("status", "open")]),
            query(&[("assignee", theirs.id("person"))]),
            query(&[("assignee", "nobody"), ("priority", "normal")]),
        ]),
        "listCustomers" => List(vec!["q=mira".to_owned()]),
        "listRuns" => List(vec![
            query(&[("ticket_id", &ticket)]),
            query(&[("about", &ticket)]),
            query(&[("status", "queued")]),
        ]),
        "listApprovals" => List(vec![
            query(&[("status", "pending")]),
            query(&[("mine", "true")]),
            query(&[("status", "pending"), ("text", WORD)]),
            query(&[("status", "pending"), ("customer_id", theirs.id("customer"))]),
            query(&[("status", "pending"), ("assignee", theirs.id("person"))]),
        ]),
        "listAudit" => List(vec![
            query(&[("actor", theirs.id("person"))]),
            query(&[("subject", &approval)]),
            query(&[("action", "api_key.made")]),
        ]),
        "listCreditEntries" => List(vec![query(&[("run_id", &run)])]),
        "searchKnowledge" => List(vec![
            format!("q=blue+{WORD}"),
            format!("q=blue+{WORD}&internal=true&customer_id={}", theirs.id("customer")),
        ]),
        "showReviewQuality" => MissingInQuery("team=xylo_team"),
        "listDocuments"
        | "listScans"
        | "listSuggestions"
        | "listGaps"
        | "listRecalled"
        | "listSources"
        | "listDeliveries"
        | "listPolicyVersions"
        | "listPeople"
        | "listTeams"
        | "listApiKeys"
        | "listServiceAccounts" => List(Vec::new()),
        "getApprovalDesk"
        | "getApprovalMail"
        | "setApprovalMail"
        | "showOwnReviewQuality"
        | "showExercises"
        | "setExercises"
        | "listApprovalClaims"
        | "listEvaluations"
        | "publishEvaluation"
        | "exportEvaluationCases"
        | "listApprovalViews"
        | "countApprovals"
        | "endApprovalDelegation"
        | "listBreakers"
        | "showCredits"
        | "getPolicy"
        | "listTemplates"
        | "listFlaggedPassages"
        | "listRoles"
        | "showDesk"
        | "listHelpArticles"
        | "listAgents"
        | "showAgentFigures"
        | "listTools"
        | "getTool"
        | "getSystem"
        | "listProviders"
        | "testProvider"
        | "showChannels"
        | "putChatSites"
        | "resetChatSites"
        | "putPortal"
        | "listMentions"
        | "testEmail"
        | "getSession"
        | "verifyAudit"
        | "exportAudit"
        | "beginScan"
        | "beginReplay"
        | "makeServiceAccount"
        | "openTicket"
        | "openBreaker"
        | "dryRunTool"
        | "acceptTool"
        | "checkPolicy"
        | "dryRunPolicy"
        | "putPolicy"
        | "putRole"
        | "putTeam" => Plain,
        "getConversation" | "streamConversation" => Visitor("ticket", Value::Null),
        "getHelpArticle" => Visitor("document", Value::Null),
        "rateAnswer" => Visitor("ticket", json!({ "message_id": theirs.id("message"), "helpful": true })),
        "writeToConversation" => Visitor("ticket", json!({ "message": "hello" })),
        "ratePassageInConversation" => {
            let message = theirs.id("message");
            Visitor("ticket", json!({ "message_id": message, "source": 1, "verdict": "helpful" }))
        }
        "getOwnTicket" => Customer("ticket", Value::Null),
        "writeOnOwnTicket" => Customer("ticket", json!({ "body": "hello" })),
        "closeOwnTicket" => Customer("ticket", json!({})),
        "rateOnOwnTicket" => {
            Customer("ticket", json!({ "message_id": theirs.id("message"), "helpful": true }))
        }
        "listOwnTickets" | "openOwnTicket" | "getCustomerSession" => OwnOfCustomer,
        "askForCustomerLink" | "signInCustomer" | "signOutCustomer" => Plain,
        "addContact" => Missing("customer", json!({ "email": "sam@example.com", "name": "Sam" })),
        // A link is bound to its workspace: `approval_link.rs`.
        "stream" | "getPolicyVersion" | "getLinkedApproval" | "decideByLink" | "undoByLink" => Apart,
        "listInvitations"
        | "invite"
        | "lookAtInvitation"
        | "acceptInvitation"
        | "signInOptions"
        | "requestPasswordReset"
        | "resetPassword"
        | "beginPasskeySignIn"
        | "signInWithPasskey"
        | "beginCompanySignIn"
        | "finishCompanySignIn"
        | "getAccount"
        | "renameAccount"
        | "changePassword"
        | "beginTotp"
        | "confirmTotp"
        | "removeTotp"
        | "makeRecoveryCodes"
        | "beginPasskey"
        | "addPasskey"
        | "listSessions"
        | "endOtherSessions" => Plain,
        "signIn" | "signOut" | "startConversation" | "health" | "ready" | "metrics" | "receiveEmail" => Plain,
        "renamePasskey" => Missing("passkey", json!({ "name": "Ours" })),
        "removePasskey" => Missing("passkey", json!({})),
        "retryDelivery" => Missing("delivery", json!({})),
        "getSource" => Missing("source", Value::Null),
        "removeSource" | "syncSource" => Missing("source", json!({})),
        "dismissGap" | "draftArticle" | "turnGapIntoArticle" => Missing("gap", json!({})),
        "proposeFollowUp" => Missing("citation", json!({})),
        "showAutonomy" => List(vec!["ceiling=0.1".to_owned()]),
        "showAutonomyCell" => List(vec!["tool=reply_to_customer".to_owned()]),
        "exportResolutions" => List(vec!["format=jsonl".to_owned(), "format=csv".to_owned()]),
        "setAutonomyLevel" => {
            Silent(json!({ "tool": "reply_to_customer", "level": "ask", "version": 0, "why": "so" }))
        }
        _ => return None,
    })
}
