//! The beginning of a text, where there is no room for all of it.

/// The first `max` characters at most, with a mark where something was cut. Words stay whole, because what is left of
/// an address or a name that was cut is known to nobody who masks or redacts it; only a word that is longer than half
/// of the room is cut. A word of JSON, which has no white space, begins at its quotation mark.
pub fn cut(text: &str, max: usize) -> String {
    match beginning(text, max) {
        Some(words) => format!("{words}…"),
        None => text.to_owned(),
    }
}

/// The same of a text as one line.
pub fn line(text: &str, max: usize) -> String {
    cut(&text.split_whitespace().collect::<Vec<_>>().join(" "), max)
}

/// What [`cut`] leaves of a text, without the mark; none where there is room for all of it.
pub fn beginning(text: &str, max: usize) -> Option<&str> {
    let ends = |c: char| c.is_whitespace() || c == '"';
    let (end, next) = text.char_indices().nth(max)?;
    let head = &text[..end];
    let whole = match ends(next) {
        true => head,
        false => head
            .rfind(ends)
            .map(|at| &head[..at])
            .filter(|words| words.chars().count() >= max / 2)
            .unwrap_or(head),
    };
    Some(whole.trim_end())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_stay_whole_where_there_is_room() {
        assert_eq!(cut("write to jane.roe@example.com today", 16), "write to…");
        assert_eq!(cut("one two three", 7), "one two…");
        assert_eq!(cut("one two", 7), "one two");
        assert_eq!(cut("äöüß", 2), "äö…");
        assert_eq!(cut("a incomprehensibilities", 10), "a incompre…");
        assert_eq!(
            cut(r#"{"order":"NF-10482","email":"jane.roe@example.com"}"#, 36),
            r#"{"order":"NF-10482","email":…"#
        );
    }

    #[test]
    fn a_line_has_one_space_between_words() {
        assert_eq!(line(" one\n\ttwo  three ", 7), "one two…");
        assert_eq!(line(" one\n two ", 7), "one two");
    }

    proptest! {
        #[test]
        fn what_is_left_is_how_the_text_begins(text in any::<String>(), max in 0_usize..60) {
            let short = cut(&text, max);
            let begins = short.strip_suffix('…').filter(|_| short != text).unwrap_or(&short);
            prop_assert!(text.starts_with(begins));
            prop_assert!(begins.chars().count() <= max || short == text);
        }
    }
}
