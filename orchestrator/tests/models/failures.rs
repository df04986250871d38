//! What becomes of a provider's misbehaviour.

use std::{sync::atomic::Ordering, time::Duration};

use domain::model::ModelError;
use orchestrator::{
    models::ProviderConfig,
    testing::model_server::{Reply, RetryAfter},
};
use tokio::time::Instant;

use crate::house::{KEY, Screen, both_ways, house, house_at, request, server};

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let text = "All is well again, and this is long enough to be cut.";
    let passing = [
        Reply::RateLimited(RetryAfter::NotSaid),
        Reply::Status(500, "<html>oops</html>".to_owned()),
        Reply::Status(503, String::new()),
        Reply::Hang,
        Reply::Cut(text.to_owned(), 20),
        Reply::InvalidJson,
        Reply::EmptyChoices,
        Reply::Text(String::new()),
        Reply::Raw("{\"choices\": \"none\"}".to_owned()),
        Reply::Trickle(text.to_owned(), Duration::from_millis(60)),
    ];
    for reply in passing {
        let slow = matches!(reply, Reply::Hang | Reply::Trickle(..));
        let name = format!("{reply:?}");
        let timeout_ms = if slow { 150 } else { 20_000 };
        both_ways(
            vec![reply, Reply::text(text)],
            request(),
            |p| p.timeout_ms = timeout_ms,
            |result, server| {
                assert_eq!(
                    result.unwrap_or_else(|error| panic!("{name}: {error}")).text.as_deref(),
                    Some(text)
                );
                assert_eq!(server.count(), 2, "{name}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_stream_that_ends_early_is_made_anew_and_the_watcher_is_told() {
    let text = "A stream long enough to break in the middle of it.";
    for broken in [
        Reply::Cut(text.to_owned(), 20),
        Reply::Unfinished(text.to_owned()),
        Reply::ErrorInStream(text.to_owned()),
    ] {
        let server = server(vec![broken, Reply::text(text)]).await;
        let house = house(&[&server], |_| {});
        let screen = Screen::default();
        let response = house.model.complete(&request(), Some(&screen)).await.unwrap();
        assert_eq!(response.text.as_deref(), Some(text));
        assert_eq!((screen.shows().as_str(), screen.restarts.load(Ordering::SeqCst)), (text, 1));
    }
}

#[tokio::test]
async fn what_stays_wrong_ends_in_a_clean_error() {
    let failing = [
        Reply::RateLimited(RetryAfter::NotSaid),
        Reply::Status(500, "x".repeat(1 << 20)),
        Reply::Hang,
        Reply::InvalidJson,
        Reply::EmptyChoices,
        Reply::Cut("A text that always breaks off.".to_owned(), 10),
    ];
    for reply in failing {
        let name = format!("{reply:?}").chars().take(40).collect::<String>();
        let timeout_ms = if matches!(reply, Reply::Hang) { 60 } else { 20_000 };
        let always = vec![reply; 3];
        let change = |p: &mut ProviderConfig| {
            p.max_retries = 2;
            p.timeout_ms = timeout_ms;
        };
        both_ways(always, request(), change, |result, server| {
            let error = result.unwrap_err();
            assert!(!matches!(error.error, ModelError::Refused(_)), "{name}: {error}");
            assert!(
                error.to_string().contains("provider-0") && error.to_string().len() < 600,
                "{name}: {error}"
            );
            assert_eq!(server.count(), 3, "{name}");
        })
        .await;
    }
}

#[tokio::test]
async fn what_repeating_cannot_help_is_not_repeated() {
    let echo = format!(
        "{{\"error\": {{\"message\": \"Incorrect API key provided: {KEY}\", \"code\": \"invalid_api_key\"}}}}"
    );
    let refusals = [
        Reply::Status(400, echo.clone()),
        Reply::Status(401, echo.clone()),
        Reply::Status(403, echo.clone()),
        Reply::Status(404, String::new()),
        Reply::Status(422, echo),
        Reply::Status(307, String::new()),
        Reply::OutOfQuota,
        Reply::Declined("I will not.".to_owned()),
    ];
    for reply in refusals {
        let name = format!("{reply:?}");
        both_ways(
            vec![reply, Reply::text("never asked")],
            request(),
            |_| {},
            |result, server| {
                let error = result.unwrap_err();
                assert!(matches!(error.error, ModelError::Refused(_)), "{name}: {error:?}");
                assert_eq!(server.count(), 1, "{name}");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_reply_cut_at_its_limit_says_what_to_do_and_is_not_repeated() {
    let server = server(vec![Reply::TooLong("It goes on and".to_owned()), Reply::text("never asked")]).await;
    let house = house(&[&server], |_| {});
    let screen = Screen::default();
    let error = house.model.complete(&request(), Some(&screen)).await.unwrap_err();
    assert!(
        matches!(&error.error, ModelError::Malformed(why) if why.contains("500 tokens; raise")),
        "{error}"
    );
    assert_eq!((server.count(), screen.shows().as_str()), (1, ""));
}

#[tokio::test]
async fn a_body_without_end_is_not_read_to_the_end() {
    let server = server(Reply::Huge(64 << 20)).await;
    let house = house(&[&server], |p| p.max_retries = 0);
    let error = house.model.complete(&request(), None).await.unwrap_err();
    assert!(matches!(&error.error, ModelError::Malformed(why) if why.contains("8 MiB")), "{error:?}");
    let error = house.model.complete(&request(), Some(&Screen::default())).await.unwrap_err();
    assert!(matches!(error.error, ModelError::Unavailable(_)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_does_not_stream_says_so_in_the_error() {
    let server = server(Reply::NotStreamed("All at once.".to_owned())).await;
    let house = house(&[&server], |_| {});
    let error = house.model.complete(&request(), Some(&Screen::default())).await.unwrap_err();
    assert!(
        matches!(&error.error, ModelError::Malformed(why) if why.contains("stream = false")),
        "{error:?}"
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn retry_after_is_kept() {
    let server = server(vec![Reply::RateLimited(RetryAfter::Seconds(0.2)), Reply::text("now")]).await;
    let house = house(&[&server], |_| {});
    let started = Instant::now();
    house.model.complete(&request(), None).await.unwrap();
    assert!(started.elapsed() >= Duration::from_millis(200), "{:?}", started.elapsed());
}

#[tokio::test]
async fn retry_after_has_a_ceiling_in_both_its_forms() {
    let far = "Sat, 06 Nov 2094 08:49:37 GMT".to_owned();
    for after in [RetryAfter::Seconds(86_400.0), RetryAfter::Date(far)] {
        let server = server(vec![Reply::RateLimited(after), Reply::text("now")]).await;
        let house = house(&[&server], |p| p.max_retry_after_ms = 50);
        let started = Instant::now();
        house.model.complete(&request(), None).await.unwrap();
        let took = started.elapsed();
        assert!(took >= Duration::from_millis(50) && took < Duration::from_secs(10), "{took:?}");
    }
}

#[tokio::test]
async fn all_attempts_together_have_a_time_limit() {
    let server = server(Reply::Hang).await;
    let house = house(&[&server], |p| {
        p.timeout_ms = 100;
        p.total_timeout_ms = 250;
        p.max_retries = 20;
        p.breaker.failures = 100;
    });
    let started = Instant::now();
    let error = house.model.complete(&request(), None).await.unwrap_err();
    assert!(matches!(error.error, ModelError::Unavailable(_)), "{error:?}");
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    assert!(server.count() <= 4, "{}", server.count());
}

#[tokio::test]
async fn a_provider_that_is_not_there_is_not_available() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    drop(listener);
    let house = house_at(&[url], |p| p.max_retries = 1);
    let error = house.model.complete(&request(), None).await.unwrap_err();
    assert!(matches!(&error.error, ModelError::Unavailable(why) if why.contains("(2 attempts)")), "{error}");
}
