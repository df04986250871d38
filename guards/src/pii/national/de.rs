//! Germany: the tax id (Steuer-Identifikationsnummer). Of its first ten digits one stands there
//! twice or three times and every other at most once; the last is a check digit (ISO 7064).

use crate::pii::{
    Kind, checksum,
    cues::STEUER,
    numbers::{Slice, checked},
    view::{Found, View},
};

pub(crate) fn tax_id(view: &View, slice: &Slice, found: &mut Found) {
    if slice.code[0] == b'0' || !checksum::mod_11_10(slice.code) {
        return;
    }
    let mut counts = [0u8; 10];
    for digit in &slice.code[..10] {
        counts[usize::from(digit - b'0')] += 1;
    }
    let repeated = counts.iter().filter(|count| **count > 1).count();
    if repeated == 1 && counts.iter().all(|count| *count <= 3) {
        checked(view, slice, found, Kind::DeTaxId, 0.5, &[&[2, 3, 3, 3], &[3, 3, 3, 2]], STEUER);
    }
}
