//! Time as the house keeps it: whole microseconds since the Unix epoch, UTC.

use std::{borrow::Cow, fmt, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// Microseconds since 1970-01-01T00:00:00Z: an integer in columns, RFC 3339 in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(pub i64);

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::parse_rfc3339(&text).ok_or_else(|| {
            D::Error::custom(format!("`{text}` is not an RFC 3339 time such as 2026-01-31T09:30:00Z"))
        })
    }
}

impl JsonSchema for Timestamp {
    fn schema_name() -> Cow<'static, str> {
        "Timestamp".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "date-time" })
    }
}

impl Timestamp {
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// How long after `earlier` this is; zero if it is not after it.
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// RFC 3339 in UTC with microseconds, the form the API speaks.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_microsecond(self.0)
            .map(|t| format!("{t:.6}"))
            .unwrap_or_else(|_| self.0.to_string())
    }

    /// For people: `14:05:30 UTC`.
    pub fn clock_words(self) -> String {
        self.rfc3339().get(11..19).map(|time| format!("{time} UTC")).unwrap_or_default()
    }

    /// The hour, 0 to 23, and the day of the week, `monday` to `sunday`, in UTC.
    pub fn hour_and_weekday(self) -> (i8, &'static str) {
        const DAYS: [&str; 7] =
            ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
        // Days since 1970-01-01, which was a Thursday.
        let hours = self.0.div_euclid(3_600_000_000);
        let day = (hours.div_euclid(24) + 3).rem_euclid(7);
        (hours.rem_euclid(24) as i8, DAYS[day as usize])
    }

    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let parsed: jiff::Timestamp = text.parse().ok()?;
        Some(Self(parsed.as_microsecond()))
    }

    /// A day such as `2026-01-31`: its first moment in UTC and the first after it.
    pub fn parse_day(text: &str) -> Option<(Self, Self)> {
        let day: jiff::civil::Date = text.parse().ok()?;
        let start = |day: jiff::civil::Date| {
            let zoned = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
            Some(Self(zoned.timestamp().as_microsecond()))
        };
        Some((start(day)?, start(day.tomorrow().ok()?)?))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// The one source of time.
pub trait Clock: Send + Sync {
    fn now(&self) -> Timestamp;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_survive_their_text_form() {
        let at = Timestamp(1_764_000_000_123_456);
        assert_eq!(Timestamp::parse_rfc3339(&at.rfc3339()), Some(at));
        assert_eq!(at.rfc3339(), "2025-11-24T16:00:00.123456Z");
    }

    #[test]
    fn hours_and_weekdays_are_of_utc_before_and_after_the_epoch() {
        assert_eq!(Timestamp(0).hour_and_weekday(), (0, "thursday"));
        assert_eq!(Timestamp(-1).hour_and_weekday(), (23, "wednesday"));
        let at = Timestamp::parse_rfc3339("2025-11-24T16:59:59Z").unwrap();
        assert_eq!(at.hour_and_weekday(), (16, "monday"));
    }

    #[test]
    fn a_day_goes_from_midnight_to_midnight() {
        let (start, end) = Timestamp::parse_day("2024-02-29").unwrap();
        assert_eq!(start.rfc3339(), "2024-02-29T00:00:00.000000Z");
        assert_eq!(end.rfc3339(), "2024-03-01T00:00:00.000000Z");
        assert_eq!(Timestamp::parse_day("2026-02-30"), None);
    }
}
