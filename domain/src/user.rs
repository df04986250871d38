//! People on the staff side, and who did something.

use std::borrow::Cow;

use schemars::{JsonSchema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{ApiKeyId, ContactId, RunId, Timestamp, UserId};

/// What a member of staff is called to do: a built-in role, or one that the workspace made. What each may is in
/// [`crate::permission`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// Reads.
    Viewer,
    /// Reads, and writes notes to colleagues.
    LightAgent,
    /// Works on tickets: replies, notes, fields.
    Agent,
    /// Decides approvals and stops what misbehaves.
    Reviewer,
    /// Configures tools, policy and knowledge, and looks after colleagues and keys.
    Admin,
    /// Everything.
    Owner,
    /// Of the workspace's own.
    Custom(RoleName),
}

impl Role {
    /// From who may least to who may everything.
    pub const BUILT_IN: [Self; 6] =
        [Self::Viewer, Self::LightAgent, Self::Agent, Self::Reviewer, Self::Admin, Self::Owner];

    pub fn as_str(&self) -> &str {
        match self {
            Self::Viewer => "viewer",
            Self::LightAgent => "light_agent",
            Self::Agent => "agent",
            Self::Reviewer => "reviewer",
            Self::Admin => "admin",
            Self::Owner => "owner",
            Self::Custom(name) => name.as_str(),
        }
    }

    /// A built-in role by its name; any other fit name is of the workspace's own, if it has one.
    pub fn parse(text: &str) -> Option<Self> {
        let built_in = Self::BUILT_IN.into_iter().find(|role| role.as_str() == text);
        built_in.or_else(|| RoleName::parse(text).map(Self::Custom))
    }

    pub fn is_built_in(&self) -> bool {
        !matches!(self, Self::Custom(_))
    }
}

impl Serialize for Role {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Role {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom(unfit("role", &text)))
    }
}

impl JsonSchema for Role {
    fn schema_name() -> Cow<'static, str> {
        "Role".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "viewer, light_agent, agent, reviewer, admin or owner, or a role of the workspace's own",
            "pattern": PATTERN,
            "maxLength": MAX_NAME,
            "example": "reviewer",
        })
    }
}

const MAX_NAME: usize = 40;
const PATTERN: &str = "^[a-z][a-z0-9_]{1,39}$";

fn is_name(text: &str) -> bool {
    (2..=MAX_NAME).contains(&text.len())
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

fn unfit(what: &str, text: &str) -> String {
    let shown: String = text.chars().take(MAX_NAME).collect();
    format!(
        "`{shown}` is no name of a {what}: it has 2 to {MAX_NAME} characters a-z, 0-9 and _ and begins with a letter"
    )
}

macro_rules! names {
    ($($(#[$doc:meta])* $name:ident $what:literal $free:expr;)+) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// None when it does not fit.
            pub fn parse(text: &str) -> Option<Self> {
                let free: fn(&str) -> bool = $free;
                (is_name(text) && free(text)).then(|| Self(text.to_owned()))
            }

            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                Self::parse(&text).ok_or_else(|| serde::de::Error::custom(unfit($what, &text)))
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": PATTERN, "maxLength": MAX_NAME })
            }
        }
    )+};
}

names! {
    /// What a workspace calls a role of its own; no built-in role is called so.
    RoleName "role" |text| Role::BUILT_IN.iter().all(|role| role.as_str() != text);
    /// What a workspace calls a team; policies name it.
    TeamName "team" |_| true;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    pub title: String,
    pub created_at: Timestamp,
    /// Kept out from then on; null for who works here.
    #[serde(default)]
    pub deactivated_at: Option<Timestamp>,
}

/// Some of the staff, by a name that policies can ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Team {
    pub name: TeamName,
    /// What it looks after, in words.
    pub description: String,
    pub created_at: Timestamp,
}

/// Who caused an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Actor {
    /// A contact of the customer, or a visitor not yet known.
    Customer { contact_id: Option<ContactId>, name: String },
    /// An AI agent, by its name, in a run.
    Agent { agent: String, run_id: RunId },
    /// A member of staff.
    User { user_id: UserId, name: String },
    /// A service with an API key.
    ApiKey { api_key_id: ApiKeyId, name: String },
    /// The service itself.
    System,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_written_by_its_name_and_a_name_that_does_not_fit_says_what_does() {
        for role in Role::BUILT_IN {
            let text = serde_json::to_string(&role).unwrap();
            assert_eq!(serde_json::from_str::<Role>(&text).unwrap(), role);
            assert_eq!(RoleName::parse(role.as_str()), None, "no role of one's own hides a built-in one");
        }
        let own: Role = serde_json::from_str("\"refund_desk\"").unwrap();
        assert!(!own.is_built_in());
        assert_eq!(own.as_str(), "refund_desk");
        for unfit in ["", "a", "Refunds", "1st", "_x", "refund desk", &"x".repeat(41)] {
            let error = serde_json::from_str::<Role>(&format!("{unfit:?}")).unwrap_err();
            assert!(error.to_string().contains("begins with a letter"), "{error}");
        }
    }
}
