//! Spain: DNI and NIE, whose last letter is the number modulo 23.

use crate::pii::{
    Kind, checksum,
    cues::DNI,
    numbers::{Slice, checked},
    view::{Found, View},
};

const LETTERS: &[u8; 23] = b"TRWAGMYFPDXBNJZSQVHLCKE";

pub(crate) fn judge(view: &View, slice: &Slice, found: &mut Found) {
    let mut number: [u8; 8] = match slice.code[..8].try_into() {
        Ok(number) => number,
        Err(_) => return,
    };
    let foreigner = matches!(number[0], b'X' | b'Y' | b'Z');
    if foreigner {
        number[0] = number[0] - b'X' + b'0';
    }
    let Some(number) = checksum::number(&number) else { return };
    if LETTERS[(number % 23) as usize] != slice.code[8] {
        return;
    }
    let (kind, base) = if foreigner { (Kind::EsNie, 0.75) } else { (Kind::EsDni, 0.65) };
    let base = if slice.small { base - 0.15 } else { base };
    checked(view, slice, found, kind, base, &[&[8, 1], &[2, 3, 3, 1], &[2, 3, 4], &[1, 7, 1], &[1, 8]], DNI);
}
