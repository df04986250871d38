//! Check digits, by the rules their issuers publish. Each takes ASCII digits only and says no to
//! anything else.

fn digits(text: &[u8]) -> Option<impl DoubleEndedIterator<Item = u32> + ExactSizeIterator> {
    text.iter().all(u8::is_ascii_digit).then(|| text.iter().map(|digit| u32::from(digit - b'0')))
}

/// ISO/IEC 7812: payment cards.
pub(crate) fn luhn(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else { return false };
    let sum: u32 = digits
        .rev()
        .enumerate()
        .map(|(place, digit)| match digit * 2 {
            double if place % 2 == 1 && double > 9 => double - 9,
            double if place % 2 == 1 => double,
            _ => digit,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Verhoeff's scheme over the dihedral group of ten: Aadhaar.
pub(crate) fn verhoeff(number: &[u8]) -> bool {
    /// Products of the group are computed: rotations are 0-4, reflections 5-9.
    fn product(a: u32, b: u32) -> u32 {
        match (a < 5, b < 5) {
            (true, true) => (a + b) % 5,
            (true, false) => 5 + (a + b - 5) % 5,
            (false, true) => 5 + (a - 5 + 5 - b) % 5,
            (false, false) => (a + 5 - b) % 5,
        }
    }
    const STEP: [u32; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let Some(digits) = digits(number) else { return false };
    digits.rev().enumerate().fold(0, |sum, (place, digit)| {
        product(sum, (0..place % 8).fold(digit, |digit, _| STEP[digit as usize]))
    }) == 0
}

/// ISO 7064 MOD 11,10: the German tax id.
pub(crate) fn mod_11_10(number: &[u8]) -> bool {
    let Some(digits) = digits(number) else { return false };
    let last = digits.len().saturating_sub(1);
    let mut product = 10;
    for (place, digit) in digits.enumerate() {
        if place == last {
            return (11 - product) % 10 == digit;
        }
        let sum = (digit + product) % 10;
        product = (if sum == 0 { 10 } else { sum }) * 2 % 11;
    }
    false
}

/// The sum of digits times weights.
pub(crate) fn weighted(number: &[u8], weights: &[u32]) -> Option<u32> {
    Some(digits(number)?.zip(weights).map(|(digit, weight)| digit * weight).sum())
}

/// A number of at most 18 digits.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.len() > 18 {
        return None;
    }
    Some(digits(text)?.fold(0, |number, digit| number * 10 + u64::from(digit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_are_told_from_broken_ones() {
        assert!(luhn(b"4111111111111111") && !luhn(b"4111111111111112"));
        assert!(verhoeff(b"2363") && !verhoeff(b"2364"));
        assert!(mod_11_10(b"86095742719") && !mod_11_10(b"86095742718"));
        assert_eq!(number(b"0123"), Some(123));
    }

    #[test]
    fn verhoeff_sees_every_wrong_digit_and_every_swap_of_neighbours() {
        let base: Vec<u8> = b"23412341234".to_vec();
        let valid: Vec<Vec<u8>> = (b'0'..=b'9')
            .map(|last| [base.as_slice(), &[last]].concat())
            .filter(|number| verhoeff(number))
            .collect();
        assert_eq!(valid.len(), 1);
        let valid = &valid[0];
        for place in 0..valid.len() {
            for digit in b'0'..=b'9' {
                let mut wrong = valid.clone();
                wrong[place] = digit;
                assert_eq!(verhoeff(&wrong), wrong == *valid);
            }
            if place > 0 && valid[place] != valid[place - 1] {
                let mut swapped = valid.clone();
                swapped.swap(place, place - 1);
                assert!(!verhoeff(&swapped));
            }
        }
    }
}
