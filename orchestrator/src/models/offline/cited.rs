//! Answers one question sentence by sentence, each with the passage it was taken from.

use agents::cited::{CitedAnswer, CitedSentence};
use domain::model::ModelRequest;

use super::{analysis::as_spelt, answer::Reading};

/// The words of the passages, or what they lack.
pub fn cited(request: &ModelRequest) -> CitedAnswer {
    let passages = &request.facts.passages;
    let mut asked = request.facts.conversation.iter().rev().filter(|turn| turn.from_customer);
    let question = asked.next().map_or("", |turn| turn.text.as_str());
    let context = asked.next().map_or("", |turn| turn.text.as_str());
    match Reading::of(passages).answer(question, context) {
        Ok(found) => {
            let sentences = found.pieces.iter().filter_map(|piece| {
                let passage = passages.get(piece.passage)?;
                let citations = vec![passage.chunk_id.to_string()];
                Some(CitedSentence { text: piece.wording().join("\n"), citations })
            });
            CitedAnswer { sentences: sentences.collect(), missing: String::new() }
        }
        Err(missing) => {
            let missing = as_spelt(question, &missing.words).join(", ");
            CitedAnswer { sentences: Vec::new(), missing }
        }
    }
}
