//! The beginning of a text, where there is no room for all of it.

/// The first `max` characters at most, with a mark where something was cut. Words stay whole, because what is left of
/// an address or a name that was cut is known to nobody who masks or redacts it; only a word that is longer than half
/// of the room is cut.
pub fn cut(text: &str, max: usize) -> String {
    let Some((end, next)) = text.char_indices().nth(max) else { return text.to_owned() };
    let head = &text[..end];
    let whole = match next.is_whitespace() {
        true => head,
        false => head
            .rfind(char::is_whitespace)
            .map(|at| &head[..at])
            .filter(|words| words.chars().count() >= max / 2)
            .unwrap_or(head),
    };
    format!("{}…", whole.trim_end())
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
