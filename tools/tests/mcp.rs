//! What tools of MCP servers promise, against a real server: the official Python SDK.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

mod mcp_rig;
mod support;

use std::{collections::BTreeMap, fs, sync::Arc};

use domain::{
    canonical::Digest,
    tool::{Inquiry, Risk, ToolError, ToolOutput},
};
use mcp_rig::{Bench, Register, http, kill, screen, serve, stdio, until};
use serde_json::json;
use support::{House, effect, plain_context};
use tools::{
    Catalog, Secret, ToolsError,
    mcp::{McpServers, McpSettings, McpTransport},
    testing::Port,
};

/// What holds over either transport.
async fn tools_are_discovered_and_called(bench: &Bench) {
    let names: Vec<String> = bench.catalog.specs().into_iter().map(|spec| spec.name).collect();
    for name in ["announce", "failing", "huge", "lookup", "record", "shifting", "slow", "slow_read"] {
        assert!(names.contains(&format!("srv__{name}")), "{names:?}");
    }
    let lookup = bench.tool("lookup").spec().clone();
    assert_eq!((lookup.title.as_str(), lookup.risk), ("Look a city up", Risk::Read));
    assert_eq!(lookup.description, "Says where a city is.");
    assert_eq!(lookup.parameters["properties"]["city"]["type"], "string");
    assert_eq!(bench.tool("record").spec().risk, Risk::Outward);
    assert_eq!(bench.tool("failing").spec().risk, Risk::Irreversible);
    assert!(bench.catalog.suspended().is_empty());
    assert_eq!(bench.register.known.lock().unwrap().len(), names.len());

    let found = bench.read("lookup", json!({ "city": "Utrecht" })).await.unwrap();
    assert_eq!(found.content["country"], "NL");
    let args = json!({ "text": "hello" });
    let recorded = bench.execute("record", args.clone()).await.unwrap();
    assert_eq!(recorded.content, json!("recorded hello"));
    assert_eq!(bench.calls(), [format!("record hello {}", effect("x", &args).idempotency_key())]);

    assert!(matches!(bench.read("lookup", json!({ "city": 3 })).await, Err(ToolError::Arguments { .. })));
    assert!(matches!(bench.read("record", args).await, Err(ToolError::Refused(_))));
    assert!(
        matches!(bench.read("huge", json!({})).await, Err(ToolError::Refused(why)) if why.contains("256 KiB"))
    );
    assert_eq!(bench.tool("record").inquire(&plain_context(), "key").await, Inquiry::CannotTell);
}

#[tokio::test]
async fn tools_over_stdio_are_discovered_and_called() {
    let bench = Bench::stdio(20_000).await;
    tools_are_discovered_and_called(&bench).await;
    bench.servers.close().await;
    assert!(matches!(bench.read("lookup", json!({ "city": "x" })).await, Err(ToolError::Unavailable(_))));
}

#[tokio::test]
async fn tools_over_http_are_discovered_and_called() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let reserved = Port::reserve();
    let port = reserved.number();
    let _server = serve(&folder, port).await;
    let bench = Bench::with(folder, Arc::default(), http(port, BTreeMap::new()), 20_000);
    bench.connect().await;
    tools_are_discovered_and_called(&bench).await;
}

#[tokio::test]
async fn a_server_of_the_newer_protocol_without_initialize_is_used_too() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::write(folder.path().join("modern"), "").unwrap();
    let reserved = Port::reserve();
    let port = reserved.number();
    let _server = serve(&folder, port).await;
    let bench = Bench::with(folder, Arc::default(), http(port, BTreeMap::new()), 20_000);
    bench.connect().await;
    assert_eq!(bench.read("lookup", json!({ "city": "Utrecht" })).await.unwrap().content["country"], "NL");
    assert!(
        bench.calls().starts_with(&["initialize".to_owned(), "server/discover".to_owned()]),
        "{:?}",
        bench.calls()
    );
}

#[tokio::test]
async fn a_call_that_takes_too_long_is_unknown_for_an_effect_and_the_connection_stays() {
    let bench = Bench::stdio(300).await;
    let (effect, read) =
        tokio::join!(bench.execute("slow", json!({ "how": "very" })), bench.read("slow_read", json!({})));
    assert!(matches!(effect, Err(ToolError::Unknown(why)) if why.contains("300 ms")));
    assert!(matches!(read, Err(ToolError::Unavailable(why)) if why.contains("300 ms")));
    assert!(bench.servers.status().await[0].connected);
    bench.servers.close().await;
}

#[tokio::test]
async fn what_goes_wrong_inside_a_tool_may_be_done_where_it_cannot_be_undone_or_repeated() {
    let bench = Bench::stdio(20_000).await;
    for (name, may_be_done) in [("failing", true), ("failing_again", false), ("declining", false)] {
        let failed = bench.execute(name, json!({ "text": "NF-1" })).await;
        let (is_unknown, why) = match &failed {
            Err(ToolError::Unclear(why)) => (true, why),
            Err(ToolError::Refused(why)) => (false, why),
            other => panic!("{name}: {other:?}"),
        };
        assert_eq!(is_unknown, may_be_done, "{name}");
        assert!(why.contains("no record of NF-1"), "{name}: {why}");
    }
    bench.servers.close().await;
}

#[tokio::test]
async fn a_dead_child_is_restarted_by_the_next_call() {
    let bench = Bench::stdio(20_000).await;
    let pid = |output: ToolOutput| output.content["pid"].clone();
    let first = pid(bench.read("lookup", json!({ "city": "x" })).await.unwrap());
    kill(&first);
    let second = pid(bench.read("lookup", json!({ "city": "x" })).await.unwrap());
    assert_ne!(first, second);

    // Noticed or not, an effect is done once or not at all.
    kill(&second);
    until("the death is noticed", async || !bench.servers.status().await[0].connected).await;
    bench.execute("record", json!({ "text": "after" })).await.unwrap();
    assert_eq!(bench.calls().len(), 1);
    bench.servers.close().await;
}

#[tokio::test]
async fn an_effect_whose_server_dies_under_it_is_unknown_and_not_repeated() {
    let bench = Bench::stdio(30_000).await;
    let pid = bench.read("lookup", json!({ "city": "x" })).await.unwrap().content["pid"].clone();
    let (outcome, ()) = tokio::join!(bench.execute("slow", json!({ "how": "x" })), async {
        until("the call has begun", async || !bench.calls().is_empty()).await;
        kill(&pid);
    });
    assert!(matches!(outcome, Err(ToolError::Unknown(_))), "{outcome:?}");
    bench.read("lookup", json!({ "city": "x" })).await.unwrap();
    assert_eq!(bench.calls(), ["slow x"]);
    bench.servers.close().await;
}

#[tokio::test]
async fn a_server_over_http_that_comes_back_is_used_again() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let reserved = Port::reserve();
    let port = reserved.number();
    let server = serve(&folder, port).await;
    let bench = Bench::with(folder.clone(), Arc::default(), http(port, BTreeMap::new()), 20_000);
    bench.connect().await;
    drop(server);
    let gone = bench.execute("record", json!({ "text": "gone" })).await;
    assert!(matches!(gone, Err(ToolError::Unavailable(_))), "{gone:?}");
    assert!(!bench.servers.status().await[0].connected);

    let server = serve(&folder, port).await;
    until("the server is used again", async || {
        bench.execute("record", json!({ "text": "back" })).await.is_ok()
    })
    .await;
    assert_eq!(bench.calls().len(), 1);

    // A restart that nobody noticed: the session is gone, and the call is made on a new one.
    drop(server);
    let _server = serve(&folder, port).await;
    bench.execute("record", json!({ "text": "again" })).await.unwrap();
    assert_eq!(bench.calls().len(), 2);
}

#[tokio::test]
async fn a_tool_whose_description_changes_is_suspended_until_it_is_accepted() {
    let bench = Bench::stdio(20_000).await;
    let before = bench.tool("shifting");
    assert_eq!(bench.read("shifting", json!({})).await.unwrap().content, json!("done"));
    bench.shift();
    let suspension = bench.suspended("shifting").await;
    assert_eq!(bench.catalog.suspended().len(), 1);
    assert!(suspension.why.contains("description"), "{}", suspension.why);
    assert_eq!(suspension.was.as_ref().unwrap().description, "Does something harmless.");
    // Neither the tool as it is now nor one held from before can be called, and no agent sees it.
    for tool in [bench.tool("shifting"), before] {
        let refused = tool.read(&plain_context(), &json!({})).await;
        assert!(matches!(&refused, Err(ToolError::Refused(why)) if why.contains("suspended")), "{refused:?}");
    }
    let granted = bench.catalog.granted(&["srv__*".to_owned()]);
    assert!(granted.iter().all(|tool| tool.spec().name != "srv__shifting"));
    assert!(bench.read("lookup", json!({ "city": "x" })).await.is_ok());

    assert!(matches!(
        bench.servers.accept("srv__shifting", Some(&Digest::of("another look"))).await,
        Err(ToolsError::ChangedAgain(_))
    ));
    assert!(matches!(bench.servers.accept("srv__lookup", None).await, Err(ToolsError::NotSuspended(_))));
    assert!(matches!(bench.servers.accept("srv__none", None).await, Err(ToolsError::UnknownTool(_))));
    let accepted = bench.servers.accept("srv__shifting", Some(&suspension.look)).await.unwrap();
    assert!(accepted.description.starts_with("Ignore what you were told"));
    assert!(bench.catalog.suspended().is_empty());
    assert_eq!(bench.read("shifting", json!({})).await.unwrap().content, json!("done"));
    bench.servers.close().await;
}

#[tokio::test]
async fn a_tool_that_says_meanwhile_that_it_may_be_repeated_has_changed_again() {
    let bench = Bench::stdio(20_000).await;
    bench.put("reworded");
    let seen = bench.suspended("record").await;
    bench.put("flipped");
    let refused = bench.servers.accept("srv__record", Some(&seen.look)).await;
    assert!(matches!(refused, Err(ToolsError::ChangedAgain(_))), "{refused:?}");
    assert!(!bench.register.known.lock().unwrap()["srv__record"].spec.idempotent);

    let now = bench.catalog.suspension("srv__record").unwrap();
    assert!(now.now.idempotent && now.why.contains("idempotency"), "{}", now.why);
    assert_eq!(now.now.version, seen.now.version, "no decision is bound to it");
    bench.servers.accept("srv__record", Some(&now.look)).await.unwrap();
    assert!(bench.catalog.suspended().is_empty());
    bench.servers.close().await;
}

#[tokio::test]
async fn a_registered_tool_stays_suspended_until_its_server_is_looked_at_again() {
    let bench = Bench::stdio(20_000).await;
    bench.shift();
    let seen = bench.suspended("shifting").await;
    let spec = bench.servers.register("srv__shifting", Some(&seen.look)).await.unwrap();
    assert_eq!(bench.register.known.lock().unwrap()["srv__shifting"].spec, spec);
    assert!(bench.catalog.suspension("srv__shifting").is_some());
    bench.servers.look_again("srv__shifting").await;
    assert!(bench.catalog.suspended().is_empty());
    assert_eq!(bench.read("shifting", json!({})).await.unwrap().content, json!("done"));
    bench.servers.close().await;
}

#[tokio::test]
async fn a_new_tool_whose_description_is_an_order_waits_for_an_admin() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::write(folder.path().join("shifted"), "").unwrap();
    let bench = Bench::with(folder.clone(), Arc::default(), stdio(&folder), 20_000);
    bench.connect().await;
    let suspension = bench.catalog.suspension("srv__shifting").unwrap();
    assert!(suspension.why.contains("it overrules the agent"), "{}", suspension.why);
    assert!(suspension.was.is_none(), "nobody has accepted it before");
    let refused = bench.read("shifting", json!({})).await;
    assert!(matches!(&refused, Err(ToolError::Refused(why)) if why.contains("suspended")), "{refused:?}");
    assert!(bench.read("lookup", json!({ "city": "x" })).await.is_ok());
    bench.servers.accept("srv__shifting", Some(&suspension.look)).await.unwrap();
    assert_eq!(bench.read("shifting", json!({})).await.unwrap().content, json!("done"));
    bench.servers.close().await;
}

#[tokio::test]
async fn a_change_while_the_service_was_down_is_suspended_too() {
    let bench = Bench::stdio(20_000).await;
    bench.servers.close().await;
    bench.shift();
    let later = Bench::with(bench.folder.clone(), bench.register.clone(), stdio(&bench.folder), 20_000);
    later.connect().await;
    assert_eq!(later.catalog.suspended().len(), 1);
    assert!(matches!(later.read("shifting", json!({})).await, Err(ToolError::Refused(_))));
    later.servers.close().await;
}

#[tokio::test]
async fn an_announced_change_reaches_the_catalog_by_itself() {
    let bench = Bench::stdio(20_000).await;
    let servers = bench.servers.clone();
    let watch = tokio::spawn(async move { servers.watch().await });
    bench.shift();
    bench.read("announce", json!({})).await.unwrap();
    until("the catalog shows it", async || !bench.catalog.suspended().is_empty()).await;
    watch.abort();
    bench.servers.close().await;
}

#[tokio::test]
async fn a_change_is_seen_although_nobody_waited_for_the_listing_that_shows_it() {
    let bench = Bench::stdio(20_000).await;
    bench.shift();
    bench.put("held");
    bench.read("announce", json!({})).await.unwrap();
    // Until the server's word of the change has come, a read is answered without a listing.
    until("a read is given up while the tools are listed", async || {
        tokio::select! {
            read = bench.read("lookup", json!({ "city": "x" })) => {
                read.unwrap();
                false
            }
            () = until("the listing begins", async || bench.calls() == ["tools/list"]) => true,
        }
    })
    .await;
    assert!(bench.catalog.suspended().is_empty(), "the listing has not ended");
    bench.take("held");
    let refused = bench.read("shifting", json!({})).await;
    assert!(matches!(&refused, Err(ToolError::Refused(why)) if why.contains("suspended")), "{refused:?}");
    bench.servers.close().await;
}

#[tokio::test]
async fn an_acceptance_stands_although_the_server_goes_away_right_after_it() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let bench = Bench::with(folder.clone(), Arc::default(), stdio(&folder), 20_000);
    bench.shift();
    bench.connect().await;
    let seen = bench.catalog.suspension("srv__shifting").unwrap();
    bench.put("last");
    bench.servers.accept("srv__shifting", Some(&seen.look)).await.unwrap();
    assert_eq!(bench.register.known.lock().unwrap()["srv__shifting"].version, seen.now.version);
    // What the server offers now is not known, so that the tool is not called yet.
    assert!(!bench.servers.status().await[0].connected);
    assert!(bench.catalog.suspension("srv__shifting").is_some());
    bench.take("gone");
    until("the accepted tool is called", async || {
        bench.servers.connect_all().await;
        bench.read("shifting", json!({})).await.is_ok()
    })
    .await;
    bench.servers.close().await;
}

#[tokio::test]
async fn nothing_is_let_in_while_the_registrations_cannot_be_read() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let register = Arc::new(Register::default());
    *register.down.lock().unwrap() = true;
    let bench = Bench::with(folder.clone(), register.clone(), stdio(&folder), 20_000);
    bench.servers.connect_all().await;
    assert!(bench.catalog.specs().is_empty());
    assert!(bench.catalog.awaits("srv__lookup"), "nobody knows yet what the server offers");
    *register.down.lock().unwrap() = false;
    bench.connect().await;
    assert!(!bench.catalog.awaits("srv__none"));
    assert!(bench.read("lookup", json!({ "city": "x" })).await.is_ok());
    bench.servers.close().await;
}

#[tokio::test]
async fn credentials_are_sent_and_never_shown() {
    const TOKEN: &str = "tok-very-secret-456";
    let folder = Arc::new(tempfile::tempdir().unwrap());
    fs::write(folder.path().join("token"), TOKEN).unwrap();
    let reserved = Port::reserve();
    let port = reserved.number();
    let _server = serve(&folder, port).await;
    let with = |token: &str| {
        let headers = BTreeMap::from([("Authorization".to_owned(), Secret::new(format!("Bearer {token}")))]);
        let transport = http(port, headers);
        assert!(!format!("{transport:?}").contains(token));
        Bench::with(folder.clone(), Arc::default(), transport, 20_000)
    };
    let good = with(TOKEN);
    good.connect().await;
    assert!(good.read("lookup", json!({ "city": "x" })).await.is_ok());
    // The server quotes the credentials, whole and without their scheme.
    let redacted = |shown: String| {
        assert!(shown.contains("[redacted]") && !shown.contains("tok-"), "{shown}");
    };
    for how in ["answer", "refusal", "error"] {
        redacted(format!("{:?}", good.read("quote", json!({ "how": how })).await));
    }
    let bad = with("tok-wrong-secret-789");
    let status = bad.servers.connect_all().await;
    assert!(!status[0].connected, "{status:?}");
    redacted(format!("{status:?}"));
    // From now on those that were right are wrong.
    fs::write(folder.path().join("token"), "tok-another-secret-000").unwrap();
    redacted(format!("{:?}", good.execute("record", json!({ "text": "x" })).await));
}

#[tokio::test]
async fn a_server_that_cannot_start_says_why_and_stops_nobody() {
    let catalog = Catalog::builder().build();
    let command = |command: &str, args: &[&str]| McpTransport::Stdio {
        command: command.to_owned(),
        args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        env: BTreeMap::new(),
    };
    let settings = vec![
        McpSettings::new("missing", command("/no/such/program", &[])),
        McpSettings::new("broken", command("sh", &["-c", "echo the module is missing >&2; exit 1"])),
    ];
    let servers = McpServers::new(
        settings,
        Arc::new(Register::default()),
        catalog,
        Arc::new(House::default()),
        screen(),
    )
    .unwrap();
    let status = servers.connect_all().await;
    let error = |name: &str| status.iter().find(|server| server.name == name).unwrap().error.clone().unwrap();
    assert!(error("missing").contains("cannot be started"), "{status:?}");
    assert!(!error("broken").is_empty());
}

#[tokio::test]
async fn settings_that_cannot_work_are_refused() {
    let new = |names: &[&str], url: &str| {
        let settings = names
            .iter()
            .map(|name| {
                McpSettings::new(*name, McpTransport::Http { url: url.to_owned(), headers: BTreeMap::new() })
            })
            .collect();
        McpServers::new(
            settings,
            Arc::new(Register::default()),
            Catalog::default(),
            Arc::new(House::default()),
            screen(),
        )
        .map(|_| ())
    };
    assert!(new(&["a"], "http://127.0.0.1:1/mcp").is_ok());
    assert!(new(&["a", "a"], "http://127.0.0.1:1/mcp").unwrap_err().to_string().contains("two MCP servers"));
    assert!(new(&["a__b"], "http://127.0.0.1:1/mcp").is_err());
    assert!(new(&["a"], "ftp://x/").is_err());
    assert!(new(&["a"], "nonsense").is_err());
}
