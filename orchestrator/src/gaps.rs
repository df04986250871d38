//! Gaps of the knowledge base: what could not be answered, gathered by what it is about.

use std::collections::BTreeMap;

use domain::{
    Clock, GapId, GapQuestionId, Ids, RunId, TicketId,
    answerability::{Answerability, Answers as _, Course, Courses},
    gap::{Gap, GapCause, GapQuestion, GapStatus},
    knowledge::Passage,
    run::{CallOutcome, Step, StepBody},
    ticket::Message,
    user::Actor,
};
use guards::masking::Border;
use rag::{
    answerability::Trained,
    likeness::{ALIKE, joined, likeness, terms},
};
use serde::Deserialize as _;
use store::{StoreError, WorkspaceStore};

use crate::{asked, protections::Protections};

/// Gaps of each state that a question is compared with, those last asked about.
const COMPARED: i64 = 500;
/// Characters of a question that are kept.
const MAX_QUESTION: usize = 500;

/// A question that could not be answered.
#[derive(Clone, Debug)]
pub struct Unanswered {
    pub question: String,
    pub cause: GapCause,
    pub missing: Vec<String>,
    pub ticket_id: Option<TicketId>,
    pub run_id: Option<RunId>,
}

/// Puts a question into the gap it belongs to, or begins one: what of it asks, without greeting, thanks and
/// signature. None when that says nothing to gather it by, or when its run has asked before.
pub async fn record(
    store: &WorkspaceStore,
    protections: &Protections,
    clock: &dyn Clock,
    ids: &dyn Ids,
    unanswered: Unanswered,
) -> Result<Option<GapId>, StoreError> {
    // A gap is looked up by its words as a passage is, and its questions go into drafts of articles.
    let protector = protections.of(store.id());
    let question = asked::question(&protector.redact(Border::Index, unanswered.question.trim()));
    let words = terms(&question);
    if words.is_empty() {
        return Ok(None);
    }
    let now = clock.now();
    let question: String = question.chars().take(MAX_QUESTION).collect();
    let known = nearest(store, &words).await?;
    let id = known.unwrap_or_else(|| GapId::new(ids));
    let asked = GapQuestion {
        id: GapQuestionId::new(ids),
        gap_id: id,
        question: question.clone(),
        cause: unanswered.cause,
        missing: unanswered
            .missing
            .iter()
            .map(|word| protector.redact(Border::Index, word).into_owned())
            .collect(),
        ticket_id: unanswered.ticket_id,
        run_id: unanswered.run_id,
        at: now,
    };
    let added = match known {
        Some(_) => store.join_gap(asked, move |terms| joined(terms, &words)).await?,
        None => {
            let gap = Gap {
                id,
                status: GapStatus::Open,
                question,
                terms: words,
                questions: 1,
                document_slug: None,
                first_at: now,
                last_at: now,
            };
            store.add_gap_question(gap, asked).await?
        }
    };
    Ok(added.then_some(id))
}

/// The gap whose questions are most alike; of several equals the one that is open.
async fn nearest(store: &WorkspaceStore, words: &BTreeMap<String, i64>) -> Result<Option<GapId>, StoreError> {
    let mut best: Option<(f32, GapId)> = None;
    for status in GapStatus::ALL {
        for gap in store.gaps(status, COMPARED, None).await?.items {
            let alike = likeness(&gap.terms, words);
            if alike >= ALIKE && best.as_ref().is_none_or(|(most, _)| alike > *most) {
                best = Some((alike, gap.id));
            }
        }
    }
    Ok(best.map(|(_, gap)| gap))
}

/// What a run that gave its ticket to a person could not answer: its customer's last question, if
/// what its searches found does not hold the answer.
pub fn unanswered_in(steps: &[Step], courses: &Courses) -> Option<(String, Answerability)> {
    let mut question: Option<String> = None;
    let mut passages: Vec<Passage> = Vec::new();
    let mut searched = false;
    let asked = |messages: &[Message]| {
        let last = messages.iter().rfind(|message| matches!(message.author, Actor::Customer { .. }));
        last.map(|message| message.body.clone())
    };
    for step in steps {
        match &step.body {
            StepBody::Started { input } => question = asked(&input.messages),
            StepBody::Observed { messages, .. } => question = asked(messages).or(question),
            StepBody::Tool { call, outcome: CallOutcome::Ok { content }, .. }
                if call.tool == agents::dialogue::SEARCH =>
            {
                let found = content.get("passages").and_then(|found| Vec::<Passage>::deserialize(found).ok());
                let found = found.unwrap_or_default();
                if found.len() >= passages.len() {
                    passages = found;
                }
                searched = true;
            }
            _ => {}
        }
    }
    let question = question.filter(|question| searched && !question.trim().is_empty())?;
    let judged = Trained.assess(&question, "", &passages);
    (judged.course(courses) != Course::Answer).then_some((question, judged))
}

/// A draft of an article that answers a gap: what was asked, and places for a person's words.
pub fn draft(gap: &Gap, questions: &[GapQuestion]) -> String {
    let title: String = gap.question.trim().trim_end_matches(['?', '.', '!']).chars().take(120).collect();
    let mut shown: Vec<&str> = Vec::new();
    for asked in questions {
        let text = asked.question.trim();
        if !shown.contains(&text) && shown.len() < 10 {
            shown.push(text);
        }
    }
    let asked: Vec<String> =
        shown.iter().map(|text| format!("- {}", text.replace(['\n', '\r'], " "))).collect();
    let mut missing: Vec<&str> =
        questions.iter().flat_map(|asked| &asked.missing).map(String::as_str).collect();
    missing.sort_unstable();
    missing.dedup();
    let missing: Vec<&str> = missing.into_iter().take(12).collect();
    let title = title.replace(['\\', '"', '\n', '\r'], " ");
    format!(
        "---\ntitle: \"{title}\"\nvisibility: internal\ncategory: draft\ntags: [draft]\n---\n# {title}\n\n\
         TODO: answer in one or two sentences.\n\n## What customers asked\n\n{}\n\n## Details\n\n\
         TODO: conditions, prices, times, and what to do{}.\n\n## Before publishing\n\n\
         - Check every number with whoever owns it.\n- Set `visibility: public` and remove the questions above.\n",
        asked.join("\n"),
        if missing.is_empty() {
            String::new()
        } else {
            format!(" (nothing is said about: {})", missing.join(", "))
        },
    )
}
