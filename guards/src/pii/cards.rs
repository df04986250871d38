//! Payment cards: the brand by its first digits (ISO/IEC 7812 ranges as the schemes publish them),
//! the length the brand has, and Luhn's check digit.

use super::{
    Kind, Validator, checksum,
    cues::{CARD, OTHER},
    numbers::{Shape, Slice},
    view::{Found, View},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Brand {
    Visa,
    Mastercard,
    Amex,
    Discover,
    Diners,
    Jcb,
    UnionPay,
    Maestro,
    Mir,
    RuPay,
}

const USUAL: &[&[u8]] = &[
    &[4, 4, 4, 4],
    &[4, 6, 5],
    &[4, 6, 4],
    &[4, 5, 6],
    &[4, 4, 4, 4, 3],
    &[4, 4, 4],
    &[4, 4, 5],
    &[4, 4, 4, 1],
    &[4, 4, 4, 2],
    &[4, 4, 4, 3],
    &[6, 13],
    &[8, 8],
];

/// The brand of a number of digits, if one has cards of this length that begin so.
pub(crate) fn brand(number: &[u8]) -> Option<Brand> {
    let first = |count: usize| checksum::number(number.get(..count)?);
    let (two, three, four, six) = (first(2)?, first(3)?, first(4)?, first(6)?);
    let length = number.len();
    Some(match (two, length) {
        (40..=49, 13 | 16 | 19) => Brand::Visa,
        (51..=55, 16) => Brand::Mastercard,
        (_, 16) if (2221..=2720).contains(&four) => Brand::Mastercard,
        (34 | 37, 15) => Brand::Amex,
        (_, 16) if (2200..=2204).contains(&four) => Brand::Mir,
        (_, 16..=19) if four == 6011 || (644..=649).contains(&three) || two == 65 => Brand::Discover,
        (_, 14..=19) if (300..=305).contains(&three) || three == 309 || matches!(two, 36 | 38 | 39) => {
            Brand::Diners
        }
        (35, 16..=19) => Brand::Jcb,
        // Older numbers of JCB.
        (_, 15) if four == 1800 || four == 2131 => Brand::Jcb,
        (_, 16) if four == 3088 || four == 3096 || four == 3112 || four == 3158 || four == 3337 => Brand::Jcb,
        (62, 16..=19) => Brand::UnionPay,
        (81 | 82, 16) | (60, 16) => Brand::RuPay,
        (_, 12..=19) if matches!(four, 5018 | 5020 | 5038 | 5893 | 6304 | 6759 | 6761..=6763) => {
            Brand::Maestro
        }
        (_, 12..=19) if matches!(four, 6390 | 6706 | 6709 | 6771) || six == 604_000 => Brand::Maestro,
        (50 | 56..=58 | 61 | 63 | 66..=69, 16) => Brand::Maestro,
        _ => return None,
    })
}

pub(crate) fn judge(view: &View, slice: &Slice, found: &mut Found) {
    let Some(brand) = brand(slice.code) else { return };
    if !checksum::luhn(slice.code) {
        return;
    }
    let likely = match (brand, slice.code.len()) {
        (Brand::Maestro, 16) => 0.55,
        (Brand::Maestro, _) => 0.5,
        (_, 13) => 0.6,
        (Brand::Diners, 15..=19) => 0.5,
        _ => 0.85,
    };
    let base = match slice.shape(USUAL) {
        Shape::Whole | Shape::Usual => likely,
        Shape::Scattered => likely - 0.15,
        Shape::Odd => likely - 0.4,
    };
    let weighed = view.weigh(&slice.span, base, CARD, OTHER);
    found.push(Kind::PaymentCard, slice.span.clone(), Validator::Checksum, weighed);
}
