//! Whatever is set aside, settled and forfeited in whatever order: the two sides of the ledger agree, and
//! no ceiling is passed.

#![allow(clippy::unwrap_used, reason = "what a property needs is there, or it fails")]

use std::collections::BTreeMap;

use domain::{
    ReservationId, Timestamp,
    credit::{Account, CreditError, Entry, Reservation, Spent, fold, settle},
    meter::{Ceiling, GRACE, Meter, Scope, Unit, Window},
};
use proptest::prelude::*;
use uuid::Uuid;

#[derive(Clone, Debug)]
enum Deed {
    Reserve { agent: bool, micros: i64, after: i64 },
    Settle { which: usize, part: f64 },
    Forfeit { which: usize },
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        3 => (any::<bool>(), 0..2_000_i64, 0..3_i64)
            .prop_map(|(agent, micros, after)| Deed::Reserve { agent, micros, after }),
        2 => (0..40_usize, 0.0..1.0).prop_map(|(which, part)| Deed::Settle { which, part }),
        1 => (0..40_usize).prop_map(|which| Deed::Forfeit { which }),
    ]
}

const AGENTS: [&str; 2] = ["resolution", "article"];
const HOUR: i64 = 3_600_000_000;

fn ceilings(agent: &str, most: i64, grace: bool) -> Vec<Ceiling> {
    let of = |scope, window, most| Ceiling { scope, unit: Unit::Credits, window, most, grace };
    vec![
        of(Scope::Workspace, Window::Month, 3 * most),
        of(Scope::Workspace, Window::Day, most),
        of(Scope::Agent(agent.to_owned()), Window::Day, most / 2),
    ]
}

fn meter(entries: &[Entry], ceiling: &Ceiling, at: Timestamp) -> Meter {
    let key = ceiling.key(at);
    fold(entries).into_iter().find(|meter| meter.key == key).unwrap_or_else(|| Meter::new(key))
}

proptest! {
    #[test]
    fn no_ceiling_is_passed_and_nothing_is_lost(
        deeds in prop::collection::vec(deed(), 1..60),
        most in 1_000..20_000_i64,
    ) {
        let mut entries: Vec<Entry> = Vec::new();
        let mut lines: BTreeMap<ReservationId, Vec<Entry>> = BTreeMap::new();
        let mut now = Timestamp(1_767_000_000_000_000);
        for deed in deeds {
            let mut written = match deed {
                Deed::Reserve { agent, micros, after } => {
                    now = Timestamp(now.0 + after * HOUR);
                    let agent = AGENTS[usize::from(agent)];
                    let id = ReservationId(Uuid::from_u128(lines.len() as u128));
                    let reservation =
                        Reservation { id, run_id: None, agent: agent.to_owned(), tool: None, micros, at: now };
                    let fits = ceilings(agent, most, false)
                        .iter()
                        .all(|ceiling| meter(&entries, ceiling, now).allows(micros, ceiling, now));
                    if fits { vec![reservation.entry().unwrap()] } else { Vec::new() }
                }
                Deed::Settle { which, part } => {
                    let Some((id, so_far)) = lines.iter().nth(which) else { continue };
                    let cost = (so_far[0].micros as f64 * part) as i64;
                    match settle(*id, so_far, Spent::Micros(cost), now) {
                        Ok(entries) => entries,
                        Err(error) => {
                            prop_assert_eq!(error, CreditError::Closed(*id));
                            prop_assert!(so_far.len() > 1);
                            continue;
                        }
                    }
                }
                Deed::Forfeit { which } => {
                    let Some((id, so_far)) = lines.iter().nth(which) else { continue };
                    settle(*id, so_far, Spent::Unknown, now).unwrap_or_default()
                }
            };
            for entry in &written {
                lines.entry(entry.reservation_id).or_default().push(entry.clone());
            }
            entries.append(&mut written);
            for agent in AGENTS {
                for ceiling in ceilings(agent, most, false) {
                    let meter = meter(&entries, &ceiling, now);
                    prop_assert!(meter.reserved >= 0 && meter.used >= 0);
                    prop_assert!(meter.reserved + meter.used <= ceiling.most, "{meter:?} {ceiling:?}");
                }
            }
        }
        // What left one account came to another, and what was set aside is spent, given back or still there.
        let balance = |account: Account| -> i64 {
            entries.iter().map(|entry| {
                i64::from(entry.debit == account) * entry.micros - i64::from(entry.credit == account) * entry.micros
            }).sum()
        };
        prop_assert_eq!(balance(Account::Allowance) + balance(Account::Reserved) + balance(Account::Spent), 0);
        let open: i64 = lines.values().filter(|lines| lines.len() == 1).map(|lines| lines[0].micros).sum();
        prop_assert_eq!(balance(Account::Reserved), open);
    }

    #[test]
    fn with_grace_a_tenth_more_passes_and_never_more(
        amounts in prop::collection::vec((1..400_i64, 0..5_i64), 1..80),
        most in 100..5_000_i64,
    ) {
        let start = Timestamp(1_767_225_600_000_000);
        let ceiling =
            Ceiling { scope: Scope::Workspace, unit: Unit::Credits, window: Window::Month, most, grace: true };
        let mut meter = Meter::new(ceiling.key(start));
        let mut now = start;
        for (amount, hours) in amounts {
            now = Timestamp(now.0 + hours * HOUR);
            if meter.allows(amount, &ceiling, now) {
                meter.used += amount;
                meter.mark(&ceiling, now);
                prop_assert!(meter.used <= most || meter.over_since.is_some_and(|since| now.since(since) < GRACE));
            }
            prop_assert!(meter.used <= most + most / 10);
        }
    }

    #[test]
    fn what_cost_more_than_was_set_aside_is_entered_all_the_same(micros in 0..1_000_i64, cost in 0..5_000_i64) {
        let id = ReservationId(Uuid::nil());
        let at = Timestamp(0);
        let reservation =
            Reservation { id, run_id: None, agent: "a".to_owned(), tool: Some("t".to_owned()), micros, at };
        let mut entries = vec![reservation.entry().unwrap()];
        let settled = settle(id, &entries, Spent::Micros(cost), at).unwrap();
        entries.extend(settled);
        for meter in fold(&entries) {
            prop_assert_eq!((meter.reserved, meter.used), (0, cost));
        }
        prop_assert_eq!(settle(id, &entries, Spent::Unknown, at), Err(CreditError::Closed(id)));
    }
}
