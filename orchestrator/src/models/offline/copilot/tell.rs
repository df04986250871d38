//! What came back, in sentences: the number first, then the records, each with what it rests on.

use agents::copilot::{Reply, Stated};
use domain::{errand::PROPOSE, excerpt, knowledge::Passage, model::CallResult};
use serde_json::Value;

use super::{Asked, capable, said, stated};
use crate::models::offline::answer::Reading;

/// Records of a list that are told one by one.
const TOLD: usize = 5;
const QUOTE: usize = 300;

pub(super) fn told(asked: &Asked<'_>, last: &CallResult, passages: &[Passage]) -> Reply {
    let content = &last.content;
    match last.call.tool.as_str() {
        "find_tickets" => tickets(asked, last),
        "read_ticket" => ticket(content),
        "find_customers" => customers(content),
        "read_customer" => customer(content),
        "find_runs" => runs(asked, content),
        "read_run" => run(content),
        "find_approvals" => approvals(asked, content),
        "read_approval" => approval(content),
        PROPOSE => proposed(content, last),
        "read_figures" => figures(asked.tells(), content),
        _ => knowledge(asked.text, passages),
    }
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value.get(name).and_then(Value::as_str).unwrap_or_default()
}

fn list<'v>(value: &'v Value, name: &str) -> &'v [Value] {
    value.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

fn cut(text: &str) -> String {
    excerpt::line(text, QUOTE)
}

fn many(n: i64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `There are 3 tickets …`, or at least so many.
fn there(content: &Value, n: i64, what: &str, rest: &str) -> String {
    let least = if content.get("complete") == Some(&Value::Bool(false)) { "at least " } else { "" };
    let (be, words) = if n == 1 { ("is", many(1, what)) } else { ("are", many(n, what)) };
    format!("There {be} {least}{words} {rest}.").replace("  ", " ").replace(" .", ".")
}

fn proposed(content: &Value, last: &CallResult) -> Reply {
    let what = match last.call.args.get("tool").and_then(Value::as_str).unwrap_or_default() {
        "add_note" => "the note",
        "reply_to_customer" => "the reply",
        "add_tags" => "the tags",
        "close_ticket" => "closing it",
        _ => "it",
    };
    let told = format!(
        "I put {what} for #{} before a person. Nothing is done until it is approved.",
        number(content, "ticket")
    );
    Reply {
        statements: vec![stated(told, &[text(content, "ref")])],
        follow_ups: vec!["What waits for a decision?".to_owned()],
    }
}

fn tickets(asked: &Asked<'_>, last: &CallResult) -> Reply {
    let content = &last.content;
    let rest = match last.call.args.get("text").and_then(Value::as_str) {
        Some(about) => format!("about “{about}”"),
        None if asked.words() == "there" => String::new(),
        None => asked.words().to_owned(),
    };
    let n = number(content, "count");
    let whole = text(content, "ref");
    let rows = list(content, "tickets");
    if n == 0 {
        return Reply {
            statements: vec![stated(format!("There is no ticket {rest}.").replace(" .", "."), &[whole])],
            follow_ups: vec!["How is the desk doing?".to_owned()],
        };
    }
    let mut statements = vec![stated(there(content, n, "ticket", &rest), &[whole])];
    let shown = if asked.counts() { 0 } else { TOLD };
    for row in rows.iter().take(shown) {
        let people: Vec<&str> = list(row, "people").iter().filter_map(Value::as_str).take(1).collect();
        let from = people.first().map(|name| format!(", from {name}")).unwrap_or_default();
        let assignee = match text(row, "assignee") {
            "" => String::new(),
            name => format!(", assigned to {name}"),
        };
        let line = format!(
            "#{} {} ({}{from}{assignee}, last touched {})",
            number(row, "number"),
            text(row, "subject"),
            plain(text(row, "status")),
            text(row, "last_touched"),
        );
        statements.push(stated(line, &[text(row, "ref")]));
    }
    let first = rows.first().map(|row| format!("What happened in ticket #{}?", number(row, "number")));
    Reply { statements, follow_ups: first.into_iter().collect() }
}

fn ticket(content: &Value) -> Reply {
    let Some(row) = content.get("ticket") else { return capable("There is no such ticket.") };
    let reference = text(row, "ref");
    let mut statements = vec![stated(
        format!(
            "Ticket #{} “{}” is {}, with {} priority. It was opened {} by {} and last touched {}.",
            number(row, "number"),
            text(row, "subject"),
            plain(text(row, "status")),
            text(row, "priority"),
            text(row, "opened"),
            plain(text(row, "channel")),
            text(row, "last_touched"),
        ),
        &[reference],
    )];
    if !text(row, "why_a_person").is_empty() {
        let why = text(row, "why_a_person").trim_end_matches('.');
        let line = format!("A person is wanted: {why}. {}", cut(text(content, "summary")));
        statements.push(stated(line.trim_end(), &[reference]));
    }
    match text(row, "assignee") {
        "" => {}
        name => statements.push(stated(format!("It is assigned to {name}."), &[reference])),
    }
    if let Some(run) = content.get("run_at_work").filter(|run| !run.is_null()) {
        let waits = match text(run, "waiting_for") {
            "" => String::new(),
            what => format!(" and waits for {what}"),
        };
        statements.push(stated(
            format!("A run of {} is {}{waits}.", text(run, "agent"), plain(text(run, "status"))),
            &[reference],
        ));
    }
    if let Some(message) = list(content, "messages").last() {
        let author = message.get("author").unwrap_or(&Value::Null);
        let who = match text(author, "kind") {
            "customer" => text(author, "name").to_owned(),
            "agent" => format!("the agent {}", text(author, "agent")),
            "system" => "the service".to_owned(),
            _ => text(author, "name").to_owned(),
        };
        let kind = if text(message, "visibility") == "internal" { "noted" } else { "wrote" };
        statements.push(stated(
            format!("Last, {} {who} {kind}: “{}”", text(message, "when"), cut(text(message, "body"))),
            &[reference],
        ));
    }
    let follow_ups = if content.get("customer").is_some_and(|customer| !customer.is_null()) {
        vec!["Who is the customer of this ticket?".to_owned()]
    } else {
        Vec::new()
    };
    Reply { statements, follow_ups }
}

fn customers(content: &Value) -> Reply {
    let rows = list(content, "customers");
    let whole = text(content, "ref");
    if rows.is_empty() {
        return Reply {
            statements: vec![stated("No customer is called so.", &[whole])],
            follow_ups: Vec::new(),
        };
    }
    let n = rows.len() as i64;
    let mut statements = vec![stated(there(content, n, "customer", ""), &[whole])];
    for row in rows.iter().take(TOLD) {
        statements
            .push(stated(format!("{} ({})", text(row, "name"), text(row, "tier")), &[text(row, "ref")]));
    }
    let first = rows.first().map(|row| format!("Tell me about {}", text(row, "name")));
    Reply { statements, follow_ups: first.into_iter().collect() }
}

fn customer(content: &Value) -> Reply {
    let Some(row) = content.get("customer") else { return capable("There is no such customer.") };
    let reference = text(row, "ref");
    let contacts: Vec<String> = list(content, "contacts")
        .iter()
        .take(TOLD)
        .map(|contact| format!("{} ({})", text(contact, "name"), text(contact, "email")))
        .collect();
    let mut statements = vec![stated(
        format!("{} is a customer of the tier {}.", text(row, "name"), text(row, "tier")),
        &[reference],
    )];
    if !contacts.is_empty() {
        statements.push(stated(format!("People there: {}.", contacts.join(", ")), &[reference]));
    }
    let by_status = content.get("tickets_by_status").and_then(Value::as_object);
    let counts: Vec<String> = by_status
        .into_iter()
        .flatten()
        .filter_map(|(status, n)| Some(format!("{} {}", n.as_i64()?, plain(status))))
        .collect();
    let all = number(content, "tickets_count");
    let tickets = list(content, "tickets");
    if all == 0 {
        statements.push(stated("They have no tickets.", &[reference]));
    } else {
        statements
            .push(stated(format!("They have {}: {}.", many(all, "ticket"), counts.join(", ")), &[reference]));
    }
    for row in tickets.iter().take(TOLD) {
        let line = format!(
            "#{} {} ({}, last touched {})",
            number(row, "number"),
            text(row, "subject"),
            plain(text(row, "status")),
            text(row, "last_touched")
        );
        statements.push(stated(line, &[text(row, "ref")]));
    }
    let first = tickets.first().map(|row| format!("What happened in ticket #{}?", number(row, "number")));
    Reply { statements, follow_ups: first.into_iter().collect() }
}

fn runs(asked: &Asked<'_>, content: &Value) -> Reply {
    let rows = list(content, "runs");
    let whole = text(content, "ref");
    if rows.is_empty() {
        let none = format!("There is no run {}.", asked.words());
        return Reply { statements: vec![stated(none, &[whole])], follow_ups: Vec::new() };
    }
    let mut statements = vec![stated(there(content, rows.len() as i64, "run", asked.words()), &[whole])];
    let shown = if asked.counts() { 0 } else { TOLD };
    for row in rows.iter().take(shown) {
        let detail = [text(row, "error"), text(row, "waiting_for"), text(row, "summary")];
        let detail = detail.into_iter().find(|detail| !detail.is_empty()).unwrap_or_default();
        let line = format!(
            "A run of {} is {}, begun {}: {}",
            text(row, "agent"),
            plain(text(row, "status")),
            text(row, "began"),
            cut(detail)
        );
        statements.push(stated(line.trim_end_matches([':', ' ']), &[text(row, "ref")]));
    }
    Reply { statements, follow_ups: vec!["What waits for a decision?".to_owned()] }
}

fn run(content: &Value) -> Reply {
    let Some(row) = content.get("run") else { return capable("There is no such run.") };
    let reference = text(row, "ref");
    let mut line = format!(
        "This run of {} is {}. It began {} and took {}.",
        text(row, "agent"),
        plain(text(row, "status")),
        text(row, "began"),
        many(number(row, "steps"), "step")
    );
    for (name, words) in
        [("waiting_for", "It waits for"), ("error", "Its error:"), ("summary", "It ended so:")]
    {
        if !text(row, name).is_empty() {
            line.push_str(&format!(" {words} {}.", cut(text(row, name)).trim_end_matches('.')));
        }
    }
    let calls: Vec<String> = list(content, "steps")
        .iter()
        .filter(|step| text(step, "kind") == "tool")
        .map(|step| format!("{} ({})", text(step, "name"), text(step, "came_of_it")))
        .collect();
    let mut statements = vec![stated(line, &[reference])];
    if !calls.is_empty() {
        statements.push(stated(format!("It called {}.", calls.join(", ")), &[reference]));
    }
    Reply { statements, follow_ups: Vec::new() }
}

fn proposal(row: &Value) -> String {
    format!(
        "{} — it waits because {} ({}, asked {}, ends {})",
        text(row, "proposes"),
        cut(text(row, "why_it_waits")).trim_end_matches('.'),
        plain(text(row, "risk")),
        text(row, "asked"),
        text(row, "ends")
    )
}

fn approvals(asked: &Asked<'_>, content: &Value) -> Reply {
    let n = number(content, "count");
    let whole = text(content, "ref");
    if n == 0 {
        return Reply {
            statements: vec![stated("Nothing waits for a decision.", &[whole])],
            follow_ups: vec!["Which tickets have waited longest for us?".to_owned()],
        };
    }
    let first = if n == 1 {
        "1 approval waits for a decision.".to_owned()
    } else {
        format!("{n} approvals wait for a decision.")
    };
    let mut statements = vec![stated(first, &[whole])];
    let shown = if asked.counts() { 0 } else { TOLD };
    let rows = list(content, "approvals").iter().take(shown);
    statements.extend(rows.map(|row| stated(proposal(row), &[text(row, "ref")])));
    Reply { statements, follow_ups: vec!["How is the desk doing?".to_owned()] }
}

fn approval(content: &Value) -> Reply {
    let Some(row) = content.get("approval") else { return capable("There is no such approval.") };
    let reference = text(row, "ref");
    let state =
        format!("It is {} and asked of the role {}.", plain(text(row, "status")), text(row, "asked_of"));
    let mut statements = vec![stated(proposal(row), &[reference]), stated(state, &[reference])];
    for decision in list(content, "decisions") {
        let line = format!(
            "{} decided {}: {}.",
            text(decision, "by"),
            text(decision, "when"),
            text(decision, "did")
        );
        statements.push(stated(line, &[reference]));
    }
    Reply { statements, follow_ups: Vec::new() }
}

fn figures(tells: &str, content: &Value) -> Reply {
    let reference = text(content, "ref");
    let at = |name: &str| content.get(name).unwrap_or(&Value::Null);
    let credits = |value: &Value, name: &str| value.get(name).and_then(Value::as_f64).unwrap_or_default();
    let mut lines = Vec::new();
    let waits = |name: &str, [one, more]: [&str; 2]| {
        let waiting = at(name);
        let oldest = match text(waiting, "oldest") {
            "" => String::new(),
            oldest => format!(", the longest since {oldest}"),
        };
        let count = number(waiting, "count");
        format!("{count} {}{oldest}.", if count == 1 { one } else { more })
    };
    let resolved = |name: &str, when: &str| {
        let days = at(name);
        format!(
            "{when}: {} came in, agents resolved {}, customers confirmed {} of them, and {} opened again.",
            many(number(days, "opened"), "ticket"),
            number(days, "resolved_by_agents"),
            number(days, "confirmed_by_customers"),
            match number(days, "reopened") {
                1 => "1 was".to_owned(),
                reopened => format!("{reopened} were"),
            }
        )
    };
    let stopped = || {
        let stopped: Vec<&str> = list(content, "stopped").iter().filter_map(Value::as_str).collect();
        if stopped.is_empty() {
            "Nothing is stopped.".to_owned()
        } else {
            format!("Stopped: {}.", stopped.join(", "))
        }
    };
    match tells {
        "spent" => {
            for (name, when) in [("spent_today", "Today"), ("spent_this_month", "This month")] {
                let spent = at(name);
                let ceiling = match spent.get("ceiling").and_then(Value::as_f64) {
                    Some(ceiling) => format!(" of at most {ceiling}"),
                    None => ", without a ceiling".to_owned(),
                };
                let words = match credits(spent, "credits") {
                    1.0 => "1 credit was".to_owned(),
                    credits => format!("{credits} credits were"),
                };
                lines.push(format!("{when} {words} spent{ceiling}."));
            }
        }
        "resolved" => {
            lines.push(resolved("today", "Today"));
            lines.push(resolved("last_7_days", "In the last 7 days"));
            lines.push(resolved("last_30_days", "In the last 30 days"));
        }
        "saved" => lines.push(format!(
            "Agents saved about {} in 30 days, at {} for a ticket that they resolved and nobody opened again.",
            many(number(content, "minutes_saved_in_30_days"), "minute"),
            many(number(content, "minutes_per_ticket"), "minute")
        )),
        "stopped" => lines.push(stopped()),
        _ => {
            for (name, words) in [
                ("waiting_for_staff", ["ticket waits for us", "tickets wait for us"]),
                ("approvals_waiting", ["approval waits for a decision", "approvals wait for a decision"]),
                ("open", ["ticket is open", "tickets are open"]),
                ("waiting_for_customer", ["ticket waits for a customer", "tickets wait for customers"]),
            ] {
                lines.push(waits(name, words));
            }
            lines.push(resolved("today", "Today"));
            lines.push(stopped());
        }
    }
    let follow_ups = match tells {
        "desk" => ["Which tickets have waited longest for us?", "What did we spend this month?"],
        _ => ["How is the desk doing?", "Which tickets have waited longest for us?"],
    };
    Reply {
        statements: lines.into_iter().map(|line| stated(line, &[reference])).collect(),
        follow_ups: follow_ups.map(str::to_owned).to_vec(),
    }
}

fn knowledge(question: &str, passages: &[Passage]) -> Reply {
    let Ok(found) = Reading::of(passages).answer(question, "") else {
        return capable("I found no answer to that.");
    };
    let pieces = found.pieces.iter().filter_map(|piece| {
        let passage = passages.get(piece.passage)?;
        Some(stated(piece.wording().join("\n"), &[passage.chunk_id.to_string().as_str()]))
    });
    let statements: Vec<Stated> = pieces.collect();
    if statements.is_empty() {
        return Reply { statements: vec![said("I found no answer to that.")], follow_ups: Vec::new() };
    }
    Reply { statements, follow_ups: Vec::new() }
}
