//! Which treatment each kind of data gets at each border.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::pii::{Detector, Kind};

/// What is done with a value. In the order of how much passes, the most first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// It passes as it is.
    Allow,
    /// It is shown in part. That cannot be undone.
    Mask,
    /// A placeholder stands for it, which the run's vault can undo. Where there is no vault, it is for
    /// good, and tells values apart all the same: see [`super::Pseudonyms`].
    Placeholder,
    /// The text does not pass.
    Block,
}

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Border {
    /// To a model of another house.
    Model,
    /// To logs and traces.
    Log,
    /// Into the index of knowledge.
    Index,
    /// To a customer.
    Customer,
    /// Out of the house in files.
    Export,
}

impl Border {
    pub const ALL: [Border; 5] =
        [Border::Model, Border::Log, Border::Index, Border::Customer, Border::Export];

    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Border::Model => "model",
            Border::Log => "log",
            Border::Index => "index",
            Border::Customer => "customer",
            Border::Export => "export",
        }
    }
}

impl Treatment {
    pub const ALL: [Treatment; 4] =
        [Treatment::Allow, Treatment::Mask, Treatment::Placeholder, Treatment::Block];

    /// The name used in settings.
    pub fn name(self) -> &'static str {
        match self {
            Treatment::Allow => "allow",
            Treatment::Mask => "mask",
            Treatment::Placeholder => "placeholder",
            Treatment::Block => "block",
        }
    }
}

impl fmt::Display for Border {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Border::Model => "to a model",
            Border::Log => "to a log",
            Border::Index => "into the index",
            Border::Customer => "to a customer",
            Border::Export => "into an export",
        })
    }
}

/// The treatments of one border.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BorderRules {
    /// For kinds that `kinds` does not name, also those that are yet to be invented.
    pub default: Treatment,
    /// By a kind's name, the user's own included.
    pub kinds: BTreeMap<String, Treatment>,
}

/// The treatments of all borders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rules {
    pub model: BorderRules,
    pub log: BorderRules,
    pub index: BorderRules,
    pub customer: BorderRules,
    pub export: BorderRules,
}

/// Credentials: nobody who reads a text needs them, and whoever has them can do harm at once.
pub const CREDENTIALS: [Kind; 5] =
    [Kind::ApiKey, Kind::AccessToken, Kind::PrivateKey, Kind::UrlCredentials, Kind::Password];

/// What people give each other to be reached and found.
const CONTACT: [Kind; 7] = [
    Kind::PersonName,
    Kind::Email,
    Kind::Phone,
    Kind::PostalAddress,
    Kind::IpAddress,
    Kind::MacAddress,
    Kind::GeoCoordinates,
];

impl Default for Rules {
    /// Every border's default is the careful one, and exceptions are named.
    fn default() -> Self {
        use Treatment::{Allow, Block, Mask, Placeholder};
        Self {
            // Models reason as well about a placeholder as about an address, and tools get the value
            // back. Names pass, because an answer greets by them, and no placeholder inflects.
            model: BorderRules::of(Placeholder, &[(&[Kind::PersonName], Allow)]),
            // Whoever reads logs may need to tell two values apart, never to have them.
            log: BorderRules::of(Mask, &[]),
            // Knowledge is full of published addresses and numbers that answers must give. An article
            // with a credential is found all the same, without it.
            index: BorderRules::of(Mask, &[(&CONTACT, Allow)]),
            // A customer may read how the desk and they themselves are reached. Codes are recognised
            // by their last digits, and no answer has a credential in it rightly: a person looks.
            customer: BorderRules::of(
                Mask,
                &[(&CONTACT, Allow), (&[Kind::DateOfBirth], Allow), (&CREDENTIALS, Block)],
            ),
            // Files travel, so whole values need a rule that says so.
            export: BorderRules::of(Mask, &[]),
        }
    }
}

impl BorderRules {
    fn of(default: Treatment, exceptions: &[(&[Kind], Treatment)]) -> Self {
        let kinds = exceptions
            .iter()
            .flat_map(|(kinds, treatment)| kinds.iter().map(|kind| (kind.name().to_owned(), *treatment)))
            .collect();
        Self { default, kinds }
    }

    /// One treatment for every kind.
    pub fn all(treatment: Treatment) -> Self {
        Self::of(treatment, &[])
    }

    /// Whether anything is stopped here.
    pub fn blocks(&self) -> bool {
        self.default == Treatment::Block || self.kinds.values().any(|kind| *kind == Treatment::Block)
    }
}

impl Rules {
    /// One treatment for every kind at every border.
    pub fn all(treatment: Treatment) -> Self {
        let rules = || BorderRules::all(treatment);
        Self { model: rules(), log: rules(), index: rules(), customer: rules(), export: rules() }
    }

    /// For when nobody can tell what a workspace wants: nothing goes to another house's model, nor to a
    /// customer without a person, and nothing is shown whole anywhere.
    pub fn closed() -> Self {
        let block = || BorderRules::all(Treatment::Block);
        Self { model: block(), customer: block(), ..Self::all(Treatment::Mask) }
    }

    pub(super) fn at_mut(&mut self, border: Border) -> &mut BorderRules {
        match border {
            Border::Model => &mut self.model,
            Border::Log => &mut self.log,
            Border::Index => &mut self.index,
            Border::Customer => &mut self.customer,
            Border::Export => &mut self.export,
        }
    }

    pub fn at(&self, border: Border) -> &BorderRules {
        match border {
            Border::Model => &self.model,
            Border::Log => &self.log,
            Border::Index => &self.index,
            Border::Customer => &self.customer,
            Border::Export => &self.export,
        }
    }

    /// The treatment of a kind by its name, as [`Detector::name_of`] has it.
    pub fn treatment(&self, border: Border, kind: &str) -> Treatment {
        let rules = self.at(border);
        rules.kinds.get(kind).copied().unwrap_or(rules.default)
    }

    /// Whether every name is a kind's that the detector knows: a misspelt one would protect nothing.
    ///
    /// # Errors
    ///
    /// For the first name that is not, with the nearest one that is.
    pub fn check(&self, detector: &Detector) -> Result<(), Error> {
        let known = kinds(detector.custom_kinds());
        for name in Border::ALL.iter().flat_map(|border| self.at(*border).kinds.keys()) {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, &known));
            }
        }
        Ok(())
    }
}

/// Every name of a kind there is.
pub(super) fn kinds<'a>(own: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).chain(own).collect();
    // Several recognisers may find the same.
    let mut seen = BTreeSet::new();
    known.retain(|name| seen.insert(*name));
    known
}

pub(super) fn unknown(name: &str, known: &[&str]) -> Error {
    let name: String = name.chars().take(64).collect();
    let hint = nearest(&name, known);
    Error::UnknownKind { name, hint }
}

/// What to write instead of a name that nobody knows.
pub(super) fn nearest(name: &str, known: &[&str]) -> String {
    let nearest = known
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.to_ascii_lowercase(), other), *other))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    match nearest {
        Some((likeness, other)) if likeness >= 0.8 => format!("did you mean `{other}`?"),
        _ => format!("use one of {}", known.join(", ")),
    }
}
