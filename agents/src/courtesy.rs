//! Whether a customer says thanks and asks for nothing, and whether a reply is the answer to that:
//! the one reply that needs no source.

/// At most 25 words, one of them of thanks, and nothing that asks or objects.
pub fn thanks(text: &str) -> bool {
    #[rustfmt::skip]
    const THANKS: &[&str] = &[
        "thanks", "thank", "thx", "ty", "cheers", "great", "perfect", "super", "ok", "okay", "danke", "merci",
        "bedankt", "gracias", "brilliant", "awesome", "lovely", "wonderful", "excellent", "fantastic",
    ];
    #[rustfmt::skip]
    const MORE: &[&str] = &[
        "but", "please", "still", "not", "no", "don", "can", "could", "would", "want", "need", "how", "when", "where",
        "why", "what", "which", "also", "however", "cancel", "refund", "change", "send",
    ];
    let lower = text.to_lowercase();
    let words = || lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    !text.contains(['?', '？', '؟'])
        && words().count() <= 25
        && words().any(|word| THANKS.contains(&word))
        && !words().any(|word| MORE.contains(&word))
}

/// The answer to thanks.
pub(crate) fn welcomes(reply: &str) -> bool {
    #[rustfmt::skip]
    const WELCOME: &[&str] = &["welcome", "pleasure", "glad", "happy", "gerne", "graag", "plaisir", "nada"];
    let lower = reply.to_lowercase();
    lower.split(|c: char| !c.is_alphanumeric()).any(|word| WELCOME.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::thanks;

    #[test]
    fn thanks_are_told_from_thanks_with_a_question() {
        for text in [
            "perfect thx",
            "Thanks!!",
            "ok",
            "worked now, thank you",
            "Great, that did the trick. Thanks a lot!",
        ] {
            assert!(thanks(text), "{text}");
        }
        for text in
            ["ok, but where is it", "thanks, and the boots?", "thank you, please cancel it", "why", ""]
        {
            assert!(!thanks(text), "{text}");
        }
    }
}
