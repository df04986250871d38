//! France: the NIR (numéro de sécurité sociale): sex, year and month of birth, place, number and a
//! key modulo 97. Corsica's departments 2A and 2B count as 19 and 18.

use crate::pii::{
    Kind, checksum,
    cues::NIR,
    numbers::{Slice, checked},
    view::{Found, View},
};

pub(crate) fn nir(view: &View, slice: &Slice, found: &mut Found) {
    let mut code: [u8; 15] = match slice.code.try_into() {
        Ok(code) => code,
        Err(_) => return,
    };
    match &code[5..7] {
        b"2A" => code[5..7].copy_from_slice(b"19"),
        b"2B" => code[5..7].copy_from_slice(b"18"),
        _ => {}
    }
    let (Some(number), Some(key), Some(month)) =
        (checksum::number(&code[..13]), checksum::number(&code[13..]), checksum::number(&code[3..5]))
    else {
        return;
    };
    let month_known = matches!(month, 1..=12 | 20 | 30..=42 | 50..=99);
    if matches!(code[0], b'1' | b'2' | b'3' | b'4' | b'7' | b'8') && month_known && 97 - number % 97 == key {
        let usual: &[&[u8]] = &[&[1, 2, 2, 2, 3, 3, 2], &[13, 2], &[1, 2, 2, 2, 3, 5]];
        checked(view, slice, found, Kind::FrNir, 0.7, usual, NIR);
    }
}
