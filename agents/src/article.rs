//! The article agent: makes a draft of a knowledge article of a ticket that was resolved, and puts it
//! before a person.
//!
//! It reads the ticket without holding it: customers go on being answered while the draft waits. A
//! draft that names the people of the ticket goes back to the model once and is given up after that.
//! What the house's own messages do not carry is shown to the reviewer; nothing is added without one.

use std::sync::Arc;

use domain::{
    DomainError,
    agent::{Agent, AgentSettings, Next, ProposedCall, RunLimits, RunView},
    confidence::{Confidence, Evidence, Reason, Thresholds},
    excerpt::cut,
    grounding::{Grounds, Source, SourceKind, Statement},
    knowledge::DEFAULT_LOCALE,
    model::{Facts, ModelMessage, ModelRequest, Strength, Turn},
    run::{CallOutcome, Outcome},
    ticket::{Message, TicketStatus},
    tool::ToolCall,
    user::Actor,
};
use prompts::{
    ArticleConversation, ArticleMessage, ArticleReview, ArticleSystem, PromptError, Repair, Untrusted,
};
use serde_json::{Value, json};

use crate::{
    dialogue::{MAX_MESSAGE, MAX_MESSAGES},
    journal::{Entry, Journal, Open, Origin, Rules, Settled, What, from_customer, own_id},
};

mod draft;
mod personal;

use draft::is_language_tag;
pub use draft::{Draft, SCHEMA};
use personal::Personal;

pub const NAME: &str = "article";
const PURPOSE: &str = "article.draft";
/// The tool that adds the article.
pub const ADD: &str = "add_article";
/// Where the input of a run about a gap holds the gap's questions.
pub const QUESTIONS: &str = "questions";
/// Replies in a row that cannot be used, or name people, after which it is given up.
const MAX_USELESS: usize = 2;
const MAX_QUESTIONS: usize = 10;
const MAX_SLUG: usize = 80;
/// Characters of a reviewer's words.
const MAX_WORDS: usize = 4_000;

const RULES: Rules<'static> =
    Rules { reserved: &[ADD], own: &[(NAME, ADD)], check: |text| Draft::parse(text).map(|_| ()) };

/// What applies where the configuration says nothing.
pub fn default_settings() -> AgentSettings {
    AgentSettings {
        tools: vec![ADD.to_owned()],
        thresholds: Thresholds { auto: 0.8, floor: 0.4 },
        max_model_calls: 6,
        max_output_tokens: 3_000,
        limits: RunLimits::default(),
        help: String::new(),
    }
}

pub struct Article {
    grounds: Arc<dyn Grounds>,
}

impl Article {
    /// `grounds` says what of a draft the ticket carries, and finds addresses and numbers in it.
    pub fn new(grounds: Arc<dyn Grounds>) -> Self {
        Self { grounds }
    }
}

impl Agent for Article {
    fn name(&self) -> &'static str {
        NAME
    }

    fn description(&self) -> &'static str {
        "Makes drafts of knowledge articles of resolved tickets, without what belongs to their customers, for a person to read and add."
    }

    fn next(&self, view: &RunView<'_>) -> Result<Next, DomainError> {
        let journal = Journal::read(view.run.id, view.steps, &RULES)?;
        if let Some(outcome) = journal.ended {
            return Ok(Next::End(outcome.clone()));
        }
        let turn = Turns {
            grounds: &*self.grounds,
            view,
            personal: Personal::of(&journal, view.workspace_name, &*self.grounds),
            journal: &journal,
        };
        if journal.open.is_empty() {
            return turn.decide();
        }
        Ok(Next::Tools(journal.open.iter().map(|open| turn.waiting(open)).collect()))
    }
}

struct Turns<'t, 'a> {
    grounds: &'t dyn Grounds,
    view: &'t RunView<'a>,
    journal: &'t Journal<'a>,
    personal: Personal,
}

impl Turns<'_, '_> {
    fn decide(&self) -> Result<Next, DomainError> {
        let journal = self.journal;
        let Some(ticket) = &journal.input.ticket else {
            return Ok(nothing("there is no ticket to make an article of"));
        };
        if !matches!(ticket.status, TicketStatus::Resolved | TicketStatus::Closed) {
            return Ok(nothing("the ticket is not resolved any more"));
        }
        if !journal.said().any(|(_, message)| answers(message)) {
            return Ok(nothing(
                "nobody has answered in the ticket, so there is nothing to make an article of",
            ));
        }
        let Some(last) = journal.entries.last() else { return self.ask() };
        match &last.what {
            What::Said(_) | What::Reported(_) | What::Triggered(_) => self.ask(),
            What::Unusable { why, .. } if self.useless() >= MAX_USELESS => {
                Ok(nothing(&format!("the model's drafts could not be used: {why}")))
            }
            What::Unusable { .. } => self.ask(),
            What::Model(response) => {
                let draft = Draft::parse(response.text.as_deref().unwrap_or_default())
                    .map_err(|why| DomainError::Journal { step: last.seq, why })?;
                if let Some(reason) = draft.abstains() {
                    return Ok(nothing(&format!("no article was made: {reason}")));
                }
                match self.personal.kinds_in(&draft.text()) {
                    None => Ok(Next::Tools(vec![self.add(last.seq, &draft)])),
                    Some(_) if self.useless() < MAX_USELESS => self.ask(),
                    Some(kinds) => Ok(nothing(&format!(
                        "the drafts went on to hold {kinds} of this ticket; write the article by hand"
                    ))),
                }
            }
            What::Failed { what, error } => Ok(nothing(&format!("{what} is not available: {error}"))),
            What::Result(settled) => self.settled(settled),
        }
    }

    fn settled(&self, settled: &Settled<'_>) -> Result<Next, DomainError> {
        let title = settled.call.args.get("title").and_then(Value::as_str).unwrap_or_default();
        Ok(match settled.outcome.as_ref() {
            CallOutcome::Ok { content } => {
                let slug = content.get("slug").and_then(Value::as_str).unwrap_or_default();
                Next::End(Outcome::Done { summary: format!("“{title}” was added as {slug}") })
            }
            CallOutcome::Responded { .. } => return self.ask(),
            CallOutcome::Rejected { reason, .. } => {
                nothing(&format!("a reviewer decided against the article: {reason}"))
            }
            CallOutcome::Escalated { reason, .. } => {
                nothing(&format!("a reviewer writes the article by hand: {reason}"))
            }
            CallOutcome::Expired => nothing("nobody decided on the draft in time"),
            CallOutcome::Superseded => nothing("something newer came before the draft was decided on"),
            CallOutcome::Refused { reason } => nothing(&format!("the article may not be added: {reason}")),
            CallOutcome::Failed { error } => nothing(&format!("the article could not be added: {error}")),
        })
    }

    /// How many replies at the end of the journal led to nothing.
    fn useless(&self) -> usize {
        let leads_nowhere = |entry: &&Entry<'_>| match &entry.what {
            What::Unusable { .. } => true,
            What::Model(response) => self.leak(response.text.as_deref()).is_some(),
            _ => false,
        };
        self.journal.entries.iter().rev().take_while(leads_nowhere).count()
    }

    /// What of the ticket's people a draft holds, in words for the model.
    fn leak(&self, text: Option<&str>) -> Option<String> {
        let draft = Draft::parse(text?).ok()?;
        let found = self.personal.found_in(&draft.text());
        let kinds = self.personal.kinds_in(&draft.text())?;
        Some(format!("the draft holds {kinds} of this ticket: {}; leave that out", found.join(", ")))
    }

    fn ask(&self) -> Result<Next, DomainError> {
        let used = self.journal.model_calls;
        if used >= self.view.settings.max_model_calls {
            return Ok(nothing(&format!("{used} model calls did not lead to an article")));
        }
        let unrenderable = |error: PromptError| DomainError::Journal {
            step: self.journal.last_seq(),
            why: error.to_string(),
        };
        self.request().map_err(unrenderable)
    }

    fn request(&self) -> Result<Next, PromptError> {
        let system = prompts::article_system(ArticleSystem { workspace: self.view.workspace_name })?;
        let mut messages = vec![
            ModelMessage::System { text: system.text },
            ModelMessage::User { text: self.conversation()? },
        ];
        for entry in &self.journal.entries {
            match &entry.what {
                What::Model(response) => {
                    messages.push(ModelMessage::Assistant {
                        text: response.text.clone(),
                        tool_calls: Vec::new(),
                    });
                    if let Some(why) = self.leak(response.text.as_deref()) {
                        messages.push(repair(&why)?);
                    }
                }
                What::Unusable { response, why } => {
                    let text = response.and_then(|r| r.text.as_deref()).filter(|t| !t.trim().is_empty());
                    if let Some(text) = text {
                        let text = cut(text, MAX_MESSAGE);
                        messages.push(ModelMessage::Assistant { text: Some(text), tool_calls: Vec::new() });
                    }
                    messages.push(repair(why)?);
                }
                What::Result(settled) => {
                    if let CallOutcome::Responded { message, .. } = settled.outcome.as_ref() {
                        let words = cut(message, MAX_WORDS);
                        let review = ArticleReview { message: Untrusted(&words) };
                        messages.push(ModelMessage::User { text: prompts::article_review(review)?.text });
                    }
                }
                What::Said(_) | What::Reported(_) | What::Triggered(_) | What::Failed { .. } => {}
            }
        }
        Ok(Next::Model(Box::new(ModelRequest {
            workspace: None,
            purpose: PURPOSE.to_owned(),
            strength: Strength::Strong,
            messages,
            tools: Arc::default(),
            output_schema: Some(Draft::output_schema()),
            max_output_tokens: self.view.settings.max_output_tokens,
            prompt: system.prompt.to_owned(),
            facts: self.facts(),
        })))
    }

    /// The public messages that are read: of many, the first and the latest.
    fn read(&self) -> Vec<(bool, String)> {
        let counts = |message: &&Message| from_customer(message) || answers(message);
        let said: Vec<&Message> = self.journal.said().map(|(_, message)| message).filter(counts).collect();
        let left_out = 1..1 + said.len().saturating_sub(MAX_MESSAGES);
        let kept = said.into_iter().enumerate().filter(|(at, _)| !left_out.contains(at));
        kept.map(|(_, message)| (from_customer(message), cut(&message.body, MAX_MESSAGE))).collect()
    }

    fn conversation(&self) -> Result<String, PromptError> {
        let read = self.read();
        let questions = self.questions_of_others();
        let subject = self.journal.input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str());
        let conversation = ArticleConversation {
            subject: Untrusted(subject),
            messages: read
                .iter()
                .map(|(from_customer, text)| ArticleMessage {
                    from_customer: *from_customer,
                    text: Untrusted(text),
                })
                .collect(),
            questions: questions.iter().map(|question| Untrusted(question)).collect(),
        };
        Ok(prompts::article_conversation(conversation)?.text)
    }

    /// Of the gap that is to be closed, without those that name somebody.
    fn questions_of_others(&self) -> Vec<String> {
        let listed = self.journal.input.data.get(QUESTIONS).and_then(Value::as_array);
        let questions = listed.into_iter().flatten().filter_map(Value::as_str);
        let plain = questions.map(|question| question.split_whitespace().collect::<Vec<_>>().join(" "));
        let mut kept: Vec<String> = Vec::new();
        for question in plain.filter(|question| self.personal.kinds_in(question).is_none()) {
            if !kept.contains(&question) && kept.len() < MAX_QUESTIONS {
                kept.push(question);
            }
        }
        kept
    }

    fn facts(&self) -> Facts {
        let turn = |(from_customer, text)| Turn { from_customer, text };
        let subject = self.journal.input.ticket.as_ref().map(|ticket| json!({ "subject": ticket.subject }));
        let reviewed = self.journal.results().map(|(_, settled)| domain::model::CallResult {
            call: settled.call.clone(),
            ok: false,
            status: settled.outcome.status().to_owned(),
            content: Value::Null,
        });
        Facts {
            conversation: self.read().into_iter().map(turn).collect(),
            customer: subject,
            results: reviewed.collect(),
            withheld: self.personal.all(),
            ..Facts::default()
        }
    }

    fn add(&self, anchor: i64, draft: &Draft) -> ProposedCall {
        let locale = self.locale(draft);
        let mut questions = draft.questions.clone();
        for question in self.questions_of_others() {
            if !questions.contains(&question) && questions.len() < MAX_QUESTIONS {
                questions.push(question);
            }
        }
        let mut args = json!({
            "slug": self.slug(&draft.title),
            "title": draft.title.trim(),
            "body": draft.body_with(&questions, &locale),
            "visibility": "internal",
            "tags": draft.tags.iter().map(|tag| tag.trim()).filter(|tag| !tag.is_empty()).collect::<Vec<_>>(),
            "locale": locale,
        });
        if !draft.category.trim().is_empty() {
            args["category"] = json!(draft.category.trim());
        }
        let call = ToolCall { id: own_id(NAME, anchor), tool: ADD.to_owned(), args };
        ProposedCall { call, confidence: self.confidence(draft) }
    }

    /// How much of the draft the house's own messages say.
    fn confidence(&self, draft: &Draft) -> Confidence {
        let read = self.read();
        let subject = self.journal.input.ticket.as_ref().map_or("", |ticket| ticket.subject.as_str());
        let mut sources: Vec<Source<'_>> = read
            .iter()
            .map(|(from_customer, text)| Source {
                kind: if *from_customer { SourceKind::Said } else { SourceKind::Passage },
                label: "",
                text,
            })
            .collect();
        sources.push(Source { kind: SourceKind::Said, label: self.view.workspace_name, text: subject });
        let grounding = self.grounds.ground(&Statement { text: &draft.body, sources: &sources });
        Confidence::of(&Evidence {
            reply: &draft.body,
            grounding: &grounding,
            coverage: None,
            answerable: None,
            stated: None,
        })
    }

    /// The case for a draft that waits, made again from what was known when it was proposed.
    fn waiting(&self, open: &Open<'_>) -> ProposedCall {
        let anchored = match open.origin {
            Origin::Agent { anchor } => self.journal.model(anchor),
            Origin::Model => None,
        };
        let draft = anchored.and_then(|(_, response)| Draft::parse(response.text.as_deref()?).ok());
        let confidence = draft.map_or_else(
            || {
                let detail = "the model's draft behind this article is not in the journal".to_owned();
                Confidence::by_rule(0.0, vec![Reason { name: "origin".to_owned(), score: 0.0, detail }])
            },
            |draft| self.confidence(&draft),
        );
        ProposedCall { call: open.call.clone(), confidence }
    }

    /// The draft's language or, where that was not told, the customer's, as a tag that a document may have.
    fn locale(&self, draft: &Draft) -> String {
        let customers = self.journal.input.customer.as_ref().map_or("", |customer| customer.locale.trim());
        let tag = [draft.language.trim(), customers].into_iter().find(|tag| is_language_tag(tag));
        tag.unwrap_or(DEFAULT_LOCALE).to_owned()
    }

    fn slug(&self, title: &str) -> String {
        let mut slug = String::new();
        for c in title.chars().flat_map(char::to_lowercase) {
            if c.is_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
            if slug.chars().count() >= MAX_SLUG {
                break;
            }
        }
        match slug.trim_end_matches('-') {
            "" => {
                let number = self.journal.input.ticket.as_ref().map_or(0, |ticket| ticket.number);
                format!("article-{number}")
            }
            slug => slug.to_owned(),
        }
    }
}

/// Whether the house answers with it. What an agent says when it hands over rests on nothing and was
/// written by no model.
fn answers(message: &Message) -> bool {
    match &message.author {
        Actor::User { .. } | Actor::ApiKey { .. } => true,
        Actor::Agent { .. } => message.model.is_some() || !message.sources.is_empty(),
        Actor::Customer { .. } | Actor::System => false,
    }
}

fn repair(why: &str) -> Result<ModelMessage, PromptError> {
    let why = cut(why, 1_000);
    Ok(ModelMessage::User { text: prompts::repair(Repair { why: Untrusted(&why) })?.text })
}

fn nothing(reason: &str) -> Next {
    Next::End(Outcome::Nothing { reason: cut(reason, 600) })
}
