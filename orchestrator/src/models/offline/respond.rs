//! Decides what to do with the customer's latest message, and words it.

use std::collections::BTreeSet;

use agents::answer::{Answer, Kind};
use domain::{
    answerability::{Answers as _, Course, Courses},
    knowledge::Passage,
    model::{ModelMessage, ModelRequest},
    tool::ToolCall,
};
use rag::answerability::Trained;
use serde_json::{Value, json};

use super::{
    analysis::{as_spelt, concepts, cut, tokens},
    answer::{Found, Piece, Reading as Passages, leans, search_words},
    called::first_name,
    flow::{self, Desk, Progress, Request},
    intent::{Intents, Reading, Wish},
    talk::{self, Talk},
    tone::{SORRY, Tone, tone},
};
use crate::asked::{capital, without_courtesy};

const SEARCH: &str = "search_knowledge";
const REPLY: &str = "reply_to_customer";
/// Messages of the conversation that are read, newest first.
const MAX_TURNS: usize = 30;
const MAX_QUESTIONS: usize = 5;
/// Requests of one message that are worked on side by side.
const MAX_REQUESTS: usize = 5;
/// A search's query may have 500 characters.
const MAX_QUERY: usize = 400;

/// A reply, or calls to make first.
pub enum Response {
    Calls(Vec<ToolCall>),
    Final(Answer),
}

/// The conversation as far as it matters.
struct Said<'a> {
    current: String,
    /// Our last message before it.
    ours: Option<&'a str>,
    /// The customer's messages before that, newest first.
    earlier: Vec<&'a str>,
}

pub fn respond(request: &ModelRequest, courses: &Courses) -> Response {
    let said = said(request);
    let name = request.facts.customer.as_ref().and_then(first_name);
    let greeting = match (&name, said.ours) {
        (Some(name), None) => format!("Hi {name},\n\n"),
        _ => String::new(),
    };
    if !request.facts.reports.is_empty() {
        let told = request.facts.reports.join("; ");
        return handoff("", &format!("{told}. The offline model cannot judge what that asks for."));
    }
    if said.current.trim().is_empty() {
        return answer(
            Kind::Ask,
            format!("{greeting}How can I help you?"),
            0.9,
            "There is no message to answer.",
        );
    }
    if let Some(colleague) = answered_draft(request) {
        return handoff(
            "",
            &format!("A colleague answered the draft, which the offline model cannot follow: {colleague}"),
        );
    }
    if let Some(language) = talk::foreign(&said.current) {
        return handoff(
            "",
            &format!(
                "The message seems to be in {language}, and the offline model understands English only."
            ),
        );
    }
    if let Some(reason) = talk::needs_person(&said.current) {
        return handoff("", reason);
    }
    // After a question of ours, or before anything was said, nothing has been done yet.
    let undone = said.ours.is_none_or(|ours| ours.contains('?'));
    let intents = Intents::of(&request.facts.procedures);
    // "Please refund it, I changed my mind" asks for something; only a message that asks for nothing
    // takes something back.
    let last = request.facts.conversation.iter().rfind(|turn| turn.from_customer);
    let asks = || last.is_some_and(|turn| !intents.read(&turn.text).wishes.is_empty());
    let tone = tone(&said.current);
    match talk::kind(&said.current).filter(|talk| *talk != Talk::Withdrawal || !asks()) {
        // "Thanks, terrible service" wants no good day.
        Some(Talk::Thanks) if tone < Tone::Upset => {
            let mut reply = answer_of(
                Kind::Answer,
                "You’re welcome. Have a good day!".to_owned(),
                0.97,
                "The customer says thanks.",
            );
            reply.resolved = true;
            return Response::Final(reply);
        }
        Some(Talk::Greeting) => {
            let whom = name.map(|name| format!(" {name}")).unwrap_or_default();
            // Who was greeted before is not greeted again.
            let greets = if said.ours.is_none() { format!("Hi{whom}!") } else { "I am here.".to_owned() };
            let text = format!("{greets} How can I help you?");
            return answer(Kind::Ask, text, 0.95, "The customer only greets.");
        }
        Some(Talk::Withdrawal) if undone && !acted(request) => {
            let text =
                "All right, I will leave everything as it is. Is there anything else I can do for you?";
            return answer(
                Kind::Ask,
                text.to_owned(),
                0.9,
                "The customer takes the request back; nothing was done.",
            );
        }
        Some(Talk::Withdrawal) => {
            return handoff("", "The customer takes something back that may have been done already.");
        }
        Some(Talk::Thanks) | None => {}
    }
    Turn { request, courses, said: &said, greeting, tone, intents }.run()
}

/// What becomes of one question.
struct Judged {
    course: Course,
    missing: Vec<String>,
    back: Option<String>,
}

struct Turn<'a> {
    request: &'a ModelRequest,
    courses: &'a Courses,
    said: &'a Said<'a>,
    greeting: String,
    tone: Tone,
    intents: Intents,
}

impl Turn<'_> {
    fn run(&self) -> Response {
        let mut reading = self.intents.read(&self.said.current);
        let procedures = &self.request.facts.procedures;
        let mut pending = false;
        if let Some((one, other)) = reading.torn.filter(|_| reading.wishes.len() < 2) {
            let title = |at: usize| procedures.get(at).map_or("", |p| p.title.as_str());
            let text =
                format!("Just to be sure: is it “{}” or “{}” that you need?", title(one), title(other));
            return answer(
                Kind::Ask,
                self.opened(Kind::Ask, &text),
                0.85,
                "Two procedures fit the request equally well.",
            );
        }
        if reading.wishes.is_empty()
            && let Some(wish) = self.continued(&reading)
        {
            reading.wishes.push(wish);
            reading.statements.clear();
            pending = true;
        }
        self.revive(&mut reading);

        let mut calls: Vec<(String, Value)> = Vec::new();
        let mut outcomes: Vec<Progress> = Vec::new();
        let desk = self.desk(pending);
        for wish in reading.wishes.iter().take(MAX_REQUESTS) {
            let Some(procedure) = procedures.get(wish.procedure) else { continue };
            let numbers = desk.numbers(procedure, &wish.text);
            if numbers.len() > 1 && procedure.action.is_some() && spares_one(&wish.text) {
                let list: Vec<&str> = numbers.iter().filter_map(Value::as_str).collect();
                outcomes.push(Progress::Ask(format!(
                    "Just to be sure: which of these orders do you mean, {}?",
                    list.join(" or ")
                )));
                continue;
            }
            let each: Vec<Option<&Value>> = if numbers.len() > 1 {
                numbers.iter().take(MAX_REQUESTS).map(Some).collect()
            } else {
                vec![None]
            };
            for number in each {
                match desk.advance(&Request { procedure, wish: &wish.text, number }) {
                    Progress::Call { tool, args } if !calls.contains(&(tool.clone(), args.clone())) => {
                        calls.push((tool, args))
                    }
                    Progress::Call { .. } => {}
                    other if !outcomes.contains(&other) => outcomes.push(other),
                    _ => {}
                }
            }
        }

        let questions = self.questions(&reading);
        let passages = Passages::of(&self.request.facts.passages);
        let mut found: Vec<Found> = Vec::new();
        let mut open: Vec<(String, Vec<String>)> = Vec::new();
        for question in &questions {
            let context = self.context(&reading);
            match passages.answer(question, &context) {
                Ok(answer) => found.push(answer),
                Err(missing) => {
                    let judged = self.judge(question, &context);
                    match (self.search(question, &reading), judged.back) {
                        (Some(query), _) => {
                            calls.push((SEARCH.to_owned(), json!({ "query": query })));
                            open.push((question.clone(), missing.words));
                        }
                        (None, Some(back)) if judged.course == Course::Ask && !self.has_asked() => {
                            outcomes.push(Progress::Ask(back));
                        }
                        (None, _) if missing.words.is_empty() => {
                            open.push((question.clone(), judged.missing))
                        }
                        (None, _) => open.push((question.clone(), missing.words)),
                    }
                }
            }
        }
        if !calls.is_empty() {
            return Response::Calls(self.identified(calls));
        }
        self.conclude(outcomes, found, open)
    }

    fn conclude(
        &self,
        outcomes: Vec<Progress>,
        found: Vec<Found>,
        open: Vec<(String, Vec<String>)>,
    ) -> Response {
        let mut parts: Vec<String> = Vec::new();
        let mut reasons: Vec<String> = Vec::new();
        let mut asks: Vec<String> = Vec::new();
        let mut kind = Kind::Answer;
        let mut resolved = true;
        let mut confidence = 0.95_f32;
        for outcome in outcomes {
            match outcome {
                Progress::Done { reply, resolved: settled, reason } => {
                    parts.push(reply);
                    reasons.push(reason);
                    resolved &= settled;
                }
                Progress::Ask(question) => asks.push(question),
                Progress::Handoff { reply, reason } => {
                    kind = Kind::Handoff;
                    parts.extend(Some(reply).filter(|reply| !reply.is_empty()));
                    reasons.push(reason);
                }
                Progress::Call { .. } => {}
            }
        }
        let mut citations: Vec<String> = Vec::new();
        let mut told: Vec<&Piece> = Vec::new();
        for answer in &found {
            // Two questions may have one answer, which is said once.
            let is_new = |piece: &&Piece| told.iter().all(|other| other.lines != piece.lines);
            let new: Vec<&Piece> = answer.pieces.iter().filter(is_new).collect();
            if !new.is_empty() {
                parts.push(self.worded(&new, &mut citations));
            }
            told.extend(new);
            confidence = confidence.min(answer.confidence);
        }
        if !found.is_empty() {
            let titles: BTreeSet<&str> =
                found.iter().flat_map(|f| &f.pieces).map(|p| self.passage(p).title.as_str()).collect();
            let titles: Vec<&str> = titles.into_iter().collect();
            reasons.push(format!("Answered in the words of: {}.", titles.join("; ")));
        }
        for (question, words) in &open {
            kind = Kind::Handoff;
            let question = capital(without_courtesy(question));
            reasons.push(match &as_spelt(&question, words)[..] {
                [] => format!("No article answers: {question}"),
                words => format!("No article answers: {question} (nothing says: {}).", words.join(", ")),
            });
        }
        if !asks.is_empty() && kind != Kind::Handoff {
            kind = Kind::Ask;
            reasons.push("Something is missing for the request.".to_owned());
            let asks = each_once(asks);
            let plain = parts.is_empty()
                && self.tone == Tone::Even
                && self.said.ours.is_none()
                && !asks.iter().any(|ask| flow::explains(ask));
            let lead = if plain { "Happy to help with that. " } else { "" };
            parts.push(format!("{lead}{}", asks.join("\n")));
        }
        if !open.is_empty() {
            let list: Vec<String> =
                open.iter().map(|(question, _)| capital(without_courtesy(question))).collect();
            parts.push(format!(
                "I could not find this in our articles and have passed it on to a colleague: {}",
                list.join(" ")
            ));
        }
        let confidence = if kind == Kind::Handoff { confidence.min(0.3) } else { confidence };
        let text = self.opened(kind, &parts.join("\n\n"));
        let mut reply = answer_of(kind, text, confidence, &reasons.join(" "));
        reply.citations = citations;
        reply.resolved = resolved && kind == Kind::Answer;
        Response::Final(reply)
    }

    /// A reply as it goes out: with the greeting, and with a word for what went wrong, once in a conversation. Of
    /// nothing nothing is made, because a greeting alone is no draft for a colleague.
    fn opened(&self, kind: Kind, text: &str) -> String {
        if text.is_empty() {
            return String::new();
        }
        let mut ours = self.request.facts.conversation.iter().filter(|turn| !turn.from_customer);
        if self.tone == Tone::Even || ours.any(|turn| turn.text.contains(SORRY)) {
            return format!("{}{text}", self.greeting);
        }
        let gap = if kind == Kind::Ask { " " } else { "\n\n" };
        format!("{}{SORRY}{gap}{text}", self.greeting)
    }

    /// Whether what was found can answer a question, and what to ask back if it says too little.
    fn judge(&self, question: &str, context: &str) -> Judged {
        let judged = Trained.assess(question, context, &self.request.facts.passages);
        Judged {
            course: judged.course(self.courses),
            missing: judged.missing,
            back: judged.underspecified.map(|open| open.question),
        }
    }

    /// Our last message was a question: asking again would not help.
    fn has_asked(&self) -> bool {
        self.said.ours.is_some_and(|ours| ours.contains('?'))
    }

    fn desk(&self, pending: bool) -> Desk<'_> {
        Desk {
            facts: &self.request.facts,
            tools: self.request.tools.iter().map(|tool| tool.name.as_str()).collect(),
            current: &self.said.current,
            earlier: self.said.earlier.clone(),
            pending,
        }
    }

    /// The request that the message goes on with, when it answers a question of ours.
    fn continued(&self, reading: &Reading) -> Option<Wish> {
        let ours = self.said.ours?;
        let procedures = &self.request.facts.procedures;
        let asked: Vec<usize> =
            (0..procedures.len()).filter(|at| flow::asks_for(ours, &procedures[*at])).collect();
        let torn = ours.contains("is it “");
        if asked.is_empty() && !torn && !flow::asks_generally(ours) {
            return None;
        }
        // A question back is answered, unless it comes with what was asked for.
        let gives = procedures
            .iter()
            .flat_map(|procedure| &procedure.slots)
            .any(|slot| !super::slots::values(slot, &self.said.current).is_empty());
        if !reading.questions.is_empty() && !gives {
            return None;
        }
        if torn {
            let told = concepts(&self.said.current);
            let fit = |at: &usize| concepts(&procedures[*at].title).intersection(&told).count();
            let best =
                (0..procedures.len()).filter(|at| ours.contains(&procedures[*at].title)).max_by_key(fit)?;
            let wish = self.said.earlier.first().copied().unwrap_or_default();
            return Some(Wish { procedure: best, text: wish.to_owned(), score: 0.0 });
        }
        let before = self.said.earlier.iter().flat_map(|text| self.intents.read(text).wishes);
        before.into_iter().find(|wish| asked.is_empty() || asked.contains(&wish.procedure)).or_else(|| {
            let procedure = *asked.first()?;
            Some(Wish {
                procedure,
                text: self.said.earlier.first().copied().unwrap_or_default().to_owned(),
                score: 0.0,
            })
        })
    }

    /// A proposal that the customer's new message interrupted is still wanted.
    fn revive(&self, reading: &mut Reading) {
        let facts = &self.request.facts;
        for (at, procedure) in facts.procedures.iter().enumerate() {
            let Some(action) = &procedure.action else { continue };
            let last = facts.results.iter().rev().find(|result| result.call.tool == action.tool);
            let interrupted = last.is_some_and(|result| result.status == "superseded");
            if interrupted && !reading.wishes.iter().any(|wish| wish.procedure == at) {
                let texts = [self.said.current.as_str()].into_iter().chain(self.said.earlier.iter().copied());
                let wish =
                    texts.flat_map(|text| self.intents.read(text).wishes).find(|wish| wish.procedure == at);
                reading.wishes.extend(wish);
            }
        }
    }

    /// What wants an answer from the articles.
    fn questions(&self, reading: &Reading) -> Vec<String> {
        if !reading.wishes.is_empty() {
            // "Is that possible?" beside a request asks nothing of its own.
            let asked: BTreeSet<String> =
                reading.wishes.iter().flat_map(|wish| concepts(&wish.text)).collect();
            let telling = |text: &&String| !concepts(text).is_subset(&asked);
            return reading.questions.iter().filter(telling).take(MAX_QUESTIONS).cloned().collect();
        }
        if reading.questions.is_empty() {
            let all = reading.statements.join(" ");
            return if concepts(&all).is_empty() { vec![self.said.current.clone()] } else { vec![all] };
        }
        let mut questions: Vec<String> = Vec::new();
        for question in reading.questions.iter().take(MAX_QUESTIONS) {
            // "How long? And how much?" share their subject.
            match questions.last_mut().filter(|_| concepts(question).is_empty()) {
                Some(last) => {
                    last.push(' ');
                    last.push_str(question);
                }
                None => questions.push(question.clone()),
            }
        }
        questions
    }

    /// What a short question leans on: the statements beside it, else the customer's last message.
    fn context(&self, reading: &Reading) -> String {
        match reading.statements.join(" ") {
            statements if !concepts(&statements).is_empty() => statements,
            _ => self.said.earlier.first().copied().unwrap_or_default().to_owned(),
        }
    }

    /// A search that has not been made yet for this question.
    fn search(&self, question: &str, reading: &Reading) -> Option<String> {
        self.request.tools.iter().find(|tool| tool.name == SEARCH)?;
        let mut query = search_words(question);
        if leans(question) {
            query = format!("{query} {}", search_words(&self.context(reading)));
        }
        let query: String =
            query.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(MAX_QUERY).collect();
        let made = |other: &str| concepts(other) == concepts(&query) && other.len() + 2 >= query.len();
        let searched = self
            .request
            .facts
            .results
            .iter()
            .filter(|result| result.call.tool == SEARCH)
            .any(|result| result.call.args.get("query").and_then(Value::as_str).is_some_and(made));
        (!searched && !concepts(&query).is_empty()).then_some(query)
    }

    fn passage(&self, piece: &Piece) -> &Passage {
        &self.request.facts.passages[piece.passage]
    }

    /// The pieces with their marks. A run of sentences from one place carries one mark, at its end.
    fn worded(&self, pieces: &[&Piece], citations: &mut Vec<String>) -> String {
        let mut text = String::new();
        for (at, piece) in pieces.iter().enumerate() {
            let chunk = self.passage(piece).chunk_id.to_string();
            let number = citations.iter().position(|id| *id == chunk).unwrap_or_else(|| {
                citations.push(chunk);
                citations.len() - 1
            }) + 1;
            let lines = piece.wording();
            let list = lines.len() > 1;
            if !text.is_empty() {
                text.push_str(if list || text.contains('\n') { "\n\n" } else { " " });
            }
            text.push_str(&lines.join("\n"));
            let next = pieces.get(at + 1);
            let goes_on =
                next.is_some_and(|next| next.passage == piece.passage && !list && next.lines.len() == 1);
            if !goes_on {
                text.push_str(&format!(" [{number}]"));
            }
        }
        text
    }

    /// Calls with ids that this run has not used.
    fn identified(&self, calls: Vec<(String, Value)>) -> Vec<ToolCall> {
        let mut used: BTreeSet<&str> =
            self.request.facts.results.iter().map(|result| result.call.id.as_str()).collect();
        for message in &self.request.messages {
            match message {
                ModelMessage::Assistant { tool_calls, .. } => {
                    used.extend(tool_calls.iter().map(|call| call.id.as_str()))
                }
                ModelMessage::Tool { call_id, .. } => {
                    used.insert(call_id);
                }
                ModelMessage::System { .. } | ModelMessage::User { .. } => {}
            }
        }
        let free = (1_usize..).map(|n| format!("offline-{n}")).filter(|id| !used.contains(id.as_str()));
        free.zip(calls).map(|(id, (tool, args))| ToolCall { id, tool, args }).collect()
    }
}

/// Questions without what another has asked already: two requests may lack the same.
fn each_once(asks: Vec<String>) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for ask in asks {
        // The lines of an offer belong together.
        let lines = if ask.contains("\n- ") { vec![ask.as_str()] } else { ask.lines().collect() };
        for line in lines {
            if !once.iter().any(|known| known == line) {
                once.push(line.to_owned());
            }
        }
    }
    once
}

fn said(request: &ModelRequest) -> Said<'_> {
    let turns = &request.facts.conversation;
    let turns = &turns[turns.len().saturating_sub(MAX_TURNS)..];
    let start = turns.iter().rposition(|turn| !turn.from_customer).map_or(0, |at| at + 1);
    let current: Vec<&str> = turns[start..].iter().map(|turn| cut(&turn.text)).collect();
    Said {
        current: cut(&current.join("\n")).to_owned(),
        ours: turns[..start].last().map(|turn| cut(&turn.text)),
        earlier: turns[..start]
            .iter()
            .rev()
            .filter(|turn| turn.from_customer)
            .map(|turn| cut(&turn.text))
            .collect(),
    }
}

/// Whether one of several named orders is to be left alone.
fn spares_one(text: &str) -> bool {
    tokens(text)
        .iter()
        .any(|token| matches!(token.word.as_str(), "keep" | "not" | "except" | "instead" | "only" | "other"))
}

/// Whether something with an effect was done in this run.
fn acted(request: &ModelRequest) -> bool {
    let facts = &request.facts;
    let actions: Vec<&str> =
        facts.procedures.iter().filter_map(|p| Some(p.action.as_ref()?.tool.as_str())).collect();
    facts.results.iter().any(|result| result.ok && actions.contains(&result.call.tool.as_str()))
}

/// What a colleague said to the last draft, when that is the last thing that happened.
fn answered_draft(request: &ModelRequest) -> Option<&str> {
    let last = request.facts.results.last()?;
    (last.call.tool == REPLY && last.status == "responded")
        .then(|| last.content.get("message").and_then(Value::as_str).unwrap_or(""))
}

fn answer_of(kind: Kind, reply: String, confidence: f32, reason: &str) -> Answer {
    Answer {
        kind,
        reply: reply.trim().to_owned(),
        citations: Vec::new(),
        confidence,
        resolved: false,
        reason: reason.to_owned(),
    }
}

fn answer(kind: Kind, reply: String, confidence: f32, reason: &str) -> Response {
    Response::Final(answer_of(kind, reply, confidence, reason))
}

fn handoff(reply: &str, reason: &str) -> Response {
    answer(Kind::Handoff, reply.to_owned(), 0.0, reason)
}
