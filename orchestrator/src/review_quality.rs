//! How carefully approvals are reviewed: the figures of one person, for themselves, and of many together.
//!
//! Of many nothing is told that is about fewer than five people, also not as the difference between a team and the
//! workspace.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::RangeInclusive,
};

use domain::{
    UserId,
    exercise::Slip,
    review::{AttendedCount, DecidedCount, ExerciseCount, LEAST_PEOPLE, Pair, Pairs, Rate},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::{Reviewed, StoreError, WorkspaceStore};

/// Figures of reviewing. What is null was not seen, or is about too few people.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewFigures {
    /// Decisions taken.
    pub decisions: i64,
    pub time: Option<ReviewTime>,
    /// Of the measured decisions about something with evidence, those before which some of it was not seen.
    pub unread: Option<Rate>,
    /// Of the exercises in which something was wrong, those in which it was found.
    pub found: Option<Rate>,
    /// The same by what was wrong. Of one person alone.
    pub by_slip: Vec<SlipRate>,
    /// Approvals that took several people, on which two decided alike.
    pub together: Option<Agreement>,
    /// Second looks that came to what had been decided.
    pub second_looks: Option<Agreement>,
}

/// How long items were in view, against how long reading them takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ReviewTime {
    /// Decisions that were measured. The others came by mail, from the command line, or several at once.
    pub measured: i64,
    /// The median, as a share of what reading takes: 1 is as long. To within a tenth; 10 is ten times and more.
    pub median: f64,
}

/// How often one thing that was wrong was found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SlipRate {
    pub slip: Slip,
    pub n: i64,
    pub found: i64,
}

/// How often two agreed.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Agreement {
    pub rate: Rate,
    /// Cohen's kappa: agreement beyond what chance would give. Null where chance alone would give all of it.
    pub kappa: Option<f64>,
}

/// What figures are made of.
pub struct Reviews {
    decided: Vec<DecidedCount>,
    attended: Vec<AttendedCount>,
    pairs: Vec<Pair>,
    exercised: Vec<ExerciseCount>,
}

/// Whose figures are wanted.
pub enum Whose<'a> {
    /// One person's, for themselves.
    Own(UserId),
    Everybodys,
    /// Of these people together.
    Team(&'a BTreeSet<UserId>),
}

impl Whose<'_> {
    fn has(&self, user: UserId) -> bool {
        match self {
            Self::Own(own) => *own == user,
            Self::Everybodys => true,
            Self::Team(people) => people.contains(&user),
        }
    }

    /// Whether what these people did may be told, when `all` did it in the whole workspace.
    fn may_be_told(&self, all: &BTreeSet<UserId>) -> bool {
        let these = all.iter().filter(|user| self.has(**user)).count();
        let others = all.len() - these;
        match self {
            Self::Own(_) => these > 0,
            Self::Everybodys | Self::Team(_) => {
                these >= LEAST_PEOPLE && (others == 0 || others >= LEAST_PEOPLE)
            }
        }
    }
}

impl Reviews {
    pub async fn read(store: &WorkspaceStore, of: Reviewed) -> Result<Self, StoreError> {
        Ok(Self {
            decided: store.decided(of).await?,
            attended: store.attended(of).await?,
            pairs: store.decided_in_pairs(of).await?,
            exercised: store.exercised(of).await?,
        })
    }

    /// None when too few people decided anything in these weeks.
    pub fn figures(&self, weeks: &RangeInclusive<i64>, whose: &Whose<'_>) -> Option<ReviewFigures> {
        let decided: Vec<_> = self.decided.iter().filter(|row| weeks.contains(&row.week)).collect();
        if !whose.may_be_told(&decided.iter().map(|row| row.user_id).collect()) {
            return match whose {
                Whose::Own(_) => Some(self.beside(weeks, whose)),
                _ => None,
            };
        }
        let decisions = decided.iter().filter(|row| whose.has(row.user_id)).map(|row| row.n).sum();
        Some(ReviewFigures { decisions, ..self.beside(weeks, whose) })
    }

    fn beside(&self, weeks: &RangeInclusive<i64>, whose: &Whose<'_>) -> ReviewFigures {
        let (time, unread) = self.attention(weeks, whose);
        let (found, by_slip, second_looks) = self.exercises(weeks, whose);
        ReviewFigures {
            decisions: 0,
            time,
            unread,
            found,
            by_slip,
            together: self.together(weeks, whose),
            second_looks,
        }
    }

    fn attention(
        &self,
        weeks: &RangeInclusive<i64>,
        whose: &Whose<'_>,
    ) -> (Option<ReviewTime>, Option<Rate>) {
        let rows: Vec<_> = self.attended.iter().filter(|row| weeks.contains(&row.week)).collect();
        let told = |rows: &[&AttendedCount]| whose.may_be_told(&rows.iter().map(|row| row.user_id).collect());
        let own = |rows: &[&AttendedCount], count: fn(&AttendedCount) -> i64| -> i64 {
            rows.iter().filter(|row| whose.has(row.user_id)).map(|row| count(row)).sum()
        };
        let time = told(&rows).then(|| {
            let mut by_tenths: BTreeMap<i64, i64> = BTreeMap::new();
            for row in rows.iter().filter(|row| whose.has(row.user_id)) {
                *by_tenths.entry(row.tenths).or_default() += row.n;
            }
            ReviewTime { measured: own(&rows, |row| row.n), median: median(&by_tenths) }
        });
        let with: Vec<_> = rows.iter().copied().filter(|row| row.with_evidence > 0).collect();
        let unread = told(&with)
            .then(|| Rate::of(own(&with, |row| row.unread), own(&with, |row| row.with_evidence)))
            .flatten();
        (time, unread)
    }

    fn exercises(
        &self,
        weeks: &RangeInclusive<i64>,
        whose: &Whose<'_>,
    ) -> (Option<Rate>, Vec<SlipRate>, Option<Agreement>) {
        let rows = self.exercised.iter().filter(|row| weeks.contains(&row.week));
        let (wrong, looks): (Vec<_>, Vec<_>) = rows.partition(|row| row.slip.is_some());
        let told = |rows: &[&ExerciseCount]| whose.may_be_told(&rows.iter().map(|row| row.user_id).collect());
        let mut by_slip: BTreeMap<Slip, (i64, i64)> = BTreeMap::new();
        if told(&wrong) {
            for row in wrong.iter().filter(|row| whose.has(row.user_id)) {
                let Some(slip) = row.slip else { continue };
                let (n, found) = by_slip.entry(slip).or_default();
                *n += row.n;
                *found += if row.found { row.n } else { 0 };
            }
        }
        let all = by_slip.values().fold((0, 0), |all, one| (all.0 + one.0, all.1 + one.1));
        let slips = by_slip.into_iter().map(|(slip, (n, found))| SlipRate { slip, n, found });
        let by_slip = if matches!(whose, Whose::Own(_)) { slips.collect() } else { Vec::new() };
        let mut pairs = Pairs::default();
        if told(&looks) {
            for row in looks.iter().filter(|row| whose.has(row.user_id)) {
                pairs.add(row.earlier, row.said, row.n);
            }
        }
        (Rate::of(all.1, all.0), by_slip, agreement(&pairs))
    }

    fn together(&self, weeks: &RangeInclusive<i64>, whose: &Whose<'_>) -> Option<Agreement> {
        let rows: Vec<_> = self.pairs.iter().filter(|pair| weeks.contains(&pair.week)).collect();
        let people = rows.iter().flat_map(|pair| [pair.first.0, pair.second.0]).collect();
        if !whose.may_be_told(&people) {
            return None;
        }
        let mut pairs = Pairs::default();
        for pair in rows.iter().filter(|pair| match whose {
            Whose::Own(_) => whose.has(pair.first.0) || whose.has(pair.second.0),
            _ => whose.has(pair.second.0),
        }) {
            pairs.add(pair.first.1, pair.second.1, 1);
        }
        // Whoever comes first has always approved, or there would be no second: chance cannot be told.
        agreement(&pairs).map(|agreement| Agreement { kappa: None, ..agreement })
    }
}

fn agreement(pairs: &Pairs) -> Option<Agreement> {
    Rate::of(pairs.agreed(), pairs.n()).map(|rate| Agreement { rate, kappa: pairs.kappa() })
}

/// The middle of the tenth in which the median lies.
fn median(by_tenths: &BTreeMap<i64, i64>) -> f64 {
    let n: i64 = by_tenths.values().sum();
    let mut below = 0;
    for (tenths, count) in by_tenths {
        below += count;
        if below * 2 >= n {
            return if *tenths >= 100 { 10.0 } else { (*tenths as f64 + 0.5) / 10.0 };
        }
    }
    0.0
}

#[cfg(test)]
mod tests {
    use domain::exercise::Said;
    use uuid::Uuid;

    use super::*;

    fn user(n: u128) -> UserId {
        UserId(Uuid::from_u128(n))
    }

    fn reviews(people: u128) -> Reviews {
        let users = || (0..people).map(user);
        Reviews {
            decided: users().map(|user_id| DecidedCount { user_id, week: 1, n: 10 }).collect(),
            attended: users()
                .map(|user_id| AttendedCount {
                    user_id,
                    week: 1,
                    tenths: 8,
                    n: 4,
                    with_evidence: 2,
                    unread: 1,
                })
                .collect(),
            pairs: vec![Pair { first: (user(0), Said::Approve), second: (user(1), Said::Reject), week: 1 }],
            exercised: users()
                .take(4)
                .map(|user_id| ExerciseCount {
                    user_id,
                    week: 1,
                    slip: Some(Slip::Amount),
                    found: user_id == user(0),
                    earlier: Said::Approve,
                    said: Said::Approve,
                    n: 1,
                })
                .collect(),
        }
    }

    #[test]
    fn of_four_people_nothing_is_told_and_of_five_what_five_did() {
        assert_eq!(reviews(4).figures(&(1..=1), &Whose::Everybodys), None);
        let five = reviews(5).figures(&(1..=1), &Whose::Everybodys).unwrap();
        assert_eq!((five.decisions, five.time.unwrap().measured), (50, 20));
        assert_eq!(five.unread.unwrap().share, 0.5);
        assert_eq!((five.found, five.together), (None, None), "four had exercises, and two decided together");
        assert_eq!(reviews(5).figures(&(2..=3), &Whose::Everybodys), None, "nobody decided in those weeks");
    }

    #[test]
    fn nobody_is_what_is_left_of_the_workspace_without_a_team() {
        let team: BTreeSet<UserId> = (0..5).map(user).collect();
        assert!(reviews(5).figures(&(1..=1), &Whose::Team(&team)).is_some());
        assert_eq!(reviews(6).figures(&(1..=1), &Whose::Team(&team)), None);
        assert!(reviews(10).figures(&(1..=1), &Whose::Team(&team)).is_some());
    }

    #[test]
    fn one_sees_all_of_ones_own_and_nothing_of_others() {
        let own = reviews(4).figures(&(1..=1), &Whose::Own(user(0))).unwrap();
        assert_eq!((own.decisions, own.found.unwrap().share), (10, 1.0));
        assert_eq!(own.by_slip, [SlipRate { slip: Slip::Amount, n: 1, found: 1 }]);
        assert_eq!(own.together.unwrap().rate.share, 0.0);
        let nobody = reviews(4).figures(&(1..=1), &Whose::Own(user(99))).unwrap();
        assert_eq!(nobody, ReviewFigures::default());
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median(&BTreeMap::from([(2, 1), (8, 1), (30, 1)])) - 0.85).abs() < 1e-9);
        assert!((median(&BTreeMap::from([(100, 3), (0, 1)])) - 10.0).abs() < 1e-9);
        assert!(median(&BTreeMap::new()).abs() < 1e-9);
    }
}
