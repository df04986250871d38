//! What somebody typed, checked before it is kept. The errors name the field and say what is wrong.

/// Text, trimmed, with 1 to `max` characters.
pub fn text(field: &str, value: &str, max: usize) -> Result<String, String> {
    let trimmed = value.trim();
    if trimmed.is_empty() {
        return Err(format!("{field} is empty"));
    }
    let length = trimmed.chars().count();
    if length > max {
        return Err(format!("{field} has {length} characters and may have {max}"));
    }
    if trimmed.contains('\0') {
        return Err(format!("{field} contains a NUL character"));
    }
    Ok(trimmed.to_owned())
}

/// The same where nothing is something, too.
pub fn optional(field: &str, value: &str, max: usize) -> Result<String, String> {
    if value.trim().is_empty() { Ok(String::new()) } else { text(field, value, max) }
}

/// An email address: something, one `@`, a domain; lower case.
pub fn email(field: &str, value: &str) -> Result<String, String> {
    let address = text(field, value, 254)?.to_lowercase();
    let fits = address.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.split('.').all(|label| !label.is_empty())
            && domain.contains('.')
            && !domain.contains('@')
    }) && !address
        .chars()
        .any(|c| c.is_whitespace() || c.is_control() || matches!(c, '<' | '>' | ',' | ';'));
    if fits { Ok(address) } else { Err(format!("{field} is not an email address")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_lowered_and_nonsense_is_refused() {
        assert_eq!(email("email", " Ada@Example.COM ").unwrap(), "ada@example.com");
        for bad in
            ["", "ada", "@example.com", "ada@", "ada@b", "a b@c.de", "a@b@c.de", "a@b.de\r\nBcc: x@y.zz"]
        {
            assert!(email("email", bad).is_err(), "{bad:?}");
        }
    }
}
