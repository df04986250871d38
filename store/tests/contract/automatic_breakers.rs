//! Breakers that open by themselves, and rates that processes share.

use std::time::Duration;

use domain::{
    breaker::{
        BreakerOf, WAITS,
        automatic::{BreakerState, Move, Terms},
    },
    commit::RunTo,
    rate::RateLimit,
    user::Actor,
};
use store::Store;

use crate::fixture::Fixture;

const TERMS: Terms = Terms {
    failures: 3,
    error_rate: 0.0,
    window: Duration::from_secs(60),
    minimum: 20,
    cool_down: Duration::from_secs(30),
    longest: Duration::from_secs(300),
    probes: 1,
};

fn shop() -> BreakerOf {
    BreakerOf::Integration("shop".to_owned())
}

fn opens() -> Move {
    Move::Open { reason: "failed 3 times in a row".to_owned(), error: "status 500".to_owned() }
}

fn claim(f: &Fixture, probe: &str) -> Move {
    Move::Claim { probe: probe.to_owned(), until: f.now().plus(Duration::from_secs(10)) }
}

pub async fn a_breaker_opens_once_and_one_probe_decides(f: Fixture) {
    let step = |step: Move| f.desk.move_breaker(shop(), step, TERMS);
    let opened = step(opens()).await.unwrap();
    assert!(opened.done);
    let again = step(opens()).await.unwrap();
    assert_eq!((again.done, &again.now), (false, &opened.now));
    assert_eq!(f.desk.automatic_breakers().await.unwrap(), [opened.now.clone().unwrap()]);
    assert!(!step(claim(&f, "early")).await.unwrap().done);
    f.clock.advance(Duration::from_secs(31));
    let probing = step(claim(&f, "one")).await.unwrap();
    assert_eq!(probing.now.unwrap().state, BreakerState::HalfOpen);
    assert!(!step(claim(&f, "two")).await.unwrap().done);
    let failed = Move::Failed { probe: "one".to_owned(), error: "no\0 answer".to_owned() };
    let open = step(failed).await.unwrap().now.unwrap();
    assert_eq!((open.state, open.failed_probes), (BreakerState::Open, 1));
    assert_eq!(open.probe_at.since(f.now()), Duration::from_secs(60));
    f.clock.advance(Duration::from_secs(61));
    assert!(step(claim(&f, "three")).await.unwrap().done);
    let closed = step(Move::Passed { probe: "three".to_owned() }).await.unwrap();
    assert_eq!((closed.done, closed.now), (true, None));
    assert!(f.store.all_automatic_breakers().await.unwrap().is_empty());
}

pub async fn a_provider_is_everybodys_and_the_rest_is_of_one_workspace(f: Fixture) {
    let other = f.store.create_workspace("south", "South").await.unwrap();
    let other = f.store.workspace(other.id);
    let provider = BreakerOf::Provider("openai".to_owned());
    assert!(f.desk.move_breaker(provider.clone(), opens(), TERMS).await.unwrap().done);
    assert!(!other.move_breaker(provider, opens(), TERMS).await.unwrap().done, "it is open for all");
    assert!(f.desk.move_breaker(shop(), opens(), TERMS).await.unwrap().done);
    assert!(other.move_breaker(shop(), opens(), TERMS).await.unwrap().done);
    assert_eq!(f.desk.automatic_breakers().await.unwrap().len(), 1);
    assert_eq!(f.store.all_automatic_breakers().await.unwrap().len(), 3);
}

pub async fn closing_by_a_probe_or_by_a_person_wakes_those_that_wait(mut f: Fixture) {
    let much_later = Some(f.now().plus(Duration::from_secs(9_000)));
    let wait = |of: &BreakerOf| RunTo::Waiting {
        for_what: format!("{WAITS}{} failed 3 times in a row", of.words()),
        wake_at: much_later,
    };
    let crm = BreakerOf::Integration("crm".to_owned());
    let mut waiting = Vec::new();
    for of in [&shop(), &crm] {
        assert!(f.desk.move_breaker(of.clone(), opens(), TERMS).await.unwrap().done);
        let (_, run) = f.working().await;
        f.put(&run, wait(of)).await.unwrap();
        waiting.push(run.id);
    }
    f.clock.advance(Duration::from_secs(31));
    f.desk.move_breaker(shop(), claim(&f, "one"), TERMS).await.unwrap();
    f.desk.move_breaker(shop(), Move::Passed { probe: "one".to_owned() }, TERMS).await.unwrap();
    f.clock.advance(Duration::from_secs(3));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    assert_eq!(f.ready.recv().await.unwrap().run.id, waiting[0]);

    let reason = "the far side says it is well".to_owned();
    assert!(f.desk.close_breaker(crm.clone(), Actor::System, reason.clone()).await.unwrap());
    assert!(!f.desk.close_breaker(crm, Actor::System, reason).await.unwrap());
    f.clock.advance(Duration::from_secs(3));
    assert_eq!(f.store.claim_due().await.unwrap(), 1);
    assert_eq!(f.ready.recv().await.unwrap().run.id, waiting[1]);
    assert_eq!(f.desk.audit_after(0, 10).await.unwrap().len(), 1, "of what people do");
}

pub async fn a_rate_is_shared_and_a_pause_is_heard(f: Fixture) {
    let limit = RateLimit::parse("2/second", Some(3)).unwrap();
    let lease = |wanted| f.store.lease_permits("integration:shop".to_owned(), limit, wanted);
    assert_eq!(lease(2).await.unwrap(), Ok(2));
    assert_eq!(lease(2).await.unwrap(), Ok(1));
    let again = lease(2).await.unwrap().unwrap_err();
    assert_eq!(again.since(f.now()), Duration::from_millis(500));
    f.clock.advance(Duration::from_millis(500));
    assert_eq!(lease(2).await.unwrap(), Ok(1));
    let crm = f.store.lease_permits("integration:crm".to_owned(), limit, 1).await.unwrap();
    assert_eq!(crm, Ok(1), "each has its own");

    let until = f.now().plus(Duration::from_secs(20));
    f.store.pause_rate("integration:shop".to_owned(), until).await.unwrap();
    let sooner = f.now().plus(Duration::from_secs(5));
    f.store.pause_rate("integration:shop".to_owned(), sooner).await.unwrap();
    f.store.pause_rate("provider:openai".to_owned(), sooner).await.unwrap();
    let mut paused = f.store.paused_rates().await.unwrap();
    paused.sort();
    assert_eq!(paused, [("integration:shop".to_owned(), until), ("provider:openai".to_owned(), sooner)]);
    f.clock.advance(Duration::from_secs(6));
    assert_eq!(lease(1).await.unwrap(), Err(until));
    assert_eq!(f.store.paused_rates().await.unwrap().len(), 1);
}

/// However many ask at once, one probe goes out and no permit is given twice.
pub async fn processes_share_breakers_and_rates(f: Fixture) {
    f.desk.move_breaker(shop(), opens(), TERMS).await.unwrap();
    f.clock.advance(Duration::from_secs(31));
    let limit = RateLimit::parse("10/hour", Some(10)).unwrap();
    let other = f.another_process("two", 0).await;
    let stores: [Store; 2] = [f.store.clone(), other];
    let asks = (0..40).map(|n| {
        let store = stores[n % 2].clone();
        let (desk, step) = (store.workspace(f.desk.id()), claim(&f, &format!("probe {n}")));
        tokio::spawn(async move {
            let claimed = desk.move_breaker(shop(), step, TERMS).await.unwrap().done;
            let leased = store.lease_permits("integration:shop".to_owned(), limit, 1).await.unwrap();
            (u32::from(claimed), leased.unwrap_or_default())
        })
    });
    let (mut claimed, mut leased) = (0, 0);
    for asked in futures::future::join_all(asks).await {
        let (one, permits) = asked.unwrap();
        claimed += one;
        leased += permits;
    }
    assert_eq!((claimed, leased), (1, limit.capacity()));
}
