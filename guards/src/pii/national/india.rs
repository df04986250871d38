//! India: Aadhaar (UIDAI, check digit by Verhoeff) and PAN (income tax), which has none that is
//! published.

use crate::pii::{
    Kind, Validator, checksum,
    cues::{AADHAAR, OTHER, PAN},
    numbers::{Slice, by_shape, checked},
    view::{Found, View},
};

pub(crate) fn aadhaar(view: &View, slice: &Slice, found: &mut Found) {
    if matches!(slice.code[0], b'2'..=b'9') && checksum::verhoeff(slice.code) {
        let base = if slice.groups.len() == 1 { 0.45 } else { 0.55 };
        checked(view, slice, found, Kind::InAadhaar, base, &[&[4, 4, 4]], AADHAAR);
    }
}

/// Five letters, of which the fourth tells the kind of holder, four digits, one letter.
pub(crate) fn pan(view: &View, slice: &Slice, found: &mut Found) {
    let code = slice.code;
    let form = code[..5].iter().all(u8::is_ascii_uppercase)
        && b"ABCFGHLJPT".contains(&code[3])
        && code[5..9].iter().all(u8::is_ascii_digit)
        && code[9].is_ascii_uppercase();
    if form {
        let base = by_shape(if slice.small { 0.35 } else { 0.65 }, slice.shape(&[&[5, 4, 1]]));
        let weighed = view.weigh(&slice.span, base, PAN, OTHER);
        found.push(Kind::InPan, slice.span.clone(), Validator::Structure, weighed);
    }
}
