//! United States: social security numbers and individual taxpayer numbers. Neither has a check
//! digit; what numbers were never given is published by the SSA and the IRS.

use crate::pii::{
    Kind, Validator,
    cues::{ITIN, OTHER, PHONE, SSN},
    numbers::{DASH, Shape, Slice},
    view::{Found, View},
};

pub(crate) fn judge(view: &View, slice: &Slice, found: &mut Found) {
    let number = |range: std::ops::Range<usize>| {
        slice.code[range].iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    let (area, group, serial) = (number(0..3), number(3..5), number(5..9));
    if slice.code.iter().all(|digit| *digit == slice.code[0]) {
        return;
    }
    let taxpayer = area >= 900;
    let given = if taxpayer {
        matches!(group, 50..=65 | 70..=88 | 90..=92 | 94..=99)
    } else {
        area != 0 && area != 666 && group != 0 && serial != 0
    };
    if !given {
        return;
    }
    let base = match slice.shape(&[&[3, 2, 4]]) {
        Shape::Usual if slice.gaps & DASH != 0 => 0.65,
        Shape::Usual => 0.5,
        Shape::Whole => 0.2,
        Shape::Scattered => 0.2,
        Shape::Odd => 0.1,
    };
    let (kind, cue) = if taxpayer { (Kind::UsItin, ITIN | SSN) } else { (Kind::UsSsn, SSN) };
    let weighed = view.weigh(&slice.span, base, cue, OTHER | PHONE);
    found.push(kind, slice.span.clone(), Validator::Structure, weighed);
}
