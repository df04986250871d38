//! What a run reads that is about a ticket and does not hold it.

use domain::{
    run::{About, RunInput},
    ticket::Visibility,
};
use serde_json::{Value, json};

use super::session::{Halt, Session};

/// Questions of a gap that are read.
const QUESTIONS: i64 = 20;

impl Session {
    /// The ticket as it stands when the run begins; what comes later is another run's matter.
    pub(super) async fn input_about(&self, about: About) -> Result<RunInput, Halt> {
        let around = self.store.around_run(self.run.id, Some(about.ticket_id), 0).await?;
        let mut messages = around.messages;
        messages.retain(|message| message.visibility == Visibility::Public);
        let data = match about.gap_id {
            Some(gap) => {
                let questions = self.store.gap_questions(gap, QUESTIONS).await?;
                let asked: Vec<&str> = questions.iter().map(|asked| asked.question.as_str()).collect();
                json!({ agents::article::QUESTIONS: asked })
            }
            None => Value::Null,
        };
        Ok(RunInput {
            ticket: around.ticket,
            messages,
            reports: Vec::new(),
            heard: 0,
            customer: around.customer,
            contact: around.contacts.into_iter().next(),
            data,
        })
    }
}
