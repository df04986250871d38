//! UUIDs as RFC 9562 writes them. The groups of one are hexadecimal digits: they may spell a given name
//! (`cade`, `ebba`) or pass for a card, and stand for neither.

use std::ops::Range;

use super::view::View;

/// How many hexadecimal digits each group has, with a hyphen between two.
const GROUPS: [usize; 5] = [8, 4, 4, 4, 12];

/// Where they are, in the order of the text.
pub(crate) fn find(view: &View) -> Vec<Range<usize>> {
    view.tokens
        .windows(GROUPS.len())
        .enumerate()
        .filter(|(first, groups)| {
            let hexadecimal = groups.iter().zip(GROUPS).all(|(group, length)| {
                group.len() == length && view.bytes(*group).iter().all(u8::is_ascii_hexdigit)
            });
            hexadecimal && (*first..first + GROUPS.len() - 1).all(|gap| view.gap(gap) == b"-")
        })
        .map(|(_, groups)| groups[0].start()..groups[GROUPS.len() - 1].end())
        .collect()
}

/// Whether a span is a part of one of them, and not all of it.
pub(crate) fn cut(uuids: &[Range<usize>], span: &Range<usize>) -> bool {
    let before = uuids.partition_point(|uuid| uuid.start <= span.start);
    before
        .checked_sub(1)
        .and_then(|at| uuids.get(at))
        .is_some_and(|uuid| span.end <= uuid.end && span != uuid)
}
