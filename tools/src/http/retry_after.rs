//! How long an answer asks to be left alone: `Retry-After` as seconds or as a date (RFC 9110, 10.2.3).

use std::time::Duration;

use jiff::fmt::rfc2822::DateTimeParser;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// The form of HTTP dates, without a check of the day's name.
const HTTP_DATE: DateTimeParser = DateTimeParser::new().relaxed_weekday(true);

/// A date counts from the answer's own, so that it does not matter whose clock is wrong.
pub(crate) fn of(headers: &HeaderMap) -> Option<Duration> {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
    let asked = text(RETRY_AFTER)?;
    if let Some(seconds) = seconds(asked) {
        return Some(seconds);
    }
    let moment = |text| HTTP_DATE.parse_timestamp(text).ok().map(|at| at.as_second());
    let (until, from) = (moment(asked)?, moment(text(DATE)?)?);
    Some(Duration::from_secs(u64::try_from(until.saturating_sub(from)).unwrap_or_default()))
}

pub(crate) fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.trim().parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_seconds_and_as_a_date() {
        let wait = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, value.parse().unwrap());
            headers.insert(DATE, "Sun, 06 Nov 1994 08:49:30 GMT".parse().unwrap());
            of(&headers)
        };
        assert_eq!(wait("7"), Some(Duration::from_secs(7)));
        assert_eq!(wait("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        for nonsense in ["soon", "-3", "NaN", "1e300", ""] {
            assert_eq!(wait(nonsense), None, "{nonsense}");
        }
        assert_eq!(of(&HeaderMap::new()), None);
    }
}
