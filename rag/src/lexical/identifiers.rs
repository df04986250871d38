//! Names that machines gave: `ERR-4012`, `SKU 88-1`, `v2.3.1`, `#10428`, `jane@example.com`.
//!
//! Cut into words they mean little (`4012` alone is any number), so they are kept whole, in one
//! spelling: `ERR-4012`, `err_4012` and `ERR4012` are the same name.

/// Characters that hold the parts of an identifier together.
pub(super) fn joins(c: char) -> bool {
    matches!(c, '-' | '_' | '.' | '/' | '+' | '@' | ':')
}

/// Whether a run of letters, digits and [`joins`] is an identifier: an address, or something with a
/// digit that is more than a number.
pub(super) fn is_identifier(run: &str) -> bool {
    if is_address(run) {
        return true;
    }
    let digit = run.chars().any(|c| c.is_ascii_digit());
    let letter = run.chars().any(char::is_alphabetic);
    // `1.50` and `12:30` are numbers; `2.3.1` and `88-1` are names.
    let firm = run.contains(['-', '_', '/', '+']) || run.matches('.').count() > 1;
    digit && (letter || firm)
}

fn is_address(run: &str) -> bool {
    run.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && host.contains('.') && !host.contains('@'))
}

/// The one spelling of a folded identifier: parts joined by `-`, also where letters meet digits.
/// Dots stay, because `2.31` is not `2.3.1`.
pub(super) fn canonical(run: &str) -> String {
    if is_address(run) {
        return run.to_owned();
    }
    let mut name = String::with_capacity(run.len() + 2);
    let mut last: Option<char> = None;
    for c in run.chars() {
        let c = if joins(c) && c != '.' { '-' } else { c };
        let seam = last.is_some_and(|last| last.is_alphabetic() && c.is_ascii_digit());
        if seam {
            name.push('-');
        }
        if !(c == '-' && last == Some('-')) {
            name.push(c);
        }
        last = Some(c);
    }
    name
}

/// The letters and numbers an identifier is made of; lone letters are left out.
pub(super) fn parts(run: &str) -> impl Iterator<Item = &str> {
    run.split(|c: char| joins(c) && c != '.')
        .flat_map(
            |piece| if piece.chars().any(char::is_alphabetic) { split_dots(piece) } else { vec![piece] },
        )
        .filter(|part| part.chars().any(|c| c.is_ascii_digit()) || part.chars().nth(1).is_some())
}

/// `v2.3.1` is `v` and `2.3.1`; `shop.example` is two words.
fn split_dots(piece: &str) -> Vec<&str> {
    let first_digit = piece.find(|c: char| c.is_ascii_digit());
    match first_digit {
        Some(at) if piece[at..].chars().all(|c| c.is_ascii_digit() || c == '.') => {
            vec![piece[..at].trim_matches('.'), piece[at..].trim_matches('.')]
        }
        _ => piece.split('.').collect(),
    }
}

/// Whether a word may be the kind in `SKU 88-1` or `ERR 4012`: two to six capitals.
pub(super) fn names_a_kind(word: &str) -> bool {
    (2..=6).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_has_one_spelling() {
        for spelling in ["err-4012", "err_4012", "err4012", "err/4012"] {
            assert!(is_identifier(spelling));
            assert_eq!(canonical(spelling), "err-4012");
        }
        assert_ne!(canonical("v2.31"), canonical("v2.3.1"));
        assert_eq!(canonical("jane.doe@example.com"), "jane.doe@example.com");
    }

    #[test]
    fn plain_numbers_and_words_are_no_names() {
        for plain in ["1.50", "12:30", "42", "re-open", "e.g", "shop.example", "and/or"] {
            assert!(!is_identifier(plain), "{plain}");
        }
        for name in ["88-1", "2.3.1", "v2", "b2b", "jane@example.com", "ord-2024-001"] {
            assert!(is_identifier(name), "{name}");
        }
    }

    #[test]
    fn parts_are_the_letters_and_the_numbers() {
        assert_eq!(parts("v2.3.1").collect::<Vec<_>>(), ["2.3.1"]);
        assert_eq!(parts("nf-tnt-200").collect::<Vec<_>>(), ["nf", "tnt", "200"]);
        assert_eq!(parts("jane.doe@example.com").collect::<Vec<_>>(), ["jane", "doe", "example", "com"]);
    }
}
