//! United Kingdom: national insurance numbers (HMRC's NIM39110), NHS numbers (check digit modulo
//! 11), and the driver number of a DVLA licence.

use crate::pii::{
    Kind, Validator, checksum,
    cues::{LICENCE, NHS, NINO, OTHER},
    numbers::{Slice, by_shape, checked},
    view::{Found, View},
};

/// Two letters, six digits, one letter.
pub(crate) fn nino(view: &View, slice: &Slice, found: &mut Found) {
    let code = slice.code;
    let form = code[2..8].iter().all(u8::is_ascii_digit)
        && matches!(code[8], b'A'..=b'D')
        && code[..2].iter().all(u8::is_ascii_uppercase)
        && !code[..2].iter().any(|letter| b"DFIQUV".contains(letter))
        && code[1] != b'O'
        && ![b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].iter().any(|prefix| code[..2] == prefix[..]);
    if form {
        let usual = slice.shape(&[&[2, 2, 2, 2, 1], &[2, 6, 1], &[3, 2, 2, 2], &[2, 7], &[8, 1]]);
        let base = by_shape(if slice.small { 0.45 } else { 0.7 }, usual);
        let weighed = view.weigh(&slice.span, base, NINO, OTHER);
        found.push(Kind::UkNino, slice.span.clone(), Validator::Structure, weighed);
    }
}

pub(crate) fn nhs(view: &View, slice: &Slice, found: &mut Found) {
    let Some(sum) = checksum::weighted(&slice.code[..9], &[10, 9, 8, 7, 6, 5, 4, 3, 2]) else { return };
    let check = (11 - sum % 11) % 11;
    // Ten is no digit, and such numbers are not given.
    if check != 10 && u32::from(slice.code[9] - b'0') == check && slice.code[0] != b'0' {
        let base = if slice.groups.len() == 1 { 0.25 } else { 0.4 };
        checked(view, slice, found, Kind::UkNhs, base, &[&[3, 3, 4]], NHS);
    }
}

/// Five letters of the name filled up with nines, the date of birth with its first digit apart,
/// two initials, and three more.
pub(crate) fn driving_licence(view: &View, slice: &Slice, found: &mut Found) {
    let code = slice.code;
    let name = code[..5].iter().position(|byte| *byte == b'9').unwrap_or(5);
    let month = (code[6] - b'0').wrapping_mul(10).wrapping_add(code[7].wrapping_sub(b'0'));
    let day = code[8].wrapping_sub(b'0').wrapping_mul(10).wrapping_add(code[9].wrapping_sub(b'0'));
    let form = name > 0
        && code[..name].iter().all(u8::is_ascii_uppercase)
        && code[name..5].iter().all(|byte| *byte == b'9')
        && code[5..11].iter().all(u8::is_ascii_digit)
        && (matches!(month, 1..=12) || matches!(month, 51..=62))
        && (1..=31).contains(&day)
        && code[11].is_ascii_uppercase()
        && (code[12].is_ascii_uppercase() || code[12] == b'9')
        && code[14..].iter().all(u8::is_ascii_uppercase);
    if form {
        let base = by_shape(0.75, slice.shape(&[&[5, 6, 5], &[5, 6, 2, 3]]));
        let weighed = view.weigh(&slice.span, base, LICENCE, OTHER);
        found.push(Kind::DrivingLicence, slice.span.clone(), Validator::Structure, weighed);
    }
}
