//! Australia: tax file numbers (weighted sum modulo 11) and Medicare cards (check digit modulo 10,
//! then the card's issue and the person's place on it).

use crate::pii::{
    Kind, checksum,
    cues::{MEDICARE, TFN},
    numbers::{Slice, checked},
    view::{Found, View},
};

pub(crate) fn tfn(view: &View, slice: &Slice, found: &mut Found) {
    let sum = checksum::weighted(slice.code, &[1, 4, 3, 7, 5, 8, 6, 9, 10]);
    if sum.is_some_and(|sum| sum > 0 && sum.is_multiple_of(11)) {
        let base = if slice.groups.len() == 1 { 0.2 } else { 0.35 };
        checked(view, slice, found, Kind::AuTfn, base, &[&[3, 3, 3]], TFN);
    }
}

pub(crate) fn medicare(view: &View, slice: &Slice, found: &mut Found) {
    let Some(sum) = checksum::weighted(&slice.code[..8], &[1, 3, 7, 9, 1, 3, 7, 9]) else { return };
    let given = matches!(slice.code[0], b'2'..=b'6') && slice.code[9] != b'0';
    if given && sum % 10 == u32::from(slice.code[8] - b'0') {
        let base = if slice.groups.len() == 1 { 0.25 } else { 0.55 };
        checked(
            view,
            slice,
            found,
            Kind::AuMedicare,
            base,
            &[&[4, 5, 1], &[4, 5, 2], &[4, 5, 1, 1]],
            MEDICARE,
        );
    }
}
