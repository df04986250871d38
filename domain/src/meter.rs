//! Meters and ceilings: how much of something a workspace, an agent or a tool has had in a minute, a day
//! or a month, and how much it may have. Windows are those of UTC.

use std::{fmt, time::Duration};

use jiff::civil;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    Timestamp,
    credit::{Credits, MICROS},
};

/// Whose.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", content = "name", rename_all = "snake_case")]
pub enum Scope {
    Workspace,
    Agent(String),
    Tool(String),
}

impl Scope {
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Workspace => "workspace",
            Self::Agent(_) => "agent",
            Self::Tool(_) => "tool",
        }
    }

    /// Empty for the workspace.
    pub fn name(&self) -> &str {
        match self {
            Self::Workspace => "",
            Self::Agent(name) | Self::Tool(name) => name,
        }
    }

    pub fn parse(kind: &str, name: &str) -> Option<Self> {
        match kind {
            "workspace" => Some(Self::Workspace),
            "agent" => Some(Self::Agent(name.to_owned())),
            "tool" => Some(Self::Tool(name.to_owned())),
            _ => None,
        }
    }

    /// For people: `the agent resolution`.
    pub fn words(&self) -> String {
        match self {
            Self::Workspace => "the workspace".to_owned(),
            Self::Agent(name) => format!("the agent {name}"),
            Self::Tool(name) => format!("the tool {name}"),
        }
    }
}

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// In millionths.
    Credits,
    /// Runs begun.
    Runs,
    /// Mails written to customers.
    Emails,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Credits => "credits",
            Self::Runs => "runs",
            Self::Emails => "emails",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Credits, Self::Runs, Self::Emails].into_iter().find(|unit| unit.as_str() == text)
    }

    /// An amount of it for people: `1.5 credits`, `1 run`.
    pub fn words(self, amount: i64) -> String {
        let plural = if amount == 1 { "" } else { "s" };
        match self {
            Self::Credits if amount == MICROS => "1 credit".to_owned(),
            Self::Credits => format!("{} credits", Credits(amount)),
            Self::Runs => format!("{amount} run{plural}"),
            Self::Emails => format!("{amount} mail{plural}"),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Window {
    Minute,
    Day,
    Month,
}

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 24 * 60 * MINUTE;

impl Window {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Minute => "minute",
            Self::Day => "day",
            Self::Month => "month",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Minute, Self::Day, Self::Month].into_iter().find(|window| window.as_str() == text)
    }

    /// When the window began that `at` lies in.
    pub fn start(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Minute => Timestamp(at.0 - at.0.rem_euclid(MINUTE)),
            Self::Day => Timestamp(at.0 - at.0.rem_euclid(DAY)),
            Self::Month => month(at, |day| day.first_of_month()),
        }
    }

    /// When the window ends that `at` lies in: the first moment after it.
    pub fn end(self, at: Timestamp) -> Timestamp {
        match self {
            Self::Minute => Timestamp(self.start(at).0.saturating_add(MINUTE)),
            Self::Day => Timestamp(self.start(at).0.saturating_add(DAY)),
            Self::Month => month(at, |day| day.last_of_month().tomorrow().unwrap_or(civil::Date::MAX)),
        }
    }
}

/// A midnight in the month of `at`. Times that no calendar has keep their own: they are a window each.
fn month(at: Timestamp, pick: impl FnOnce(civil::Date) -> civil::Date) -> Timestamp {
    let utc = jiff::tz::TimeZone::UTC;
    let Ok(moment) = jiff::Timestamp::from_microsecond(at.0) else { return at };
    let day = pick(moment.to_zoned(utc.clone()).date());
    day.to_zoned(utc).map_or(at, |midnight| Timestamp(midnight.timestamp().as_microsecond()))
}

/// Which meter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct MeterKey {
    pub scope: Scope,
    pub unit: Unit,
    pub window: Window,
    pub starts_at: Timestamp,
}

impl MeterKey {
    /// The meter of the window that `at` lies in.
    pub fn at(scope: Scope, unit: Unit, window: Window, at: Timestamp) -> Self {
        Self { scope, unit, window, starts_at: window.start(at) }
    }

    pub fn ends_at(&self) -> Timestamp {
        self.window.end(self.starts_at)
    }
}

/// Names a meter in its workspace.
impl fmt::Display for MeterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, unit, window, starts_at } = self;
        write!(f, "{}:{}:{}:{}:{}", unit.as_str(), window.as_str(), starts_at.0, scope.kind(), scope.name())
    }
}

/// How much there was of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meter {
    pub key: MeterKey,
    /// Set aside for what is under way.
    pub reserved: i64,
    pub used: i64,
    /// Since when it is above its ceiling, by grace.
    pub over_since: Option<Timestamp>,
}

/// The most that there may be of something in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ceiling {
    pub scope: Scope,
    pub unit: Unit,
    pub window: Window,
    pub most: i64,
    /// A tenth more is let pass, for two days from when the ceiling was reached.
    pub grace: bool,
}

/// How long a tenth more is let pass.
pub const GRACE: Duration = Duration::from_secs(48 * 60 * 60);

/// By then most calls that are under way have been settled.
const SETTLES: Duration = Duration::from_secs(10);

/// Part of a ceiling, in hundredths, from which on people are told.
pub const WARNS_AT: i64 = 80;

/// How a meter stands to its ceiling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    Fine,
    /// At 80 % or above.
    Warning,
    /// Above the ceiling, by grace.
    Grace,
    /// Nothing more until the window ends.
    Exhausted,
}

impl Ceiling {
    pub fn key(&self, at: Timestamp) -> MeterKey {
        MeterKey::at(self.scope.clone(), self.unit, self.window, at)
    }

    /// `the agent resolution may spend 20 credits a day`
    pub fn words(&self) -> String {
        let verb = match self.unit {
            Unit::Credits => "spend",
            Unit::Runs => "begin",
            Unit::Emails => "write",
        };
        let (whose, amount) = (self.scope.words(), self.unit.words(self.most));
        format!("{whose} may {verb} {amount} a {}", self.window.as_str())
    }
}

impl Meter {
    pub fn new(key: MeterKey) -> Self {
        Self { key, reserved: 0, used: 0, over_since: None }
    }

    fn total(&self) -> i64 {
        self.reserved.saturating_add(self.used)
    }

    /// Whether that much more stays within the ceiling, or within its grace.
    pub fn allows(&self, amount: i64, ceiling: &Ceiling, now: Timestamp) -> bool {
        let total = self.total().saturating_add(amount);
        total <= ceiling.most
            || ceiling.grace
                && total <= ceiling.most.saturating_add(ceiling.most / 10)
                && self.over_since.is_none_or(|since| now.since(since) < GRACE)
    }

    /// When that much more, which is not let pass now, may be: once what is set aside by others has been
    /// settled, where that is all that is in the way, and otherwise when the window is over.
    pub fn opens_at(&self, amount: i64, ceiling: &Ceiling, now: Timestamp) -> Timestamp {
        let settled = Self { reserved: 0, ..self.clone() };
        let end = self.key.ends_at();
        if settled.allows(amount, ceiling, now) { now.plus(SETTLES).min(end) } else { end }
    }

    /// Remembers when it first went above its ceiling.
    pub fn mark(&mut self, ceiling: &Ceiling, now: Timestamp) {
        if self.total() > ceiling.most && self.over_since.is_none() {
            self.over_since = Some(now);
        }
    }

    fn warns(&self, ceiling: &Ceiling) -> bool {
        // In 128 bits, where nothing can run over.
        i128::from(self.total()) * 100 >= i128::from(ceiling.most) * i128::from(WARNS_AT)
    }

    /// Whether this much brought it to where people are told.
    pub fn warned_by(&self, amount: i64, ceiling: &Ceiling) -> bool {
        let before = Self { used: self.used.saturating_sub(amount), ..self.clone() };
        self.warns(ceiling) && !before.warns(ceiling)
    }

    pub fn standing(&self, ceiling: &Ceiling, now: Timestamp) -> Standing {
        if !self.allows(1, ceiling, now) {
            Standing::Exhausted
        } else if self.total() > ceiling.most {
            Standing::Grace
        } else if self.warns(ceiling) {
            Standing::Warning
        } else {
            Standing::Fine
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_rfc3339(text).unwrap()
    }

    #[test]
    fn windows_are_those_of_the_calendar_in_utc() {
        let moment = at("2024-02-29T23:59:59.999999Z");
        for (window, start, end) in [
            (Window::Minute, "2024-02-29T23:59:00Z", "2024-03-01T00:00:00Z"),
            (Window::Day, "2024-02-29T00:00:00Z", "2024-03-01T00:00:00Z"),
            (Window::Month, "2024-02-01T00:00:00Z", "2024-03-01T00:00:00Z"),
        ] {
            assert_eq!((window.start(moment), window.end(moment)), (at(start), at(end)), "{window:?}");
        }
        assert_eq!(Window::Month.end(at("2025-12-31T12:00:00Z")), at("2026-01-01T00:00:00Z"));
    }

    #[test]
    fn a_ceiling_says_who_may_do_how_much() {
        let ceiling = |scope, unit, window, most| Ceiling { scope, unit, window, most, grace: false };
        let day = ceiling(Scope::Agent("resolution".to_owned()), Unit::Credits, Window::Day, 1_500_000);
        assert_eq!(day.words(), "the agent resolution may spend 1.5 credits a day");
        let minute = ceiling(Scope::Workspace, Unit::Runs, Window::Minute, 1);
        assert_eq!(minute.words(), "the workspace may begin 1 run a minute");
    }

    #[test]
    fn grace_is_a_tenth_for_two_days_from_when_the_ceiling_was_passed() {
        let start = at("2026-03-01T00:00:00Z");
        let ceiling = Ceiling {
            scope: Scope::Workspace,
            unit: Unit::Credits,
            window: Window::Month,
            most: 100,
            grace: true,
        };
        let mut meter = Meter { used: 100, ..Meter::new(ceiling.key(start)) };
        assert_eq!(meter.standing(&ceiling, start), Standing::Warning);
        assert!(meter.allows(10, &ceiling, start) && !meter.allows(11, &ceiling, start));
        meter.used = 105;
        meter.mark(&ceiling, start);
        assert_eq!(meter.standing(&ceiling, start), Standing::Grace);
        assert_eq!(meter.standing(&ceiling, start.plus(GRACE)), Standing::Exhausted);
        let strict = Ceiling { grace: false, ..ceiling };
        assert_eq!(meter.standing(&strict, start), Standing::Exhausted);
    }

    #[test]
    fn people_are_told_once_at_four_fifths() {
        let start = at("2026-03-01T00:00:00Z");
        let ceiling = Ceiling {
            scope: Scope::Workspace,
            unit: Unit::Runs,
            window: Window::Day,
            most: 10,
            grace: false,
        };
        let told: Vec<i64> = (1..=10)
            .filter(|used| Meter { used: *used, ..Meter::new(ceiling.key(start)) }.warned_by(1, &ceiling))
            .collect();
        assert_eq!(told, [8]);
    }
}
