//! Properties of the machine, and the words it speaks.

use proptest::prelude::*;

use super::*;

const TERMS: Terms = Terms {
    failures: 3,
    error_rate: 0.5,
    window: Duration::from_secs(10),
    minimum: 6,
    cool_down: Duration::from_secs(30),
    longest: Duration::from_secs(100),
    probes: 2,
};

fn of() -> BreakerOf {
    BreakerOf::Integration("shop".to_owned())
}

fn at(seconds: i64) -> Timestamp {
    Timestamp(1_000_000_000_000_000 + seconds * 1_000_000)
}

fn open(now: Timestamp) -> AutomaticBreaker {
    let step = Move::Open { reason: "failed 3 times in a row".to_owned(), error: "status 500".to_owned() };
    match after(None, &of(), step, &TERMS, now) {
        After::Now(breaker) => breaker,
        other => panic!("{other:?}"),
    }
}

fn steps(breaker: AutomaticBreaker, step: Move, now: Timestamp) -> After {
    after(Some(breaker), &of(), step, &TERMS, now)
}

fn claim(probe: &str, now: Timestamp) -> Move {
    Move::Claim { probe: probe.to_owned(), until: now.plus(Duration::from_secs(5)) }
}

fn now_is(step: After) -> AutomaticBreaker {
    match step {
        After::Now(breaker) => breaker,
        other => panic!("{other:?}"),
    }
}

#[test]
fn so_many_failures_in_a_row_open_it_and_a_success_begins_the_count_anew() {
    let mut tally = Tally::default();
    let terms = Terms { error_rate: 0.0, ..TERMS };
    assert_eq!(tally.failed(at(0), &terms), None);
    assert_eq!(tally.failed(at(1), &terms), None);
    tally.succeeded(at(2), &terms);
    assert_eq!(tally.failed(at(3), &terms), None);
    assert_eq!(tally.failed(at(4), &terms), None);
    assert_eq!(tally.failed(at(5), &terms).unwrap(), "failed 3 times in a row");
}

#[test]
fn a_share_of_failures_opens_it_once_there_are_enough_and_old_ones_are_forgotten() {
    let terms = Terms { failures: 0, ..TERMS };
    let mut tally = Tally::default();
    for second in 0..2 {
        tally.succeeded(at(second), &terms);
        assert_eq!(tally.failed(at(second), &terms), None);
    }
    tally.succeeded(at(2), &terms);
    assert_eq!(tally.failed(at(2), &terms).unwrap(), "failed 3 of 6 times within 10 s");
    assert_eq!(tally.failed(at(20), &terms), None, "what was before is over");
    let never = Terms { error_rate: 0.0, failures: 0, ..TERMS };
    assert!((0..100).all(|_| tally.failed(at(30), &never).is_none()));
}

#[test]
fn probes_one_at_a_time_close_it_and_a_failed_one_doubles_the_wait_up_to_the_longest() {
    let opened = open(at(0));
    assert_eq!(opened.words(), "the integration shop failed 3 times in a row; tried again at 01:47:10 UTC");
    assert_eq!(steps(opened.clone(), claim("a", at(29)), at(29)), After::Same);
    let mut breaker = now_is(steps(opened, claim("a", at(30)), at(30)));
    assert_eq!(breaker.state, BreakerState::HalfOpen);
    assert_eq!(steps(breaker.clone(), claim("b", at(31)), at(31)), After::Same, "one at a time");
    for (wait, until) in [(60, 90), (100, 190), (100, 290)] {
        let failed = Move::Failed { probe: "a".to_owned(), error: "no answer".to_owned() };
        let from = breaker.probe_at.minus(Duration::from_secs(5));
        breaker = now_is(steps(breaker, failed, from));
        assert_eq!(breaker.probe_at.since(from).as_secs(), wait);
        let due = breaker.probe_at;
        breaker = now_is(steps(breaker, claim("a", due), due));
        assert!(breaker.probe_at > at(until));
    }
    let due = breaker.probe_at;
    let passed = || Move::Passed { probe: "a".to_owned() };
    let breaker = now_is(steps(breaker, passed(), due));
    assert_eq!(
        (breaker.state, breaker.passed_probes, breaker.is_due(due)),
        (BreakerState::HalfOpen, 1, true)
    );
    assert_eq!(steps(breaker.clone(), passed(), due), After::Same, "a probe is heard once");
    let breaker = now_is(steps(breaker, claim("b", due), due));
    assert_eq!(steps(breaker, Move::Passed { probe: "b".to_owned() }, due), After::Closed);
}

#[test]
fn a_probe_of_which_nothing_is_heard_makes_room_for_another() {
    let breaker = now_is(steps(open(at(0)), claim("a", at(30)), at(30)));
    let breaker = now_is(steps(breaker, claim("b", at(36)), at(36)));
    assert_eq!(steps(breaker.clone(), Move::Passed { probe: "a".to_owned() }, at(37)), After::Same);
    let freed = now_is(steps(breaker, Move::Released { probe: "b".to_owned() }, at(37)));
    assert!(freed.is_due(at(37)) && freed.probe.is_none());
}

#[test]
fn a_long_failure_is_kept_short_and_on_one_line() {
    let step = Move::Open { reason: "failed once".to_owned(), error: format!("a\n{}", "é".repeat(1000)) };
    let After::Now(breaker) = after(None, &of(), step, &TERMS, at(0)) else { panic!("it opens") };
    assert_eq!(breaker.last_error.chars().count(), MAX_ERROR + 1);
    assert!(breaker.last_error.starts_with("a é"));
}

fn any_move() -> impl Strategy<Value = (u8, u8, i64)> {
    (0u8..5, 0u8..3, 0i64..60)
}

proptest! {
    #[test]
    fn whatever_happens_one_probe_is_out_and_only_probes_close_it(moves in prop::collection::vec(any_move(), 0..80)) {
        let mut now = at(0);
        let mut breaker: Option<AutomaticBreaker> = None;
        let mut passed_in_a_row = 0;
        for (kind, who, wait) in moves {
            now = now.plus(Duration::from_secs(wait as u64));
            let probe = format!("probe {who}");
            let step = match kind {
                0 => Move::Open { reason: "failed".to_owned(), error: "x".to_owned() },
                1 => claim(&probe, now),
                2 => Move::Passed { probe: probe.clone() },
                3 => Move::Failed { probe: probe.clone(), error: "y".to_owned() },
                _ => Move::Released { probe: probe.clone() },
            };
            let before = breaker.clone();
            match after(before.clone(), &of(), step.clone(), &TERMS, now) {
                After::Same => {}
                After::Closed => {
                    let was = before.clone().unwrap();
                    let heard = matches!(step, Move::Passed { .. }) && was.probe.as_deref() == Some(&*probe);
                    prop_assert!(heard);
                    prop_assert_eq!(passed_in_a_row + 1, TERMS.probes);
                    breaker = None;
                    passed_in_a_row = 0;
                }
                After::Now(next) => {
                    match (&before, &step) {
                        (None, step) => prop_assert_eq!(matches!(step, Move::Open { .. }), true),
                        (Some(was), Move::Claim { .. }) => prop_assert!(now >= was.probe_at),
                        (Some(was), _) => prop_assert_eq!(was.probe.as_deref(), Some(&*probe)),
                    }
                    match step {
                        Move::Passed { .. } => passed_in_a_row += 1,
                        Move::Failed { .. } => {
                            passed_in_a_row = 0;
                            let wait = next.probe_at.since(now);
                            prop_assert!(wait >= TERMS.cool_down && wait <= TERMS.longest);
                        }
                        _ => {}
                    }
                    prop_assert!(next.state == BreakerState::HalfOpen || next.probe.is_none());
                    breaker = Some(next);
                }
            }
        }
    }

    #[test]
    fn it_opens_exactly_when_a_plain_count_says_so(outcomes in prop::collection::vec((any::<bool>(), 0i64..3), 0..60)) {
        let mut tally = Tally::default();
        let (mut now, mut seen, mut in_a_row) = (at(0), Vec::<(Timestamp, bool)>::new(), 0);
        for (failed, wait) in outcomes {
            now = now.plus(Duration::from_secs(wait as u64));
            seen.push((now, failed));
            if !failed {
                tally.succeeded(now, &TERMS);
                in_a_row = 0;
                continue;
            }
            in_a_row += 1;
            // A window is counted in whole parts, of one second each here.
            let recent: Vec<bool> = seen
                .iter()
                .filter(|(then, _)| now.0.div_euclid(1_000_000) - then.0.div_euclid(1_000_000) < 10)
                .map(|(_, failed)| *failed)
                .collect();
            let failures = recent.iter().filter(|failed| **failed).count();
            let expected = in_a_row >= 3 || (recent.len() >= 6 && failures * 2 >= recent.len());
            prop_assert_eq!(tally.failed(now, &TERMS).is_some(), expected);
        }
    }
}
