//! What a Markdown file says of itself above its text, and what it may say.

use domain::{
    CustomerId, Timestamp,
    knowledge::{DEFAULT_LOCALE, Layer, Metadata, Template, TemplateChannel, Variable},
    ticket::Visibility,
};
use serde::Deserialize;
use serde_yaml_ng::Value;

use crate::RagError;

const MAX_BYTES: usize = 16 * 1024;
pub const MAX_TITLE_CHARS: usize = 200;
pub const MAX_CATEGORY_CHARS: usize = 64;
pub const MAX_BRAND_CHARS: usize = 64;
pub const MAX_TAGS: usize = 32;
pub const MAX_TAG_CHARS: usize = 64;
pub const MAX_VARIABLES: usize = 40;
const MAX_LOCALE_CHARS: usize = 35;
const MAX_NAME_CHARS: usize = 64;
const MAX_DESCRIPTION_CHARS: usize = 500;

const KEYS: &[&str] = &[
    "title",
    "layer",
    "customer",
    "visibility",
    "locale",
    "brand",
    "category",
    "tags",
    "valid_from",
    "valid_until",
    "channel",
    "variables",
    "updated",
];

/// As it is written; every key may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FrontMatter {
    pub title: Option<String>,
    layer: Option<Layer>,
    customer: Option<CustomerId>,
    visibility: Option<Visibility>,
    locale: Option<String>,
    brand: Option<String>,
    category: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    valid_from: Option<String>,
    valid_until: Option<String>,
    channel: Option<TemplateChannel>,
    #[serde(default)]
    variables: Vec<Variable>,
    /// For the people who keep the file; the store keeps its own dates.
    #[serde(rename = "updated")]
    _updated: Option<String>,
}

impl FrontMatter {
    /// Reads YAML. A key that is not known is refused, so that a misspelt `visibility` never
    /// publishes an internal page.
    pub(crate) fn read(slug: &str, yaml: &str) -> Result<Self, RagError> {
        Self::parse(yaml).map_err(|why| RagError::FrontMatter { slug: slug.to_owned(), why })
    }

    fn parse(yaml: &str) -> Result<Self, String> {
        if yaml.len() > MAX_BYTES {
            return Err(format!("it has {} bytes and may have {MAX_BYTES}", yaml.len()));
        }
        if yaml.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Ok(Self::default());
        }
        let value: Value = serde_yaml_ng::from_str(yaml).map_err(|error| error.to_string())?;
        if let Some(unknown) = unknown_key(&value) {
            return Err(unknown);
        }
        // From the text, because errors then say the line.
        let mut front: Self = serde_yaml_ng::from_str(yaml).map_err(|error| error.to_string())?;
        front.title = front.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        if front.title.as_ref().is_some_and(|title| title.chars().count() > MAX_TITLE_CHARS) {
            return Err(format!("`title` may have {MAX_TITLE_CHARS} characters"));
        }
        Ok(front)
    }

    /// The metadata of a document with this title.
    pub(crate) fn metadata(self, slug: &str, title: String) -> Result<Metadata, RagError> {
        self.checked(title).map_err(|why| RagError::FrontMatter { slug: slug.to_owned(), why })
    }

    fn checked(self, title: String) -> Result<Metadata, String> {
        let template = match (self.channel, self.variables.is_empty()) {
            (Some(channel), _) => Some(Template { channel, variables: checked_variables(self.variables)? }),
            (None, true) => None,
            (None, false) => {
                return Err(
                    "`variables` are a template's; say with `channel` where it is sent: `email` or `chat`"
                        .to_owned(),
                );
            }
        };
        let meta = Metadata {
            title,
            layer: self.layer.unwrap_or(match self.customer {
                Some(_) => Layer::Customer,
                None => Layer::Company,
            }),
            customer_id: self.customer,
            visibility: self.visibility.unwrap_or(Visibility::Public),
            locale: self.locale.map_or_else(|| Ok(DEFAULT_LOCALE.to_owned()), |text| read_locale(&text))?,
            brand: self.brand.map(|brand| brand.trim().to_owned()).filter(|brand| !brand.is_empty()),
            category: self.category.unwrap_or_default(),
            tags: self.tags,
            valid_from: self.valid_from.map(|text| read_from(&text)).transpose()?,
            valid_until: self.valid_until.map(|text| read_until(&text)).transpose()?,
            template,
        };
        check_metadata(&meta)?;
        Ok(meta)
    }
}

/// Whether a document can have this, however it was said. The reason is in words for whoever said it.
pub fn check_metadata(meta: &Metadata) -> Result<(), String> {
    let long = |text: &str, max: usize| text.chars().count() > max;
    match (meta.layer, meta.customer_id) {
        (Layer::Customer, None) => {
            return Err("`layer: customer` needs `customer`, the id of the customer it is of".to_owned());
        }
        (Layer::Universal | Layer::Company, Some(_)) => {
            return Err(format!(
                "`customer` goes with `layer: customer`; with `{}` leave it out",
                meta.layer.as_str()
            ));
        }
        _ => {}
    }
    if long(&meta.category, MAX_CATEGORY_CHARS) {
        return Err(format!("`category` may have {MAX_CATEGORY_CHARS} characters"));
    }
    if meta.brand.as_ref().is_some_and(|brand| long(brand, MAX_BRAND_CHARS)) {
        return Err(format!("`brand` may have {MAX_BRAND_CHARS} characters"));
    }
    if meta.tags.len() > MAX_TAGS || meta.tags.iter().any(|tag| long(tag, MAX_TAG_CHARS)) {
        return Err(format!("`tags` may hold {MAX_TAGS} tags of {MAX_TAG_CHARS} characters"));
    }
    if let (Some(from), Some(until)) = (meta.valid_from, meta.valid_until)
        && until <= from
    {
        return Err(format!("it is valid until {until}, which is not after {from}, from when on it is"));
    }
    Ok(())
}

/// A BCP 47 tag in its usual spelling: `de-ch` and `de_CH` are `de-CH`.
pub fn read_locale(text: &str) -> Result<String, String> {
    let text = text.trim();
    let refuse = || format!("`locale` must be a language tag such as `en` or `de-CH`, not `{}`", short(text));
    let mut parts = text.split(['-', '_']);
    let language = parts.next().unwrap_or_default();
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let named = (2..=3).contains(&language.len()) && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    if !named || text.chars().count() > MAX_LOCALE_CHARS {
        return Err(refuse());
    }
    let mut locale = language.to_ascii_lowercase();
    for part in parts {
        if !(1..=8).contains(&part.len()) || !plain(part) {
            return Err(refuse());
        }
        locale.push('-');
        match part.len() {
            2 => locale.push_str(&part.to_ascii_uppercase()),
            _ => locale.push_str(part),
        }
    }
    Ok(locale)
}

/// A moment, or a day: from its start on.
pub fn read_from(text: &str) -> Result<Timestamp, String> {
    moment("valid_from", text, |(start, _)| start)
}

/// A moment, or a day: to its end.
pub fn read_until(text: &str) -> Result<Timestamp, String> {
    moment("valid_until", text, |(_, end)| end)
}

fn moment(
    key: &str,
    text: &str,
    of_day: impl Fn((Timestamp, Timestamp)) -> Timestamp,
) -> Result<Timestamp, String> {
    // Engines compare times as floating-point numbers, which are exact up to here: the year 2255.
    const MAX_MICROS: u64 = 1 << 53;
    let text = text.trim();
    Timestamp::parse_day(text)
        .map(of_day)
        .or_else(|| Timestamp::parse_rfc3339(text))
        .filter(|at| at.0.unsigned_abs() < MAX_MICROS)
        .ok_or_else(|| {
            format!(
                "`{key}` must be a day such as 2026-01-31 or a time such as 2026-01-31T09:30:00Z before the year 2255, not `{}`",
                short(text)
            )
        })
}

fn checked_variables(variables: Vec<Variable>) -> Result<Vec<Variable>, String> {
    if variables.len() > MAX_VARIABLES {
        return Err(format!("it has {} variables and may have {MAX_VARIABLES}", variables.len()));
    }
    for (at, variable) in variables.iter().enumerate() {
        let name = &variable.name;
        let letters = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
        if !letters || !starts || name.len() > MAX_NAME_CHARS {
            return Err(format!("`{}` cannot name a variable: use letters, digits and `_`", short(name)));
        }
        if variables[..at].iter().any(|earlier| earlier.name == *name) {
            return Err(format!("the variable `{name}` is declared twice"));
        }
        let texts = [&variable.description, &variable.example];
        if texts.into_iter().any(|text| text.chars().count() > MAX_DESCRIPTION_CHARS) {
            return Err(format!(
                "description and example of the variable `{name}` may have {MAX_DESCRIPTION_CHARS} characters each"
            ));
        }
    }
    Ok(variables)
}

/// The first key that is not known, in words, with the one that was probably meant.
fn unknown_key(value: &Value) -> Option<String> {
    let unknown = value.as_mapping()?.keys().find_map(|key| match key.as_str() {
        Some(key) if KEYS.contains(&key) => None,
        Some(key) => Some(key.to_owned()),
        None => Some("a key that is no text".to_owned()),
    })?;
    let near = KEYS
        .iter()
        .map(|key| (strsim::jaro_winkler(key, &unknown), *key))
        .filter(|(nearness, _)| *nearness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    let shown = short(&unknown);
    Some(match near {
        Some((_, key)) => format!("`{shown}` is not known; did you mean `{key}`?"),
        None => format!("`{shown}` is not known; there are {}", KEYS.join(", ")),
    })
}

fn short(text: &str) -> String {
    text.chars().take(40).collect()
}

#[cfg(test)]
mod tests {
    use domain::WorkspaceId;

    use super::*;

    fn read(yaml: &str) -> Result<Metadata, String> {
        FrontMatter::parse(yaml)?.checked("T".to_owned())
    }

    #[test]
    fn every_key_is_read() {
        let meta = read(
            "layer: customer\ncustomer: 019a0000-0000-7000-8000-000000000001\nvisibility: internal\nlocale: de_ch\nbrand: Nord\ncategory: c\ntags: [a, b]\nvalid_from: 2026-01-01\nvalid_until: 2026-01-31\nupdated: 2026-01-01",
        )
        .unwrap();
        assert_eq!(meta.layer, Layer::Customer);
        assert!(meta.customer_id.is_some());
        assert_eq!((meta.locale.as_str(), meta.brand.as_deref()), ("de-CH", Some("Nord")));
        assert_eq!(meta.valid_from.unwrap().rfc3339(), "2026-01-01T00:00:00.000000Z");
        // The last day is one on which it is valid.
        assert_eq!(meta.valid_until.unwrap().rfc3339(), "2026-02-01T00:00:00.000000Z");
        let template = read("channel: chat\nvariables:\n  - name: who\n    description: d\n    example: e")
            .unwrap()
            .template;
        assert_eq!(template.unwrap().variables[0].name, "who");
    }

    #[test]
    fn the_nearest_key_is_named() {
        let refused = |yaml: &str| read(yaml).unwrap_err();
        assert!(refused("visiblity: internal").contains("did you mean `visibility`"));
        assert!(refused("valid_untill: 2026-01-01").contains("did you mean `valid_until`"));
        assert!(refused("zebra: 1").contains("there are title"));
    }

    #[test]
    fn what_does_not_go_together_is_refused_with_what_to_do() {
        for (yaml, why) in [
            ("layer: customer", "needs `customer`"),
            ("layer: company\ncustomer: 019a0000-0000-7000-8000-000000000001", "leave it out"),
            ("layer: everyone", "layer"),
            ("locale: German", "language tag"),
            ("valid_from: tomorrow", "valid_from"),
            ("valid_from: 2026-02-01\nvalid_until: 2026-01-01", "not after"),
            ("valid_until: 9999-01-01", "2255"),
            ("variables:\n  - name: a\n    description: d", "channel"),
            ("channel: fax", "channel"),
            ("channel: chat\nvariables:\n  - name: a b\n    description: d", "cannot name"),
            (
                "channel: chat\nvariables:\n  - {name: a, description: d}\n  - {name: a, description: d}",
                "twice",
            ),
        ] {
            let error = read(yaml).unwrap_err();
            assert!(error.contains(why), "{yaml}: {error}");
        }
    }

    #[test]
    fn a_document_is_seen_only_where_it_belongs() {
        use domain::knowledge::Scope;
        let home = WorkspaceId(uuid::Uuid::from_u128(1));
        let meta = read("valid_from: 2026-01-01\nbrand: Nord").unwrap();
        let scope = Scope::public(home, meta.valid_from.unwrap());
        assert!(scope.permits(home, &meta));
        assert!(!scope.permits(WorkspaceId(uuid::Uuid::from_u128(2)), &meta));
        assert!(!scope.clone().of_brand(Some("Other".to_owned())).permits(home, &meta));
        assert!(!Scope { valid_at: Timestamp(0), ..scope }.permits(home, &meta));
    }
}
