//! Which treatment each kind of data gets at each border.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use super::Error;
use crate::pii::{Detector, Kind};

/// What is done with a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Treatment {
    /// It passes as it is.
    Allow,
    /// It is shown in part. That cannot be undone.
    Mask,
    /// A placeholder stands for it, which the run's vault can undo. Where there is no vault, its
    /// kind's name stands for it.
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BorderRules {
    /// For kinds that `kinds` does not name, also those that are yet to be invented.
    pub default: Treatment,
    /// By a kind's name, the user's own included.
    pub kinds: BTreeMap<String, Treatment>,
}

/// The treatments of all borders. Read from settings, what they do not say is as in [`Rules::default`],
/// border by border and kind by kind; what nobody knows is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Partial")]
pub struct Rules {
    pub model: BorderRules,
    pub log: BorderRules,
    pub index: BorderRules,
    pub customer: BorderRules,
    pub export: BorderRules,
}

/// Credentials: nobody who reads a text needs them, and whoever has them can do harm at once.
const CREDENTIALS: [Kind; 4] = [Kind::ApiKey, Kind::AccessToken, Kind::PrivateKey, Kind::UrlCredentials];

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
            // Knowledge is full of published addresses and numbers that answers must give. A
            // credential in a document is a leak that a person should see before it can be found.
            index: BorderRules::of(Mask, &[(&CONTACT, Allow), (&CREDENTIALS, Block)]),
            // A customer may read how the desk and they themselves are reached. Codes are recognised
            // by their last digits, and no answer has a credential in it rightly.
            customer: BorderRules::of(
                Mask,
                &[
                    (&CONTACT, Allow),
                    (&[Kind::DateOfBirth], Allow),
                    (&CREDENTIALS, Block),
                    (&[Kind::Password], Block),
                ],
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
        let known: Vec<&str> =
            Kind::ALL.iter().map(|kind| kind.name()).chain(detector.custom_names()).collect();
        for name in Border::ALL.iter().flat_map(|border| self.at(*border).kinds.keys()) {
            if !known.contains(&name.as_str()) {
                return Err(unknown(name, &known));
            }
        }
        Ok(())
    }
}

fn unknown(name: &str, known: &[&str]) -> Error {
    let name: String = name.chars().take(64).collect();
    let nearest = known
        .iter()
        .map(|other| (strsim::jaro_winkler(&name.to_ascii_lowercase(), other), *other))
        .max_by(|one, other| one.0.total_cmp(&other.0));
    let hint = match nearest {
        Some((likeness, other)) if likeness >= 0.8 => format!("did you mean `{other}`?"),
        _ => format!("use one of {}", known.join(", ")),
    };
    Error::UnknownKind { name, hint }
}

/// What settings say.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Partial {
    model: PartialBorder,
    log: PartialBorder,
    index: PartialBorder,
    customer: PartialBorder,
    export: PartialBorder,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct PartialBorder {
    default: Option<Treatment>,
    kinds: BTreeMap<String, Treatment>,
}

impl PartialBorder {
    fn over(self, house: BorderRules) -> BorderRules {
        let mut kinds = house.kinds;
        kinds.extend(self.kinds);
        BorderRules { default: self.default.unwrap_or(house.default), kinds }
    }
}

impl From<Partial> for Rules {
    fn from(said: Partial) -> Self {
        let house = Self::default();
        Self {
            model: said.model.over(house.model),
            log: said.log.over(house.log),
            index: said.index.over(house.index),
            customer: said.customer.over(house.customer),
            export: said.export.over(house.export),
        }
    }
}
