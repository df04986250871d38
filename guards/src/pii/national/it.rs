//! Italy: the codice fiscale, with its check letter and the letters that stand for digits where two
//! people would have the same code (omocodia).

use crate::pii::{
    Kind,
    cues::FISCALE,
    numbers::{Slice, checked},
    view::{Found, View},
};

/// What a sign in an odd place counts, by its digit or its letter's place in the alphabet.
const ODD: [u32; 26] =
    [1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23];

pub(crate) fn codice_fiscale(view: &View, slice: &Slice, found: &mut Found) {
    let code = slice.code;
    let form = code.iter().enumerate().all(|(place, sign)| match place {
        0..=5 | 11 | 15 => sign.is_ascii_uppercase(),
        8 => b"ABCDEHLMPRST".contains(sign),
        _ => sign.is_ascii_digit() || b"LMNPQRSTUV".contains(sign),
    });
    if !form {
        return;
    }
    let sum: u32 = code[..15]
        .iter()
        .enumerate()
        .map(|(place, sign)| {
            let value = if sign.is_ascii_digit() { sign - b'0' } else { sign - b'A' };
            if place % 2 == 0 { ODD[usize::from(value)] } else { u32::from(value) }
        })
        .sum();
    if b'A' + (sum % 26) as u8 == code[15] {
        let base = if slice.small { 0.8 } else { 0.9 };
        checked(view, slice, found, Kind::ItCodiceFiscale, base, &[&[6, 5, 5], &[3, 3, 5, 5]], FISCALE);
    }
}
