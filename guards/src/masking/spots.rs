//! Findings as places of a text that are treated: in order, apart, on the borders of characters.

use std::ops::Range;

use crate::pii::{Finding, Kind};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    pub span: Range<usize>,
    pub kind: Kind,
}

/// The spots of findings from wherever. Those that overlap become one, of the longest one's kind, so
/// that no part of any stays.
pub(crate) fn spots(text: &str, findings: &[Finding]) -> Vec<Spot> {
    let whole = |span: &Range<usize>| {
        let end = text.ceil_char_boundary(span.end.min(text.len()));
        text.floor_char_boundary(span.start.min(end))..end
    };
    join(findings.iter().map(|finding| Spot { span: whole(&finding.span), kind: finding.kind }).collect())
}

pub(crate) fn join(mut all: Vec<Spot>) -> Vec<Spot> {
    all.retain(|spot| !spot.span.is_empty());
    all.sort_by_key(|spot| (spot.span.start, std::cmp::Reverse(spot.span.end), spot.kind));
    let mut joined: Vec<Spot> = Vec::with_capacity(all.len());
    // The length of the one that gave the last its kind.
    let mut longest = 0;
    for spot in all {
        match joined.last_mut() {
            Some(last) if spot.span.start < last.span.end => {
                if spot.span.len() > longest {
                    longest = spot.span.len();
                    last.kind = spot.kind;
                }
                last.span.end = last.span.end.max(spot.span.end);
            }
            _ => {
                longest = spot.span.len();
                joined.push(spot);
            }
        }
    }
    joined
}
