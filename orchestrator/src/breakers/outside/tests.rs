//! Two processes on one database: what one sees fail the other leaves alone, and what one takes the other does
//! not.

use std::sync::atomic::{AtomicI64, Ordering};

use domain::{Timestamp, breaker::automatic::BreakerState};
use store::StoreOptions;
use tempfile::TempDir;

use super::*;
use crate::system::SystemIds;

const TOOLS: &str = r#"
[server.shop]
base_url = "http://127.0.0.1:9"
rate = "40/hour"

[[tool]]
name = "get_order"
server = "shop"
title = "Look an order up"
description = "Fetches one order."
method = "GET"
url = "/orders"
risk = "read"

[[tool]]
name = "list_orders"
server = "shop"
title = "List orders"
description = "Lists orders."
method = "GET"
url = "/list"
risk = "read"
"#;
const TAKES: Duration = Duration::from_secs(1);

struct Hand(AtomicI64);

impl Hand {
    fn forward(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

struct Pair {
    clock: Arc<Hand>,
    one: Outside,
    other: Outside,
    workspace: WorkspaceId,
    tools: Vec<Arc<dyn AnyTool>>,
    _folder: TempDir,
}

async fn pair(config: BreakersConfig) -> Pair {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("desk.db").display());
    let clock = Arc::new(Hand(AtomicI64::new(1_764_000_000_000_000)));
    let process = async |owner: &str| {
        let options = StoreOptions { owner: owner.to_owned(), ..StoreOptions::default() };
        Store::open(&url, options, clock.clone(), Arc::new(SystemIds)).await.unwrap()
    };
    let (first, second) = (process("one").await, process("other").await);
    first.migrate().await.unwrap();
    let workspace = first.create_workspace("north", "North").await.unwrap().id;
    let outside = async |store: Store| {
        Outside::shared(store, clock.clone(), Arc::new(SystemIds), &config, &ModelsConfig::default())
            .await
            .unwrap()
    };
    let (one, other) = (outside(first).await, outside(second).await);
    let tools = tools::http::load(TOOLS, "tools.toml", &NoSecrets, &Default::default()).unwrap();
    Pair { clock, one, other, workspace, tools, _folder: folder }
}

struct NoSecrets;

impl tools::Secrets for NoSecrets {
    fn get(&self, _: &str) -> Option<tools::Secret> {
        None
    }
}

fn config() -> BreakersConfig {
    BreakersConfig { failures: 2, probes: 1, ..BreakersConfig::default() }
}

impl Pair {
    async fn call(&self, outside: &Outside, came: CameOf<'_>) -> Result<bool, Pause> {
        let leave = outside.enter_tool(self.workspace, &*self.tools[0], TAKES).await?;
        Ok(outside.left(leave, came).await)
    }
}

#[tokio::test]
async fn what_one_process_sees_fail_the_other_leaves_alone_and_one_of_them_probes() {
    let pair = pair(config()).await;
    let fails = CameOf::Failure("status 500");
    assert_eq!(pair.call(&pair.one, fails).await, Ok(false));
    assert_eq!(pair.call(&pair.one, fails).await, Ok(true));
    let pause = pair.call(&pair.one, fails).await.unwrap_err();
    assert!(pause.why.contains("the integration shop failed 2 times in a row; tried again at "), "{pause:?}");

    assert_eq!(pair.other.refresh().await.unwrap(), [pair.workspace]);
    assert_eq!(pair.other.refresh().await.unwrap(), [], "it is told once");
    assert!(pair.call(&pair.other, fails).await.is_err());
    assert_eq!(pair.other.open(pair.workspace), pair.one.open(pair.workspace));
    assert_eq!(pair.other.open(WorkspaceId::new(&SystemIds)), []);

    pair.clock.forward(31);
    let tool = &*pair.tools[1];
    let probe = pair.other.enter_tool(pair.workspace, tool, TAKES).await.unwrap();
    let pause = pair.one.enter_tool(pair.workspace, tool, TAKES).await.unwrap_err();
    assert!(pause.why.ends_with("; it is being tried now"), "one probe at a time: {pause:?}");
    assert!(pause.until.since(pair.clock.now()) < Duration::from_secs(3), "it is heard of soon: {pause:?}");
    assert_eq!(pair.one.open(pair.workspace)[0].state, BreakerState::HalfOpen);
    assert!(!pair.other.left(probe, CameOf::Answer).await);
    assert_eq!(pair.other.open(pair.workspace), []);
    pair.one.refresh().await.unwrap();
    assert_eq!(pair.call(&pair.one, fails).await, Ok(false), "it is counted anew");
}

#[tokio::test]
async fn refusals_and_limits_are_no_failures() {
    let pair = pair(config()).await;
    let refused = ToolError::Refused("there is no such order".to_owned());
    let limited = ToolError::Limited { why: "too many".to_owned(), after: Some(Duration::ZERO) };
    for error in [&refused, &limited] {
        for _ in 0..6 {
            pair.clock.forward(100);
            assert_eq!(pair.call(&pair.one, CameOf::tool(error)).await, Ok(false), "{error}");
        }
    }
    assert_eq!(pair.one.open(pair.workspace), []);
}

#[tokio::test]
async fn one_tool_that_fails_while_the_others_work_is_stopped_alone() {
    let pair = pair(BreakersConfig { error_rate: 0.0, ..config() }).await;
    for _ in 0..2 {
        pair.clock.forward(100);
        pair.call(&pair.one, CameOf::Failure("status 500")).await.unwrap();
        pair.clock.forward(100);
        let other = pair.one.enter_tool(pair.workspace, &*pair.tools[1], TAKES).await.unwrap();
        pair.one.left(other, CameOf::Answer).await;
    }
    let open: Vec<BreakerOf> = pair.one.open(pair.workspace).into_iter().map(|open| open.of).collect();
    assert_eq!(open, [BreakerOf::Tool("shop__get_order".to_owned())]);
}

#[tokio::test]
async fn two_processes_together_keep_to_the_limit_of_an_integration() {
    let pair = pair(config()).await;
    let mut made = 0;
    // Both ask as often as they can for an hour.
    for _ in 0..3_600 {
        pair.clock.forward(1);
        for outside in [&pair.one, &pair.other] {
            made += u32::from(pair.call(outside, CameOf::Answer).await.is_ok());
        }
    }
    assert!((30..=40).contains(&made), "{made}");
}

#[tokio::test]
async fn a_far_side_that_asks_one_process_to_wait_is_left_alone_by_the_other() {
    let pair = pair(config()).await;
    let asks = CameOf::AtLimit(Some(Duration::from_secs(90)));
    assert_eq!(pair.call(&pair.one, asks).await, Ok(false));
    pair.other.refresh().await.unwrap();
    let pause = pair.call(&pair.other, CameOf::Answer).await.unwrap_err();
    assert!(pause.at_limit && pause.why.contains("takes no more calls for now"), "{pause:?}");
    pair.clock.forward(91);
    assert_eq!(pair.call(&pair.other, CameOf::Answer).await, Ok(false));
}
