//! What a customer is called in a greeting.

use serde_json::Value;

use crate::asked::capital;

/// What a name may begin with and nobody is called by.
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "sir", "madam", "herr", "frau", "mme", "madame",
    "monsieur", "sr", "sra", "signor", "signora", "dhr", "mevr",
];

/// The given name to greet with; nothing for titles, addresses and odd values. A customer without a contact is a
/// company or a household.
pub fn first_name(customer: &Value) -> Option<String> {
    let contact = customer.get("contact")?;
    let name = contact.get("name")?.as_str()?.trim();
    let address = contact.get("email").and_then(Value::as_str);
    let first = name.split_whitespace().next()?;
    let letters = first.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    let is_title = TITLES.contains(&first.to_lowercase().as_str());
    let local = address.and_then(|address| address.split('@').next());
    let is_address = local.is_some_and(|local| local.eq_ignore_ascii_case(name));
    (letters && !is_title && !is_address && (2..=30).contains(&first.chars().count())).then(|| cased(first))
}

/// A name that is written in one case throughout, as names are written.
fn cased(name: &str) -> String {
    let is_shouted = name.chars().count() > 2 && !name.chars().any(char::is_lowercase);
    if name.chars().any(char::is_uppercase) && !is_shouted {
        return name.to_owned();
    }
    name.to_lowercase().split_inclusive(['-', '\'', '’']).map(capital).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_customer_is_greeted_by_a_given_name_or_by_none() {
        let named =
            |name: &str| first_name(&json!({ "contact": { "name": name, "email": "desk@mail.example" } }));
        for (name, called) in [
            ("Mara Lind", Some("Mara")),
            ("mara lind", Some("Mara")),
            ("ANNA-MARIA VOGEL", Some("Anna-Maria")),
            ("美咲 田中", Some("美咲")),
            ("McKenna Roe", Some("McKenna")),
            ("Mr Halloran", None),
            ("Dr. Vogel", None),
            ("Lind, Mara", None),
            ("desk", None),
            ("mara.lind@mail.example", None),
            ("", None),
        ] {
            assert_eq!(named(name).as_deref(), called, "{name}");
        }
        assert_eq!(first_name(&json!({ "name": "Tannhof Mountain School" })), None);
    }
}
