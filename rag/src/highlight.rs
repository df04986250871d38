//! Which words of a passage are the query's, for people who look at results.

use domain::knowledge::{Passage, Span};

use crate::{
    lexical::{Analyzer, Language},
    question::Reading,
};

/// The most spans of one passage.
const MAX_SPANS: usize = 200;

/// Marks the query's words in the passages' texts.
pub fn highlight(query: &str, passages: &mut [Passage]) {
    let query: String = query.chars().take(crate::MAX_QUERY_CHARS).collect();
    // Which language a passage is read in does not travel with it; a word that has the same stem in
    // any of them is the same word to a reader.
    let readings: Vec<Reading> =
        Language::KNOWN.iter().map(|language| Reading::new(&query, *language)).collect();
    for passage in passages {
        passage.highlights = spans(&readings, &passage.text);
    }
}

fn spans(readings: &[Reading], text: &str) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for reading in readings {
        Analyzer::new(reading.language).each(text, &mut |term| {
            if reading.terms.holds(crate::lexical::term_id(term.word)) {
                spans.push(Span { start: term.at.start, end: term.at.end });
            }
            spans.len() < MAX_SPANS * readings.len()
        });
    }
    spans.sort_unstable();
    spans.dedup();
    spans.truncate(MAX_SPANS);
    spans
}
