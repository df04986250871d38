//! Carries one request through its procedure: fill the slots, find and look up the record, check
//! that it is the customer's own and allows it, propose the action, report what came of it.
//!
//! Nothing is remembered between calls: each time the state is read from the run's results.

use domain::{
    canonical::Sorted,
    model::{CallResult, Facts},
    procedure::{CallTemplate, Find, Procedure, Slot, SlotKind},
    tool::NOT_THEIRS,
};
use serde_json::Value;

use super::{analysis::concepts, slots, template::Scope};

/// What one request needs next.
#[derive(Clone, Debug, PartialEq)]
pub enum Progress {
    Call { tool: String, args: Value },
    Ask(String),
    Done { reply: String, resolved: bool, reason: String },
    Handoff { reply: String, reason: String },
}

/// One request of the customer.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    pub procedure: &'a Procedure,
    /// The sentences that make it.
    pub wish: &'a str,
    /// Its order number, when the sentences name several and this request is about one of them.
    pub number: Option<&'a Value>,
}

/// What all requests of a message share.
pub struct Desk<'a> {
    pub facts: &'a Facts,
    /// Names of the tools that may be called.
    pub tools: Vec<&'a str>,
    /// What the customer wrote since the last reply.
    pub current: &'a str,
    /// The customer's earlier messages, newest first.
    pub earlier: Vec<&'a str>,
    /// The message answers a question of ours, so what was said before still counts.
    pub pending: bool,
}

const ASK_EMAIL: &str = "Which email address did you use for the order?";
const ASK_WHICH: &str = "Which order is it about?";
const NOT_FOUND: &str = "I could not find";
const MAX_OFFERED: usize = 5;

/// Whether a message of ours asked for something that a request needs.
pub fn asks_for(text: &str, procedure: &Procedure) -> bool {
    procedure.slots.iter().any(|slot| text.contains(slot.question.trim()))
}

/// Whether a message of ours asked for what every procedure may need.
pub fn asks_generally(text: &str) -> bool {
    [ASK_EMAIL, ASK_WHICH, NOT_FOUND].iter().any(|ask| text.contains(ask))
}

/// Whether the question already says what it is about.
pub fn explains(question: &str) -> bool {
    question.starts_with(NOT_FOUND)
}

impl<'a> Desk<'a> {
    /// Order numbers that the wish names, when they are several.
    pub fn numbers(&self, procedure: &Procedure, wish: &str) -> Vec<Value> {
        let slot = procedure.slots.iter().find(|slot| slot.kind == SlotKind::OrderNumber);
        slot.map(|slot| slots::values(slot, wish)).unwrap_or_default()
    }

    pub fn advance(&self, request: &Request<'_>) -> Progress {
        let procedure = request.procedure;
        let mut scope =
            Scope { customer: self.facts.customer.clone().unwrap_or_default(), ..Scope::default() };
        let answered = self.colleague(procedure);
        let mut missing: Vec<String> = Vec::new();
        for slot in &procedure.slots {
            match self.fill(slot, request, answered.as_deref(), &scope) {
                Some(value) => {
                    scope.slots.insert(slot.name.clone(), value);
                }
                None if slot.optional => {}
                None => match self.find(procedure, slot, request, &scope) {
                    Found::Value(value) => {
                        scope.slots.insert(slot.name.clone(), value);
                    }
                    Found::Call(call) => return call,
                    Found::Ask(question) => missing.push(question),
                },
            }
        }
        let email = scope
            .get("customer.email")
            .and_then(|email| Some(email.as_str()?.to_lowercase()))
            .or_else(|| self.claimed());
        if procedure.owner.is_some() && email.is_none() {
            missing.push(ASK_EMAIL.to_owned());
        }
        if !missing.is_empty() {
            return Progress::Ask(missing.join("\n"));
        }
        if let Some(lookup) = &procedure.lookup {
            let args = scope.args(lookup);
            match self.facts.results.iter().rev().find(|r| r.call.tool == lookup.tool && r.call.args == args)
            {
                None => return self.call(procedure, &lookup.tool, args),
                Some(result) if result.ok => scope.record = result.content.clone(),
                Some(result) if result.content.to_string().contains(NOT_THEIRS) => return foreign(procedure),
                Some(result) if result.status == "refused" => return self.not_found(procedure, &scope),
                Some(result) => {
                    return Progress::Handoff {
                        reply: String::new(),
                        reason: format!(
                            "{}: looking the record up failed ({}{}).",
                            procedure.title,
                            result.status,
                            detail(result)
                        ),
                    };
                }
            }
            if let Some(foreign) = self.foreign_record(procedure, &scope, email.as_deref()) {
                return foreign;
            }
        }
        for check in &procedure.checks {
            if !scope.holds(&check.condition()) {
                let reply = scope.render(&check.otherwise);
                let reason = format!("{}: {}.", procedure.title, hindrance(&scope, &check.path));
                return if check.handoff || reply.is_empty() {
                    Progress::Handoff { reply, reason }
                } else {
                    Progress::Done { reply, resolved: false, reason }
                };
            }
        }
        match &procedure.action {
            None => done(procedure, &scope, format!("{}: told from the record.", procedure.title)),
            Some(action) => self.act(procedure, action, scope),
        }
    }

    fn act(&self, procedure: &Procedure, action: &CallTemplate, mut scope: Scope) -> Progress {
        let args = scope.args(action);
        let result =
            self.facts.results.iter().rev().filter(|result| result.status != "superseded").find(|result| {
                result.call.tool == action.tool && same_case(procedure, action, &result.call.args, &args)
            });
        let Some(result) = result else {
            return self.call(procedure, &action.tool, args);
        };
        let handoff = |reason: String| Progress::Handoff { reply: String::new(), reason };
        match result.status.as_str() {
            "ok" => {
                scope.result = result.content.clone();
                done(procedure, &scope, format!("{}: done.", procedure.title))
            }
            "rejected" => {
                scope.reason = said(&result.content).trim_end_matches('.').to_owned();
                let fallback = "A colleague has looked at your request and could not agree to it. {reason}.";
                let reply = scope.render(procedure.declined.as_deref().unwrap_or(fallback));
                Progress::Done {
                    reply,
                    resolved: false,
                    reason: format!("{}: a colleague declined.", procedure.title),
                }
            }
            // A colleague's message changes what is proposed when it names other values.
            "responded" if result.call.args != args => self.call(procedure, &action.tool, args),
            "responded" => handoff(format!(
                "{}: a colleague answered instead of deciding: {}",
                procedure.title,
                said(&result.content)
            )),
            "expired" => handoff(format!("{}: nobody decided in time. It is not declined.", procedure.title)),
            status => {
                handoff(format!("{}: the action was not done ({status}{}).", procedure.title, detail(result)))
            }
        }
    }

    fn call(&self, procedure: &Procedure, tool: &str, args: Value) -> Progress {
        if self.tools.contains(&tool) {
            return Progress::Call { tool: tool.to_owned(), args };
        }
        Progress::Handoff {
            reply: String::new(),
            reason: format!("{}: the tool `{tool}` is not available to this agent.", procedure.title),
        }
    }

    /// What a reviewer answered to a proposal of this procedure.
    fn colleague(&self, procedure: &Procedure) -> Option<String> {
        let action = procedure.action.as_ref()?;
        let result = self.facts.results.iter().rev().find(|result| result.call.tool == action.tool)?;
        (result.status == "responded").then(|| said(&result.content))
    }

    fn fill(
        &self,
        slot: &Slot,
        request: &Request<'_>,
        colleague: Option<&str>,
        scope: &Scope,
    ) -> Option<Value> {
        if slot.kind == SlotKind::Reason {
            return slots::reason(request.wish);
        }
        if let Some(number) = request.number.filter(|_| slot.kind == SlotKind::OrderNumber) {
            return Some(number.clone());
        }
        // An answer to our question corrects what was said before.
        let said = if self.pending { [self.current, request.wish] } else { [request.wish, self.current] };
        let newest = colleague.into_iter().chain(said);
        if let Some(value) = newest.into_iter().find_map(|text| slots::values(slot, text).pop()) {
            return Some(value);
        }
        let before = self.earlier.iter().map(|text| slots::values(slot, text));
        let said = match slot.kind {
            _ if self.pending => before.into_iter().find_map(|mut values| values.pop()),
            // An order that was talked about is meant by "it", and by a request that names no other.
            SlotKind::OrderNumber => {
                let mut all: Vec<Value> = Vec::new();
                for value in before.flatten() {
                    if !all.contains(&value) {
                        all.push(value);
                    }
                }
                let points = points_back(self.current);
                (all.len() == 1 || points).then(|| all.into_iter().next()).flatten()
            }
            _ => None,
        };
        said.or_else(|| scope.value(&Value::from(slot.default.clone()?)))
    }

    /// Looks for the slot's value among the customer's own records.
    fn find(&self, procedure: &Procedure, slot: &Slot, request: &Request<'_>, scope: &Scope) -> Found {
        let question = || Found::Ask(slot.question.clone());
        let usable = |find: &&Find| {
            find.slot == slot.name
                && self.tools.contains(&find.call.tool.as_str())
                && scope.get("customer.email").is_some()
        };
        let Some(find) = procedure.find.as_ref().filter(usable) else { return question() };
        let args = scope.args(&find.call);
        let known =
            self.facts.results.iter().rev().find(|r| r.call.tool == find.call.tool && r.call.args == args);
        let Some(result) = known else {
            return Found::Call(Progress::Call { tool: find.call.tool.clone(), args });
        };
        let list = if find.list.is_empty() { Some(&result.content) } else { result.content.get(&find.list) };
        let Some(records) = list.and_then(Value::as_array).filter(|_| result.ok) else { return question() };
        let fitting: Vec<Scope> = records
            .iter()
            .take(50)
            .map(|record| Scope { record: record.clone(), ..scope.clone() })
            .filter(|scope| find.only.iter().all(|condition| scope.holds(condition)))
            .collect();
        let meant = meant(&fitting, &format!("{} {}", request.wish, self.current));
        let key = format!("record.{}", find.key);
        match &meant[..] {
            [] => question(),
            [one] => one.get(&key).map_or_else(question, Found::Value),
            several => {
                let lines: Vec<String> = several
                    .iter()
                    .take(MAX_OFFERED)
                    .map(|scope| format!("- {}", scope.render(&find.label)))
                    .collect();
                Found::Ask(format!("{ASK_WHICH}\n{}", lines.join("\n")))
            }
        }
    }

    /// An email address the customer has named, for those whom no record knows.
    fn claimed(&self) -> Option<String> {
        [self.current].into_iter().chain(self.earlier.iter().copied()).find_map(slots::email)
    }

    fn not_found(&self, procedure: &Procedure, scope: &Scope) -> Progress {
        let asked =
            self.facts.conversation.iter().any(|turn| !turn.from_customer && turn.text.contains(NOT_FOUND));
        let number = procedure
            .slots
            .iter()
            .find(|slot| slot.kind == SlotKind::OrderNumber)
            .and_then(|slot| scope.slots.get(&slot.name)?.as_str());
        match number {
            Some(number) if !asked => Progress::Ask(format!(
                "{NOT_FOUND} order {number}. Could you check the number and send it to me again?"
            )),
            _ => Progress::Handoff {
                reply: String::new(),
                reason: format!(
                    "{}: the order cannot be found, also after asking for the number again.",
                    procedure.title
                ),
            },
        }
    }

    /// A record of somebody else is not acted on, and nothing of it is told.
    fn foreign_record(&self, procedure: &Procedure, scope: &Scope, email: Option<&str>) -> Option<Progress> {
        let owner = scope.get(procedure.owner.as_deref().unwrap_or("record.customer_email"));
        let owner = owner.as_ref().and_then(Value::as_str).map(|owner| owner.trim().to_lowercase());
        let own = match (&owner, email) {
            (Some(owner), Some(email)) => owner == email.trim(),
            (Some(_), None) => false,
            (None, _) => procedure.owner.is_none(),
        };
        (!own).then(|| foreign(procedure))
    }
}

fn foreign(procedure: &Procedure) -> Progress {
    Progress::Handoff {
        reply: "I could not match that order to your email address.".to_owned(),
        reason: format!("{}: the order does not belong to the customer's email address.", procedure.title),
    }
}

enum Found {
    Value(Value),
    Call(Progress),
    Ask(String),
}

fn done(procedure: &Procedure, scope: &Scope, reason: String) -> Progress {
    let case = procedure
        .cases
        .iter()
        .find(|case| scope.get(&case.path).is_some_and(|value| case.one_of.contains(&value)));
    let reply = scope.render(case.map_or(procedure.reply.as_str(), |case| case.text.as_str()));
    if reply.is_empty() {
        return Progress::Handoff { reply, reason: format!("{reason} There is no text to tell it with.") };
    }
    Progress::Done { reply, resolved: true, reason }
}

/// Whether two calls of an action are about the same thing: what names it must be equal, while an
/// amount may have been edited by a reviewer.
fn same_case(procedure: &Procedure, action: &CallTemplate, made: &Value, wanted: &Value) -> bool {
    action.args.iter().all(|(name, template)| {
        let names = template.as_str().is_some_and(|template| {
            procedure
                .slots
                .iter()
                .filter(|slot| matches!(slot.kind, SlotKind::OrderNumber | SlotKind::Email))
                .any(|slot| template.trim().strip_prefix("$slot.") == Some(slot.name.as_str()))
        });
        !names || made.get(name) == wanted.get(name)
    })
}

/// The records that the words of the message fit best; all of them when it fits none or all.
fn meant(records: &[Scope], message: &str) -> Vec<Scope> {
    let said = concepts(message);
    let fit = |scope: &Scope| concepts(&Sorted(&scope.record).to_string()).intersection(&said).count();
    let best = records.iter().map(fit).max().unwrap_or(0);
    records.iter().filter(|scope| fit(scope) == best).cloned().collect()
}

fn points_back(text: &str) -> bool {
    super::analysis::tokens(text)
        .iter()
        .any(|token| matches!(token.word.as_str(), "it" | "its" | "this" | "that" | "them" | "these" | "one"))
}

/// The text of a result that a person wrote.
fn said(content: &Value) -> String {
    let field = ["reason", "message", "error", "detail"].iter().find_map(|name| content.get(name)?.as_str());
    field.or(content.as_str()).unwrap_or("").trim().to_owned()
}

fn detail(result: &CallResult) -> String {
    match said(&result.content) {
        text if text.is_empty() => String::new(),
        text => format!(": {text}"),
    }
}

/// What of the record does not allow it, as people say it: `record.status` is "status of the record".
fn hindrance(scope: &Scope, path: &str) -> String {
    let (whose, what) = path.split_once('.').unwrap_or(("", path));
    let what = what.replace(['_', '.'], " ");
    let of = match whose {
        "record" => " of the record",
        "slot" => " that was given",
        _ => "",
    };
    match scope.get(path) {
        Some(Value::String(value)) => format!("the {what}{of}, {value}, does not allow it"),
        Some(value @ (Value::Number(_) | Value::Bool(_))) => {
            format!("the {what}{of}, {value}, does not allow it")
        }
        _ => format!("the {what}{of} does not allow it"),
    }
}
