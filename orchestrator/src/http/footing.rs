//! What a proposed text rests on, as its reviewer is shown it: each sentence with the place that carries it, and
//! each source with those places marked.

use std::ops::Range;

use domain::{
    DocumentId,
    approval::Approval,
    grounding::{FindingKind, Footing, FootingSource, SentenceSupport},
    knowledge::Span,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Bytes of a source that is no passage; records may be long.
const MAX_RECORD: usize = 4_000;

/// What the proposed text rests on.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FootingView {
    /// The sentences of `approval.preview.body`, in order. What lies between them is white space.
    pub sentences: Vec<FootingSentence>,
    /// What the text cites, and what else carries it.
    pub sources: Vec<FootingPart>,
}

/// A sentence of the proposed text.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FootingSentence {
    /// In characters (Unicode code points) of the text.
    pub start: usize,
    /// The first character behind it.
    pub end: usize,
    pub stands: Stands,
    /// What carries or denies it; null when there is nothing to show.
    pub at: Option<FootingPlace>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Stands {
    /// A source says it.
    Carried,
    /// Nothing that it may rest on says enough of it.
    Uncarried,
    /// It holds a number, date, name or code that no source has.
    Stray,
    /// Its source says the opposite.
    Denied,
    /// It asks, greets or offers, and claims nothing.
    ClaimsNothing,
}

/// A marked place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FootingPlace {
    /// Its place among `sources`, from 0.
    pub source: usize,
    /// Its place among the `pieces` of that, from 0.
    pub piece: usize,
}

/// A source, cut where marks begin and end.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FootingPart {
    pub kind: FootingKind,
    /// A document's title, or a tool's name; empty for what people or other services said.
    pub title: String,
    /// For a passage: the document and version it stands in.
    pub document_id: Option<DocumentId>,
    pub document_version: Option<i64>,
    /// For a passage: its number among the citations of the text, from 1, as its marks such as `[1]` have it.
    pub number: Option<usize>,
    pub pieces: Vec<FootingPiece>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FootingKind {
    /// A piece of a document.
    Passage,
    /// What came of a call, or what a colleague or another service said.
    Record,
    /// The workspace's own words for such a case.
    Procedure,
}

/// A piece of a source.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FootingPiece {
    pub text: String,
    /// The sentences of the proposed text that rest on it, or that it denies, by their place from 0; empty for what
    /// lies between.
    pub sentences: Vec<usize>,
    /// Where it stands in the document's text of that version, in bytes; null where that is not known.
    pub span: Option<Span>,
}

impl FootingView {
    /// None when the approval has no text.
    pub fn of(footing: &Footing, approval: &Approval) -> Option<Self> {
        let text = approval.preview.body.as_deref()?;
        let said = said(text, &footing.sentences);
        let cut = |(at, source)| Cut::of(source, said.iter().map(|(_, sentence)| place_in(sentence, at)));
        let sources: Vec<Cut> = footing.sources.iter().enumerate().map(cut).collect();
        let (mut byte, mut character) = (0, 0);
        let mut characters = |to: usize| {
            character += text[byte..to].chars().count();
            byte = to;
            character
        };
        let sentences = said
            .iter()
            .enumerate()
            .map(|(number, (span, sentence))| {
                let at = sentence.carrier.and_then(|carrier| {
                    let pieces = &sources.get(carrier.source)?.marks;
                    let piece = pieces.iter().position(|sentences| sentences.contains(&number))?;
                    Some(FootingPlace { source: carrier.source, piece })
                });
                FootingSentence {
                    start: characters(span.start),
                    end: characters(span.end),
                    stands: stands(sentence),
                    at,
                }
            })
            .collect();
        let numbered = |source: &FootingSource| match source {
            FootingSource::Passage(passage) => {
                let at = approval.evidence.iter().position(|citation| citation.chunk_id == passage.chunk_id);
                at.map(|at| at + 1)
            }
            _ => None,
        };
        let sources = footing.sources.iter().zip(sources);
        let sources = sources.map(|(source, cut)| cut.shown(source, numbered(source))).collect();
        Some(Self { sentences, sources })
    }
}

/// The sentences that say something, each where it stands without white space. Marks such as `[1]` behind a full
/// stop are read as the next sentence's beginning, and belong to the one before.
fn said<'s>(text: &str, sentences: &'s [SentenceSupport]) -> Vec<(Range<usize>, &'s SentenceSupport)> {
    let mut said: Vec<(Range<usize>, &SentenceSupport)> = Vec::with_capacity(sentences.len());
    for sentence in sentences {
        let body = sentence.span.of(text);
        let mut start = sentence.span.start + (body.len() - body.trim_start().len());
        let end = sentence.span.start + body.trim_end().len();
        if let Some((before, _)) = said.last_mut() {
            while let Some(length) = text.get(start..end).and_then(mark) {
                before.end = start + length;
                let rest = &text[before.end..end.max(before.end)];
                start = before.end + (rest.len() - rest.trim_start().len());
            }
        }
        if start < end {
            said.push((start..end, sentence));
        }
    }
    said
}

/// Bytes of the mark that a text begins with.
fn mark(text: &str) -> Option<usize> {
    let (number, _) = text.strip_prefix('[')?.split_once(']')?;
    let is_mark = (1..=2).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit());
    is_mark.then_some(number.len() + 2)
}

fn stands(sentence: &SentenceSupport) -> Stands {
    let has = |denied: bool| {
        sentence.findings.iter().any(|finding| match finding.kind {
            FindingKind::Contradiction => denied,
            kind => !denied && kind.stops(),
        })
    };
    if has(true) {
        Stands::Denied
    } else if has(false) {
        Stands::Stray
    } else if !sentence.kind.needs_support() {
        Stands::ClaimsNothing
    } else if sentence.is_supported() {
        Stands::Carried
    } else {
        Stands::Uncarried
    }
}

/// Where a sentence rests in one source.
fn place_in(sentence: &SentenceSupport, source: usize) -> Option<Range<usize>> {
    let carrier = sentence.carrier.filter(|carrier| carrier.source == source)?;
    Some(carrier.span.start..carrier.span.end)
}

/// A source's text in pieces, each with the numbers of the sentences that rest on it.
struct Cut {
    pieces: Vec<Range<usize>>,
    marks: Vec<Vec<usize>>,
}

impl Cut {
    /// `places`: for each sentence, where it rests in this source. Places that overlap become one.
    fn of(source: &FootingSource, places: impl Iterator<Item = Option<Range<usize>>>) -> Self {
        let text = text_of(source);
        let mut marked: Vec<(Range<usize>, Vec<usize>)> = Vec::new();
        let mut placed: Vec<(Range<usize>, usize)> = places
            .enumerate()
            .filter_map(|(number, place)| {
                let place = place?;
                let place = place.start.min(text.len())..place.end.min(text.len());
                (text.get(place.clone()).is_some() && !place.is_empty()).then_some((place, number))
            })
            .collect();
        placed.sort_by_key(|(place, number)| (place.start, *number));
        for (place, number) in placed {
            match marked.last_mut() {
                Some((last, numbers)) if place.start < last.end => {
                    last.end = last.end.max(place.end);
                    numbers.push(number);
                }
                _ => marked.push((place, vec![number])),
            }
        }
        let mut cut = Self { pieces: Vec::new(), marks: Vec::new() };
        let mut from = 0;
        for (place, mut numbers) in marked {
            if from < place.start {
                cut.push(from..place.start, Vec::new());
            }
            from = place.end;
            numbers.sort_unstable();
            cut.push(place, numbers);
        }
        if from < text.len() {
            cut.push(from..text.len(), Vec::new());
        }
        cut
    }

    fn push(&mut self, piece: Range<usize>, sentences: Vec<usize>) {
        self.pieces.push(piece);
        self.marks.push(sentences);
    }

    fn shown(self, source: &FootingSource, number: Option<usize>) -> FootingPart {
        let text = text_of(source);
        let place = |piece: &Range<usize>| match source {
            FootingSource::Passage(passage) => passage.place(Span { start: piece.start, end: piece.end }),
            _ => None,
        };
        let pieces = self
            .pieces
            .iter()
            .zip(self.marks)
            .map(|(piece, sentences)| FootingPiece {
                text: text[piece.clone()].to_owned(),
                sentences,
                span: place(piece),
            })
            .collect();
        let part = |kind, title: &str| FootingPart {
            kind,
            title: title.to_owned(),
            document_id: None,
            document_version: None,
            number,
            pieces,
        };
        match source {
            FootingSource::Passage(passage) => FootingPart {
                document_id: Some(passage.document_id),
                document_version: Some(passage.document_version),
                ..part(FootingKind::Passage, &passage.label())
            },
            FootingSource::Record { tool, .. } => part(FootingKind::Record, tool),
            FootingSource::Procedure { .. } => part(FootingKind::Procedure, ""),
        }
    }
}

fn text_of(source: &FootingSource) -> &str {
    let text = source.text();
    let mut end = match source {
        FootingSource::Passage(_) => text.len(),
        _ => text.len().min(MAX_RECORD),
    };
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_that_overlap_are_marked_once_and_the_rest_stays_in_order() {
        let source = FootingSource::Record { tool: "t".to_owned(), text: "One. Two. Drei Ä.".to_owned() };
        let places = [Some(5..9), None, Some(5..9), Some(0..4), Some(7..12), Some(3..3), Some(90..99)];
        let cut = Cut::of(&source, places.into_iter());
        let part = cut.shown(&source, None);
        let shown: Vec<(&str, &[usize])> =
            part.pieces.iter().map(|piece| (piece.text.as_str(), piece.sentences.as_slice())).collect();
        assert_eq!(shown, [("One.", [3].as_slice()), (" ", &[]), ("Two. Dr", &[0, 2, 4]), ("ei Ä.", &[])]);
    }

    #[test]
    fn marks_belong_to_the_sentence_before_them() {
        use domain::grounding::SentenceKind;
        let text = "A. [1] B [x]. [2][3]\n[see] C. [4]";
        let sentence = |start: usize, end: usize| SentenceSupport {
            span: Span { start, end },
            kind: SentenceKind::Claim,
            score: 1.0,
            carrier: None,
            findings: Vec::new(),
        };
        let sentences = [sentence(0, 3), sentence(3, 14), sentence(14, 30), sentence(30, text.len())];
        let shown: Vec<&str> = said(text, &sentences).into_iter().map(|(span, _)| &text[span]).collect();
        assert_eq!(shown, ["A. [1]", "B [x]. [2][3]", "[see] C. [4]"]);
        assert!(said("[1]", &[sentence(0, 3)]).len() == 1, "there is none before it");
    }

    #[test]
    fn a_long_record_is_cut_at_a_character() {
        let source =
            FootingSource::Record { tool: String::new(), text: format!("x{}", "ä".repeat(MAX_RECORD)) };
        assert_eq!(text_of(&source).len(), MAX_RECORD - 1);
    }
}
