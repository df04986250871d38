//! The live stream for staff: every event once, in order, whenever one comes back.

use axum::http::StatusCode;
use domain::{RunId, user::Role};
use orchestrator::{
    live::LiveBody,
    testing::app::{Sent, TestApp},
};

fn position(sent: &Sent) -> i64 {
    assert_eq!(sent.name, "event");
    let position = sent.data["event"]["position"].as_i64().unwrap();
    assert_eq!(sent.id.as_deref(), Some(position.to_string().as_str()));
    position
}

#[tokio::test]
async fn the_stream_begins_with_what_happens_next_and_leaves_nothing_out() {
    let app = TestApp::start().await;
    app.open_ticket("Before").await;
    let mut stream = app.key(Role::Viewer).stream("/v1/stream").await;
    for number in 0..20 {
        app.open_ticket(&format!("Ticket {number}")).await;
    }
    // Each is a ticket and a message.
    let positions: Vec<_> = stream.take(40).await.iter().map(position).collect();
    assert_eq!(positions, (3..43).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_who_comes_back_gets_what_they_missed_and_nothing_twice() {
    let app = TestApp::start().await;
    for number in 0..5 {
        app.open_ticket(&format!("Ticket {number}")).await;
    }
    let viewer = app.key(Role::Viewer);
    let mut seen = Vec::new();
    let mut last = "0".to_owned();
    for round in 0..4 {
        let mut stream = viewer.with("last-event-id", &last).stream("/v1/stream").await;
        for sent in stream.take(3).await {
            last = sent.id.clone().unwrap();
            seen.push(position(&sent));
        }
        drop(stream);
        app.open_ticket(&format!("Between {round}")).await;
    }
    let mut stream = viewer.stream(&format!("/v1/stream?after={last}")).await;
    seen.extend(stream.take(6).await.iter().map(position));
    assert_eq!(seen, (1..=18).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_reader_who_is_cut_off_before_the_first_event_misses_nothing() {
    let app = TestApp::start().await;
    app.open_ticket("Before").await;
    // One who is served masks, and one who is not.
    for reader in [app.key(Role::Viewer), app.user(Role::Reviewer).await] {
        let mut stream = reader.stream("/v1/stream").await;
        let last = stream.begins_at().await;
        drop(stream);
        app.open_ticket("Meanwhile").await;
        let mut stream = reader.with("last-event-id", &last).stream("/v1/stream").await;
        let last: i64 = last.parse().unwrap();
        let seen: Vec<_> = stream.take(2).await.iter().map(position).collect();
        assert_eq!(seen, [last + 1, last + 2]);
    }
}

#[tokio::test]
async fn a_slow_reader_loses_nothing() {
    let app = TestApp::start().await;
    let mut stream = app.key(Role::Viewer).stream("/v1/stream").await;
    // More than the broadcast between the writer and its listeners is likely to hold for one that
    // does not read, and more than one page of the store.
    let count = 300;
    for number in 0..count {
        app.open_ticket(&format!("Ticket {number}")).await;
    }
    let positions: Vec<_> = stream.take(count * 2).await.iter().map(position).collect();
    assert_eq!(positions, (1..=i64::try_from(count * 2).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn another_workspaces_events_are_not_told() {
    let app = TestApp::start().await;
    let theirs = app.another_workspace().await;
    let mut stream = app.key(Role::Owner).stream("/v1/stream").await;
    theirs.open_ticket("Not yours").await;
    let live = &app.app.live;
    live.send(
        theirs.workspace,
        LiveBody::ModelText { run_id: RunId(theirs.workspace.0), delta: "theirs".to_owned() },
    );
    app.open_ticket("Yours").await;
    let sent = stream.next().await.unwrap();
    assert_eq!(sent.data["event"]["body"]["subject"], "Yours");
    live.send(
        app.workspace,
        LiveBody::ModelText { run_id: RunId(app.workspace.0), delta: "ours".to_owned() },
    );
    stream.next().await.unwrap();
    let sent = stream.next().await.unwrap();
    assert_eq!((sent.id, sent.data["delta"].as_str()), (None, Some("ours")));
}

#[tokio::test]
async fn a_reader_from_before_the_database_was_set_up_anew_is_not_left_waiting() {
    let app = TestApp::start().await;
    let mut stream = app.key(Role::Viewer).with("last-event-id", "5000").stream("/v1/stream").await;
    app.open_ticket("New here").await;
    assert_eq!(position(&stream.next().await.unwrap()), 1);
}

#[tokio::test]
async fn a_position_that_was_never_given_is_refused() {
    let app = TestApp::start().await;
    let viewer = app.key(Role::Viewer);
    for bad in ["x", "-1", "9999999999999999999999"] {
        viewer.with("last-event-id", bad).get("/v1/stream").await.problem(StatusCode::BAD_REQUEST);
    }
}
