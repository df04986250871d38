//! Numbers that only a label tells from other numbers: passports, driving licences, medical
//! records. Their forms differ by country and mean nothing alone.

use super::{
    Kind, Validator,
    cues::{Cue, LICENCE, MRN, PASSPORT},
    secrets::value_after,
    view::{DIGIT, FOREIGN, Found, LOWER_CASE, UPPER, View},
};

struct Form {
    cue: u64,
    kind: Kind,
    lengths: std::ops::RangeInclusive<usize>,
    /// How many digits it has at least.
    digits: usize,
}

const FORMS: [Form; 3] = [
    Form { cue: PASSPORT, kind: Kind::Passport, lengths: 6..=12, digits: 5 },
    Form { cue: LICENCE, kind: Kind::DrivingLicence, lengths: 5..=19, digits: 4 },
    Form { cue: MRN, kind: Kind::MedicalRecordNumber, lengths: 5..=14, digits: 4 },
];

pub(crate) fn find(view: &View, found: &mut Found) {
    for cue in view.cues.iter().filter(|cue| cue.sorts & (PASSPORT | LICENCE | MRN) != 0) {
        for form in FORMS.iter().filter(|form| cue.sorts & form.cue != 0) {
            if let Some(span) = value(view, cue, form) {
                found.labelled(form.kind, span, Validator::Context, 0.75, cue);
            }
        }
    }
}

/// The first code after a label, over a few small words, with dashes and single spaces inside.
fn value(view: &View, cue: &Cue, form: &Form) -> Option<std::ops::Range<usize>> {
    let (start, signed) = value_after(view, cue.end as usize)?;
    let first = view.token_from(start);
    let mut at = first;
    // A few words may stand between: `passport issued in France, number …`.
    while at < view.tokens.len() && !(view.tokens[at].has_digit() || is_head(view, at)) {
        if at - first >= 4 || view.tokens[at].start() > cue.end as usize + 40 || view.gap(at).contains(&b'.')
        {
            return None;
        }
        at += 1;
    }
    let mut length = 0;
    let mut digits = 0;
    let begin = at;
    let mut end = None;
    while at < view.tokens.len() && at - begin < 8 {
        let token = view.tokens[at];
        let letters_only = token.has & DIGIT == 0;
        if token.has & FOREIGN != 0
            || (letters_only && (token.has & LOWER_CASE != 0 && !signed || token.len() > 5))
        {
            break;
        }
        if letters_only && token.has != UPPER {
            break;
        }
        length += token.len();
        digits += view.bytes(token).iter().filter(|byte| byte.is_ascii_digit()).count();
        if length > *form.lengths.end() {
            break;
        }
        if form.lengths.contains(&length) && digits >= form.digits {
            end = Some(token.end());
        }
        let gap = view.gap(at);
        if !matches!(gap, b"-" | b" " | b"/") {
            break;
        }
        at += 1;
    }
    let start = view.tokens.get(begin)?.start();
    end.filter(|_| start <= cue.end as usize + 60).map(|end| start..end)
}

/// Letters in capitals with digits behind: `MRN AB 123456`.
fn is_head(view: &View, at: usize) -> bool {
    let token = view.tokens[at];
    token.has == UPPER && token.len() <= 3 && view.tokens.get(at + 1).is_some_and(|next| next.has_digit())
}
