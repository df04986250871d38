//! Which model is asked, and which is left alone.

use std::sync::{Arc, atomic::AtomicI64};

use domain::{Clock as _, model::ModelError};
use orchestrator::{
    models::{BreakerConfig, ModelsConfig, ProviderConfig},
    testing::model_server::{Reply, RetryAfter},
};

use crate::house::{Hand, build, house, request, server, with_output};

#[tokio::test]
async fn the_next_provider_is_asked_only_when_the_one_before_cannot_answer() {
    let first = server(vec![
        Reply::text("first"),
        Reply::Status(401, String::new()),
        Reply::Status(500, String::new()),
    ])
    .await;
    let second = server(vec![Reply::text("second"), Reply::Status(400, String::new())]).await;
    let house = house(&[&first, &second], |p| p.max_retries = 0);
    let response = house.model.complete(&request(), None).await.unwrap();
    assert_eq!((response.provider.as_str(), second.count()), ("provider-0", 0));
    let response = house.model.complete(&request(), None).await.unwrap();
    assert_eq!((response.provider.as_str(), response.text.as_deref()), ("provider-1", Some("second")));
    let error = house.model.complete(&request(), None).await.unwrap_err();
    assert!(
        matches!(&error.error, ModelError::Unavailable(all) if all.contains("provider-0") && all.contains("provider-1")),
        "{error}"
    );
}

#[tokio::test]
async fn the_offline_model_answers_when_no_provider_can() {
    let clock = || Arc::new(Hand(AtomicI64::new(0)));
    let nothing = build(&ModelsConfig::default(), clock()).unwrap();
    assert_eq!(nothing.complete(&with_output(request()), None).await.unwrap().model, "offline");
    let server = server(Reply::Status(500, String::new())).await;
    let mut broken = ProviderConfig::new("broken", &server.url(), "m", "m");
    broken.max_retries = 0;
    let config = ModelsConfig { offline_fallback: true, providers: vec![broken] };
    let degraded = build(&config, clock()).unwrap();
    assert_eq!(degraded.complete(&with_output(request()), None).await.unwrap().model, "offline");
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_provider_that_keeps_failing_is_left_alone_and_then_probed() {
    let mut script = vec![Reply::Status(500, String::new()); 3];
    script.push(Reply::text("back"));
    script.push(Reply::text("for good"));
    let first = server(script).await;
    let second = server(Reply::text("second")).await;
    let house = house(&[&first, &second], |p| {
        p.max_retries = 0;
        p.breaker = BreakerConfig { failures: 2, open_ms: 1_000 };
    });
    let ask = || async { house.model.complete(&request(), None).await.unwrap().text.unwrap() };
    assert_eq!((ask().await.as_str(), ask().await.as_str(), first.count()), ("second", "second", 2));
    assert_eq!((ask().await.as_str(), first.count()), ("second", 2), "open: not asked");
    house.clock.forward(1_000);
    assert_eq!((ask().await.as_str(), first.count()), ("second", 3), "the probe failed");
    assert_eq!((ask().await.as_str(), first.count()), ("second", 3), "open again");
    house.clock.forward(1_000);
    assert_eq!((ask().await.as_str(), first.count()), ("second", 3), "for twice as long");
    house.clock.forward(1_000);
    assert_eq!((ask().await.as_str(), ask().await.as_str()), ("back", "for good"));
}

#[tokio::test]
async fn a_provider_at_its_limit_is_passed_over_and_alone_it_says_until_when() {
    let (first, second) = (server(Reply::text("first")).await, server(Reply::text("second")).await);
    let limited = |p: &mut ProviderConfig| {
        if p.name == "provider-0" {
            p.rate = Some("1/hour".to_owned());
        }
    };
    let both = house(&[&first, &second], limited);
    let ask = || async { both.model.complete(&request(), None).await.unwrap().text.unwrap() };
    assert_eq!(
        (ask().await.as_str(), ask().await.as_str(), ask().await.as_str()),
        ("first", "second", "second")
    );
    both.clock.forward(3_600_000);
    assert_eq!(ask().await, "first");

    let alone = house(&[&first], limited);
    alone.model.complete(&request(), None).await.unwrap();
    let error = alone.model.complete(&request(), None).await.unwrap_err();
    let ModelError::Paused { why, until } = error.error else { panic!("another error") };
    assert!(why.starts_with("the limit of the provider provider-0 (1/hour); goes on at"), "{why}");
    assert_eq!(until.since(alone.clock.now()).as_secs(), 3_600);
}

#[tokio::test]
async fn the_only_provider_that_rests_says_until_when() {
    let server = server(vec![Reply::Status(500, String::new()); 2]).await;
    let house = house(&[&server], |p| {
        p.max_retries = 0;
        p.breaker = BreakerConfig { failures: 2, open_ms: 5_000 };
    });
    for _ in 0..2 {
        let error = house.model.complete(&request(), None).await.unwrap_err();
        assert!(matches!(error.error, ModelError::Unavailable(_)), "{error}");
    }
    let error = house.model.complete(&request(), None).await.unwrap_err();
    let ModelError::Paused { why, until } = error.error else { panic!("another error") };
    assert!(why.contains("the provider provider-0 failed 2 times in a row"), "{why}");
    assert_eq!(until.since(house.clock.now()).as_secs(), 5);
}

#[tokio::test]
async fn a_busy_provider_is_not_taken_for_a_broken_one() {
    let mut script = vec![Reply::RateLimited(RetryAfter::NotSaid); 4];
    script.push(Reply::text("at last"));
    let server = server(script).await;
    let house = house(&[&server], |p| {
        p.max_retries = 5;
        p.breaker.failures = 1;
    });
    assert_eq!(house.model.complete(&request(), None).await.unwrap().text.as_deref(), Some("at last"));
}

#[test]
fn a_configuration_that_cannot_work_is_refused_with_what_to_do() {
    let provider = || ProviderConfig::new("main", "https://models.example/v1", "small", "large");
    let refuse = |providers: Vec<ProviderConfig>, what: &str| {
        let config = ModelsConfig { offline_fallback: true, providers };
        let clock = Arc::new(Hand(AtomicI64::new(0)));
        let Err(error) = build(&config, clock) else { panic!("{what}") };
        assert!(error.to_string().contains(what), "{error}");
    };
    let changed = |change: fn(&mut ProviderConfig)| {
        let mut provider = provider();
        change(&mut provider);
        vec![provider]
    };
    refuse(vec![provider(), provider()], "`name`");
    refuse(changed(|p| p.base_url = "models.example".to_owned()), "`base_url`");
    refuse(changed(|p| p.base_url = "https://me:secret@models.example/v1".to_owned()), "`api_key_env`");
    refuse(changed(|p| p.timeout_ms = 0), "`timeout_ms`");
    refuse(changed(|p| p.prices.input_per_million = -1.0), "`prices`");
    refuse(
        changed(|p| p.api_key_env = Some("COUNTERSIGN_NO_SUCH_KEY".to_owned())),
        "COUNTERSIGN_NO_SUCH_KEY",
    );
    refuse(changed(|p| p.api_key_file = Some("/nowhere/key".into())), "/nowhere/key");
}

#[test]
fn unknown_settings_are_refused() {
    let known = r#"
        [[providers]]
        name = "main"
        base_url = "https://models.example/v1"
        fast = "small"
        strong = "large"
        prices = { input_per_million = 1.5, output_per_million = 6 }
        breaker = { failures = 3 }
    "#;
    let config: ModelsConfig = toml::from_str(known).unwrap();
    assert!(config.offline_fallback);
    assert_eq!(config.providers[0].breaker, BreakerConfig { failures: 3, open_ms: 30_000 });
    assert!(toml::from_str::<ModelsConfig>(&format!("{known}\nkey = \"sk\"")).is_err());
}
