//! What a proposed reply stands on, for the person who decides on it: which sentence of which source carries
//! which of its own. The same check that scored the reply, asked once more; nothing is decided by it.

use domain::{
    grounding::{
        Carrier, FindingKind, Footing, FootingSource, Grounds, Judged, SecondOpinion, SentenceKind,
        SentenceSupport, Source, SourceKind, Span, Statement,
    },
    knowledge::{Citation, Passage},
};

use crate::answer::{Findings, Kind, sources};

/// `reply` is what kind of answer it is and its text, `cited` what it cites, `opinions` what others said of what
/// was in doubt.
pub(crate) fn footing(
    (kind, text): (Kind, &str),
    cited: &[Citation],
    findings: &Findings<'_>,
    grounds: &dyn Grounds,
    opinions: &[SecondOpinion],
) -> Footing {
    let found = |citation: &Citation| findings.passages.iter().find(|p| p.chunk_id == citation.chunk_id);
    let cited: Vec<&Passage> = cited.iter().filter_map(found).collect();
    let labels: Vec<String> = findings.passages.iter().map(Passage::label).collect();
    let sources = sources(kind, &cited, findings, &labels);
    let mut grounding = grounds.ground(&Statement { text, sources: &sources });
    grounding.hear(text, opinions);
    let mut footing = Footing {
        sentences: Vec::with_capacity(grounding.sentences.len()),
        sources: cited.iter().map(|passage| FootingSource::Passage(Box::new((*passage).clone()))).collect(),
    };
    // For each source that is no cited passage, its place among those of the footing.
    let mut places: Vec<Option<usize>> =
        (0..sources.len()).map(|at| (at < cited.len()).then_some(at)).collect();
    for mut sentence in grounding.sentences {
        let carrier = carrier(&sentence, text, &sources, opinions);
        sentence.carrier = carrier.and_then(|carrier| {
            let place = match places[carrier.source] {
                Some(place) => place,
                None => {
                    footing.sources.push(told(
                        &sources[carrier.source],
                        carrier.source,
                        cited.len(),
                        findings,
                    )?);
                    footing.sources.len() - 1
                }
            };
            places[carrier.source] = Some(place);
            Some(Carrier { source: place, span: carrier.span })
        });
        footing.sentences.push(sentence);
    }
    footing
}

/// A source that is no cited passage. Records come right behind those.
fn told(source: &Source<'_>, at: usize, cited: usize, findings: &Findings<'_>) -> Option<FootingSource> {
    let text = source.text.to_owned();
    match source.kind {
        SourceKind::Said | SourceKind::Passage => None,
        SourceKind::Record if at < cited + findings.records.len() => {
            Some(FootingSource::Record { tool: source.label.to_owned(), text })
        }
        SourceKind::Record => Some(FootingSource::Procedure { text }),
    }
}

/// Where a reader finds what carries the sentence, or denies it; nowhere for one that claims nothing or that
/// nothing carries.
fn carrier(
    sentence: &SentenceSupport,
    text: &str,
    sources: &[Source<'_>],
    opinions: &[SecondOpinion],
) -> Option<Carrier> {
    if !sentence.kind.needs_support() {
        return None;
    }
    let denied = sentence.findings.iter().any(|finding| finding.kind == FindingKind::Contradiction);
    if !denied && !sentence.is_supported() {
        return None;
    }
    let said = sentence.span.of(text).trim();
    let quoted = opinions.iter().find(|opinion| opinion.sentence == said).and_then(|opinion| {
        let read = opinion.read.as_ref().filter(|read| read.judged != Judged::NotFound);
        let alike = || opinion.alike.as_ref().map(|alike| alike.quote.as_str());
        read.map(|read| read.quote.as_str()).or_else(alike)
    });
    // What a second look went by comes before what has most words in common.
    let by_quote = quoted.filter(|quote| !quote.trim().is_empty()).and_then(|quote| {
        sources.iter().enumerate().filter(|(_, source)| source.kind != SourceKind::Said).find_map(
            |(at, source)| {
                let start = source.text.find(quote)?;
                Some(Carrier { source: at, span: Span { start, end: start + quote.len() } })
            },
        )
    });
    // A deed is told of by records; a passage with its words says what is done, not that it was.
    let tells = |carrier: &Carrier| {
        sentence.kind != SentenceKind::Deed || sources[carrier.source].kind == SourceKind::Record
    };
    by_quote.or(sentence.carrier).filter(tells)
}
