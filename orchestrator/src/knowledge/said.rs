//! What whoever hands documents in says of all of them.

use domain::{
    knowledge::{Layer, Metadata, Said},
    ticket::Visibility,
};

use super::KnowledgeError;

/// The parts as people write them, in a form or on a command line. Nothing in a part means that
/// nothing is said.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    pub layer: Option<String>,
    pub customer: Option<String>,
    pub visibility: Option<String>,
    pub locale: Option<String>,
    pub brand: Option<String>,
    pub category: Option<String>,
    pub tags: Vec<String>,
    pub valid_from: Option<String>,
    pub valid_until: Option<String>,
}

impl Spoken {
    /// Refuses what a document cannot have, with what it can.
    pub fn read(self) -> Result<Said, String> {
        let given =
            |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let layer = given(self.layer)
            .map(|text| Layer::parse(&text).ok_or("layer is `company` or `customer`"))
            .transpose()?;
        let customer_id = given(self.customer)
            .map(|text| text.parse().map_err(|_| "customer is the id of a customer, a UUID"))
            .transpose()?;
        let visibility = given(self.visibility)
            .map(|text| match text.as_str() {
                "public" => Ok(Visibility::Public),
                "internal" => Ok(Visibility::Internal),
                _ => Err("visibility is `public` or `internal`"),
            })
            .transpose()?;
        let said = Said {
            // Who names a customer means that customer's layer.
            layer: layer.or(customer_id.map(|_| Layer::Customer)),
            customer_id,
            visibility,
            locale: given(self.locale).map(|text| rag::read_locale(&text)).transpose()?,
            brand: given(self.brand).map(|text| plain("brand", &text, rag::MAX_BRAND_CHARS)).transpose()?,
            category: given(self.category)
                .map(|text| plain("category", &text, rag::MAX_CATEGORY_CHARS))
                .transpose()?,
            tags: tags(self.tags)?,
            valid_from: given(self.valid_from).map(|text| rag::read_from(&text)).transpose()?,
            valid_until: given(self.valid_until).map(|text| rag::read_until(&text)).transpose()?,
        };
        match (said.layer, said.customer_id) {
            (Some(Layer::Universal), _) => Err(KnowledgeError::Universal.to_string()),
            (Some(Layer::Company), Some(_)) => {
                Err("customer goes with the layer `customer`; leave one of the two out".to_owned())
            }
            _ => Ok(said),
        }
    }
}

fn tags(tags: Vec<String>) -> Result<Option<Vec<String>>, String> {
    if tags.len() > rag::MAX_TAGS {
        return Err(format!("there are {} tags and may be {}", tags.len(), rag::MAX_TAGS));
    }
    let tags = tags.iter().map(|tag| plain("a tag", tag, rag::MAX_TAG_CHARS));
    let tags = tags.collect::<Result<Vec<String>, _>>()?;
    Ok(Some(tags).filter(|tags| !tags.is_empty()))
}

fn plain(name: &str, value: &str, max: usize) -> Result<String, String> {
    let value = value.trim();
    if value.is_empty() || value.chars().count() > max || value.chars().any(char::is_control) {
        return Err(format!("{name} must be 1 to {max} characters on one line"));
    }
    Ok(value.to_owned())
}

/// Puts what is said over what the document says, and checks that a document can have it.
pub(super) fn put_over(said: &Said, meta: &mut Metadata) -> Result<(), KnowledgeError> {
    said.over(meta);
    rag::check_metadata(meta).map_err(KnowledgeError::Metadata)
}
