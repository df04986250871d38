//! How carefully approvals are reviewed, in numbers: what people had before them when they decided, how often two
//! agree, and how sure a rate is that was seen a few times.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Timestamp, UserId, approval::Approval, exercise::Said};

/// Words that somebody reads in a minute, silently and for sense: the mean over 190 studies of English non-fiction
/// in M. Brysbaert, “How many words do we read per minute? A review and meta-analysis of reading rate”, Journal
/// of Memory and Language 109 (2019), 104047.
pub const WORDS_A_MINUTE: i64 = 238;
/// Somebody who has an item before them for longer has gone for coffee.
pub const LONGEST_VIEW_MS: i64 = 60 * 60 * 1_000;
/// Pieces of evidence that a page may tell of.
pub const MOST_EVIDENCE: usize = 100;
/// Of fewer people than this nothing is told to others: it would be about somebody.
pub const LEAST_PEOPLE: usize = 5;
/// Weeks begin on Mondays, in UTC. 1970-01-01 was a Thursday.
const WEEK_MICROS: i64 = 7 * 86_400 * 1_000_000;
const FIRST_MONDAY_MICROS: i64 = 4 * 86_400 * 1_000_000;

/// What a page says of how long its reader had an approval before them. Nobody checks it, and nothing but these
/// figures rests on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attention {
    /// Milliseconds in which it was in view: the page visible and in focus. At most an hour counts.
    #[schemars(range(min = 0, max = 3_600_000))]
    pub in_view_ms: i64,
    /// Which pieces of `evidence` were on the screen or opened, by their places from 0.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub evidence_seen: BTreeSet<u32>,
}

/// What is kept of it, beside the decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attended {
    pub in_view_ms: i64,
    /// Of the item: what is proposed, the evidence, and the customer's last message.
    pub words: i64,
    pub evidence: i64,
    /// By their places from 0, in order.
    pub seen: Vec<u32>,
}

impl Attention {
    /// As it can be: no longer than an hour, and no piece of evidence that there is not.
    pub fn of(&self, approval: &Approval, last_message: &str) -> Attended {
        let evidence = approval.evidence.len().min(MOST_EVIDENCE);
        let there = |at: &&u32| usize::try_from(**at).is_ok_and(|at| at < evidence);
        Attended {
            in_view_ms: self.in_view_ms.clamp(0, LONGEST_VIEW_MS),
            words: words_of(approval, last_message),
            evidence: evidence as i64,
            seen: self.evidence_seen.iter().filter(there).copied().collect(),
        }
    }
}

impl Attended {
    pub fn expected_ms(&self) -> i64 {
        expected_ms(self.words)
    }

    /// Time in view as a share of the expected, in hundredths; above ten times it is ten times.
    pub fn hundredths(&self) -> i64 {
        (self.in_view_ms.saturating_mul(100) / self.expected_ms().max(1)).min(1_000)
    }

    pub fn unread(&self) -> i64 {
        self.evidence - self.seen.len() as i64
    }
}

/// Words of what somebody reads before they decide.
fn words_of(approval: &Approval, last_message: &str) -> i64 {
    let preview = &approval.preview;
    let fields = preview.fields.iter().flat_map(|field| [field.label.as_str(), field.value.as_str()]);
    let quotes = approval.evidence.iter().map(|citation| citation.quote.as_str());
    let texts = [preview.title.as_str(), approval.why.as_str(), last_message].into_iter();
    let all = texts.chain(preview.body.as_deref()).chain(fields).chain(quotes);
    all.map(|text| text.split_whitespace().count() as i64).sum()
}

/// How long reading so many words takes; a second at least.
pub fn expected_ms(words: i64) -> i64 {
    (words.max(0).saturating_mul(60_000) / WORDS_A_MINUTE).max(1_000)
}

/// The week of a time, counted from that of 1970-01-05.
pub fn week_of(at: Timestamp) -> i64 {
    (at.0 - FIRST_MONDAY_MICROS).div_euclid(WEEK_MICROS)
}

/// The Monday on which a week begins.
pub fn begins(week: i64) -> Timestamp {
    Timestamp(week.saturating_mul(WEEK_MICROS).saturating_add(FIRST_MONDAY_MICROS))
}

/// A share of `n` cases with the interval in which it lies with 95 % confidence.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rate {
    pub n: i64,
    pub of_them: i64,
    /// 0 to 1.
    pub share: f64,
    /// Wilson's interval.
    pub low: f64,
    pub high: f64,
}

impl Rate {
    /// None of nothing. E. B. Wilson, “Probable inference, the law of succession, and statistical inference”,
    /// JASA 22 (1927), 209–212: unlike the plain interval it is right for few cases and shares near 0 and 1.
    pub fn of(of_them: i64, n: i64) -> Option<Self> {
        const Z: f64 = 1.959_964;
        if n <= 0 {
            return None;
        }
        let of_them = of_them.clamp(0, n);
        let (count, share) = (n as f64, of_them as f64 / n as f64);
        let scale = 1.0 + Z * Z / count;
        let middle = (share + Z * Z / (2.0 * count)) / scale;
        let half = Z * (share * (1.0 - share) / count + Z * Z / (4.0 * count * count)).sqrt() / scale;
        let (low, high) = ((middle - half).clamp(0.0, share), (middle + half).clamp(share, 1.0));
        Some(Self { n, of_them, share, low, high })
    }
}

/// How two decided about the same: each waved it through, or held it back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pairs {
    pub both_through: i64,
    pub first_through: i64,
    pub second_through: i64,
    pub both_held: i64,
}

impl Pairs {
    pub fn add(&mut self, first: Said, second: Said, n: i64) {
        *match (first.waves_through(), second.waves_through()) {
            (true, true) => &mut self.both_through,
            (true, false) => &mut self.first_through,
            (false, true) => &mut self.second_through,
            (false, false) => &mut self.both_held,
        } += n;
    }

    pub fn n(&self) -> i64 {
        self.both_through + self.first_through + self.second_through + self.both_held
    }

    pub fn agreed(&self) -> i64 {
        self.both_through + self.both_held
    }

    /// Cohen's kappa: agreement beyond what chance alone would give. None where chance alone gives all of it.
    /// J. Cohen, “A coefficient of agreement for nominal scales”, Educational and Psychological Measurement 20
    /// (1960), 37–46.
    pub fn kappa(&self) -> Option<f64> {
        let n = self.n() as f64;
        if n == 0.0 {
            return None;
        }
        let first = (self.both_through + self.first_through) as f64 / n;
        let second = (self.both_through + self.second_through) as f64 / n;
        let chance = first * second + (1.0 - first) * (1.0 - second);
        let agreed = self.agreed() as f64 / n;
        ((1.0 - chance) > 1e-9).then(|| (agreed - chance) / (1.0 - chance))
    }
}

/// Decisions of one person in one week.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecidedCount {
    pub user_id: UserId,
    pub week: i64,
    pub n: i64,
}

/// Decisions of one person in one week that took about as long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttendedCount {
    pub user_id: UserId,
    pub week: i64,
    /// Tenths of the expected time, rounded down; 100 for ten times and more.
    pub tenths: i64,
    pub n: i64,
    /// Of them, such that had evidence.
    pub with_evidence: i64,
    /// Of those, such of which not all was seen.
    pub unread: i64,
}

/// Exercises of one person in one week that ended alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExerciseCount {
    pub user_id: UserId,
    pub week: i64,
    /// None for a second look.
    pub slip: Option<crate::exercise::Slip>,
    pub found: bool,
    pub earlier: Said,
    pub said: Said,
    pub n: i64,
}

/// Two who decided about the same approval, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    pub first: (UserId, Said),
    pub second: (UserId, Said),
    pub week: i64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn eight_of_ten_lie_between_a_half_and_nearly_all() {
        let rate = Rate::of(8, 10).unwrap();
        assert!((rate.low - 0.490).abs() < 0.001 && (rate.high - 0.943).abs() < 0.001, "{rate:?}");
        assert_eq!(Rate::of(0, 0), None);
    }

    #[test]
    fn kappa_is_what_cohens_example_gives() {
        let pairs = Pairs { both_through: 20, first_through: 5, second_through: 10, both_held: 15 };
        assert!((pairs.kappa().unwrap() - 0.4).abs() < 1e-9);
        let alike = Pairs { both_through: 9, ..Pairs::default() };
        assert_eq!((alike.kappa(), alike.agreed()), (None, 9), "by chance alone they would agree, too");
        assert_eq!(Pairs::default().kappa(), None);
    }

    #[test]
    fn a_week_begins_on_monday_midnight() {
        let monday = Timestamp::parse_rfc3339("2026-01-26T00:00:00Z").unwrap();
        let week = week_of(monday);
        assert_eq!(begins(week), monday);
        assert_eq!(week_of(Timestamp(monday.0 - 1)), week - 1);
        assert_eq!(week_of(Timestamp(begins(week + 1).0 - 1)), week);
    }

    #[test]
    fn two_hundred_thirty_eight_words_take_a_minute() {
        assert_eq!(expected_ms(238), 60_000);
        assert_eq!(expected_ms(0), 1_000);
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_share(n in 1_i64..5_000, part in 0.0_f64..=1.0) {
            let rate = Rate::of((n as f64 * part) as i64, n).unwrap();
            prop_assert!(0.0 <= rate.low && rate.low <= rate.share);
            prop_assert!(rate.share <= rate.high && rate.high <= 1.0);
        }

        #[test]
        fn whatever_a_page_says_is_kept_within_bounds(ms in any::<i64>(), seen in proptest::collection::btree_set(any::<u32>(), 0..20)) {
            let attention = Attention { in_view_ms: ms, evidence_seen: seen };
            let approval = crate::exercise::tests::approval("Hello Anna, it takes 30 days. [1]", 3);
            let kept = attention.of(&approval, "How long?");
            prop_assert!((0..=LONGEST_VIEW_MS).contains(&kept.in_view_ms));
            prop_assert!((0..=kept.evidence).contains(&kept.unread()));
            prop_assert!((0..=1_000).contains(&kept.hundredths()));
        }
    }
}
