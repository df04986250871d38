//! Which model is asked, and which is left alone.

use std::sync::{Arc, atomic::AtomicI64};

use domain::model::ModelError;
use orchestrator::{
    models::{self, BreakerConfig, ModelsConfig, ProviderConfig},
    testing::model_server::{Reply, RetryAfter},
};

use crate::house::{COURSES, Counted, Hand, house, protections, request, server, with_output};

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
    let ports = || (Arc::new(Hand(AtomicI64::new(0))), Arc::new(Counted::default()));
    let (clock, ids) = ports();
    let nothing = models::build(&ModelsConfig::default(), COURSES, &protections(), clock, ids).unwrap();
    assert_eq!(nothing.complete(&with_output(request()), None).await.unwrap().model, "offline");
    let server = server(Reply::Status(500, String::new())).await;
    let mut broken = ProviderConfig::new("broken", &server.url(), "m", "m");
    broken.max_retries = 0;
    let (clock, ids) = ports();
    let config = ModelsConfig { offline_fallback: true, providers: vec![broken] };
    let degraded = models::build(&config, COURSES, &protections(), clock, ids).unwrap();
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
    assert_eq!((ask().await.as_str(), ask().await.as_str()), ("back", "for good"));
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
        let Err(error) = models::build(&config, COURSES, &protections(), clock, Arc::new(Counted::default()))
        else {
            panic!("{what}")
        };
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
