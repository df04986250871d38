//! IBANs: country, the length and form of the country's account numbers, and MOD 97 (ISO 13616), as
//! `iban_validate` knows them.

use iban::Iban;

use super::{
    Kind, Validator,
    cues::BANK,
    numbers::{SLASH, Slice},
    view::{Found, View},
};

pub(crate) fn iban(view: &View, slice: &Slice, found: &mut Found) {
    let code = slice.code;
    let starts = code[..2].iter().all(u8::is_ascii_uppercase) && code[2..4].iter().all(u8::is_ascii_digit);
    if !starts || slice.gaps & SLASH != 0 {
        return;
    }
    let Ok(code) = std::str::from_utf8(code) else { return };
    if code.parse::<Iban>().is_ok() {
        let weighed = view.weigh(&slice.span, 0.9, BANK, 0);
        found.push(Kind::Iban, slice.span.clone(), Validator::Checksum, weighed);
    }
}
