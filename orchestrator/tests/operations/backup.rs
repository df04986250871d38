//! Backups are made while the desk works, and are worth something only when a desk comes of them.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use domain::{
    Clock as _, EventId, MessageId, RunId, SessionId, TicketId, UserId,
    audit::{AuditAction, Deed},
    breaker::BreakerOf,
    commit::{Commit, DeliveryStatus, Op},
    ticket::{Channel, EventBody, Message, NewEvent, Priority, Visibility},
    user::{Actor, Role, User},
};
use orchestrator::{
    system::{SystemClock, SystemIds},
    testing::{
        load::{Driver, config, prepare, stub, tools},
        process::Process,
    },
};
use reqwest::Method;
use serde_json::{Value, json};
use sqlx::{Connection as _, Row as _, sqlite::SqliteConnection};
use store::{Session, Store, StoreOptions, WorkspaceStore};
use tokio::time;

/// Who may let things go on.
const ADMIN: &str = "admin@bench.example";

/// A folder of its own with a configuration, and commands in it.
struct House {
    folder: tempfile::TempDir,
    process: Process,
    /// What is in the configuration, without the address.
    config: String,
}

impl House {
    fn new(stub: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("data/countersign.db").display());
        let key_file = folder.path().join("data/secret.key");
        let inline = format!("key = \"{}\"", "ef".repeat(32));
        let config = config(&url, stub);
        assert!(config.contains(&inline));
        let config = config.replace(&inline, &format!("key_file = \"{}\"", key_file.display()))
            + "[knowledge]\nlibrary = false\n";
        fs::write(folder.path().join("tools.toml"), tools(stub)).unwrap();
        let process = Process::new(Self::program(), folder.path(), "desk", &config, &[]);
        Self { folder, process, config }
    }

    fn program() -> &'static Path {
        Path::new(env!("CARGO_BIN_EXE_countersign"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Output {
        Command::new(Self::program())
            .arg("--config")
            .arg(self.path("desk.toml"))
            .args(arguments)
            .current_dir(self.folder.path())
            .output()
            .unwrap()
    }

    fn does(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}{}", String::from_utf8_lossy(&output.stderr));
        said
    }

    fn refuses(&self, arguments: &[&str], why: &str) {
        let output = self.command(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && said.contains(why), "{arguments:?}: {said}");
    }

    fn left_behind(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("data")).unwrap();
        let mut names: Vec<String> = entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }
}

async fn get(driver: &Driver, path: &str) -> Value {
    let answer = driver.request(Method::GET, path).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.json().await.unwrap()
}

/// Joins the desk; nobody signs in as them.
async fn admin(url: &str) {
    let options = StoreOptions { max_claimed: 0, read_connections: 1, ..StoreOptions::default() };
    let store = Store::open(url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    let user = User {
        id: UserId::new(&SystemIds),
        email: ADMIN.to_owned(),
        name: "Admin".to_owned(),
        role: Role::Admin,
        title: String::new(),
        created_at: SystemClock.now(),
        deactivated_at: None,
    };
    let workspace = store.workspaces().await.unwrap()[0].id;
    store.workspace(workspace).create_user(user, String::new()).await.unwrap();
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_made_while_the_desk_works_is_a_desk_that_goes_on() {
    rustls::crypto::ring::default_provider().install_default().ok();
    let stub = stub().await;
    let mut old = House::new(&stub);
    fs::create_dir_all(old.path("data")).unwrap();
    let url = format!("sqlite:{}", old.path("data/countersign.db").display());
    prepare(&url).await;
    admin(&url).await;
    old.process.start();
    old.process.ready().await;
    let driver = Driver::start(old.process.url(), 4).await;
    let before = driver.open().await;

    // Customers write and a reviewer decides for as long as it is backed up.
    let (over, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let customers: Vec<_> = (0..4)
        .map(|_| {
            let (driver, over, ended) = (Arc::clone(&driver), Arc::clone(&over), Arc::clone(&ended));
            tokio::spawn(async move {
                while !over.load(Ordering::Relaxed) {
                    driver.one().await;
                    ended.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    while ended.load(Ordering::Relaxed) < 8 {
        time::sleep(Duration::from_millis(5)).await;
    }
    let file = old.path("backup.db");
    let name = file.to_str().unwrap();
    let said = old.does(&["backup", name]);
    assert!(said.contains("The key is not in it"), "{said}");
    let at_backup = ended.load(Ordering::Relaxed);
    while ended.load(Ordering::Relaxed) < at_backup + 4 {
        time::sleep(Duration::from_millis(5)).await;
    }
    over.store(true, Ordering::Relaxed);
    for customer in customers {
        customer.await.unwrap();
    }
    use std::os::unix::fs::PermissionsExt as _;
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "nobody else reads it");
    let bytes = fs::read(&file).unwrap();
    old.refuses(&["backup", name], "is there already");
    assert_eq!(fs::read(&file).unwrap(), bytes, "a backup is never written over");
    old.refuses(&["restore", name], "another Countersign is serving this database");
    old.process.kill();
    old.refuses(&["restore", name], "there is a database at");

    // Another machine. Without the key it says which one is missing, and changes nothing.
    let mut new = House::new(&stub);
    new.refuses(&["restore", name], "made under another key");
    assert_eq!(new.left_behind(), ["countersign.lock"]);
    fs::copy(old.path("data/secret.key"), new.path("data/secret.key")).unwrap();
    let said = new.does(&["restore", name]);
    assert!(said.contains("Agents are stopped"), "{said}");
    assert_eq!(new.left_behind(), ["countersign.db", "countersign.lock", "secret.key"]);
    for check in [["tickets", "verify"], ["credits", "verify"], ["audit", "verify"]] {
        new.does(&check);
    }

    new.process.start();
    new.process.ready().await;
    let driver = Driver::start(new.process.url(), 4).await;
    let ticket = get(&driver, &format!("/v1/tickets/{before}")).await;
    assert_eq!(ticket["ticket"]["id"], before.as_str(), "what was acknowledged before it is in it");
    let stopped = get(&driver, "/v1/breakers").await;
    assert!(stopped.to_string().contains("Restored from a backup"), "{stopped}");
    let waiting = driver.open().await;
    loop {
        let runs = get(&driver, "/v1/runs?status=waiting&limit=100").await;
        let found = runs["items"].as_array().unwrap().iter().any(|run| {
            run["ticket_id"] == waiting.as_str() && run["waiting_for"].as_str().unwrap().contains("breaker")
        });
        if found {
            break;
        }
        time::sleep(Duration::from_millis(20)).await;
    }
    new.does(&["breakers", "close", "workspace", "--reason", "looked at everything", "--as", ADMIN]);
    driver.one().await;
    for check in [["tickets", "verify"], ["credits", "verify"], ["audit", "verify"]] {
        new.does(&check);
    }
}

#[tokio::test]
async fn what_is_no_whole_backup_for_this_version_is_refused() {
    let house = House::new("http://127.0.0.1:9");
    fs::create_dir_all(house.path("data")).unwrap();
    house.refuses(&["backup", "early.db"], "there is no database at");
    let database = house.path("data/countersign.db");
    prepare(&format!("sqlite:{}", database.display())).await;
    house.refuses(&["backup", "early.db"], "there is no key yet");
    fs::write(house.path("data/secret.key"), "ab".repeat(32)).unwrap();
    house.does(&["backup", "with.db", "--with-key"]);
    house.does(&["backup", "without.db"]);

    let other = House::new("http://127.0.0.1:9");
    let (with, without) = (house.path("with.db"), house.path("without.db"));
    let (with, without) = (with.to_str().unwrap(), without.to_str().unwrap());
    other.refuses(&["restore", database.to_str().unwrap()], "no backup of Countersign");
    let half = other.path("half.db");
    let bytes = fs::read(with).unwrap();
    fs::write(&half, &bytes[..bytes.len() / 2]).unwrap();
    other.refuses(&["restore", half.to_str().unwrap()], "damaged");
    let newer = other.path("newer.db");
    fs::copy(with, &newer).unwrap();
    let mut connection = SqliteConnection::connect(&format!("sqlite:{}", newer.display())).await.unwrap();
    sqlx::query("UPDATE countersign_backup SET value = '9999' WHERE name = 'schema'")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    other.refuses(&["restore", newer.to_str().unwrap()], "its schema is 9999");
    fs::create_dir_all(other.path("data/index/knowledge-1")).unwrap();
    other.refuses(&["restore", with], "the index of another database");
    fs::remove_dir_all(other.path("data/index")).unwrap();
    fs::write(other.path("data/countersign.db-wal"), "left over").unwrap();
    other.refuses(&["restore", with], "the log of a database that is gone");
    fs::remove_file(other.path("data/countersign.db-wal")).unwrap();
    fs::write(other.path("data/secret.key"), "cd".repeat(32)).unwrap();
    other.refuses(&["restore", with], "made under another key");
    other.refuses(&["restore", without], "made under another key");
    assert_eq!(other.left_behind(), ["countersign.lock", "secret.key"], "nothing was changed");

    // The key comes along where it was asked for, and a former one will do.
    fs::remove_file(other.path("data/secret.key")).unwrap();
    other.does(&["restore", with, "--go-on"]);
    assert_eq!(fs::read_to_string(other.path("data/secret.key")).unwrap(), "ab".repeat(32));
    assert!(other.does(&["breakers", "list"]).contains("Nothing is stopped"));
    fs::remove_file(other.path("data/countersign.db")).unwrap();
    fs::write(other.path("data/secret.key"), "cd".repeat(32)).unwrap();
    let changed =
        other.config.replace("[secrets]\n", &format!("[secrets]\nformer_keys = [\"{}\"]\n", "ab".repeat(32)));
    fs::write(other.path("desk.toml"), changed).unwrap();
    other.does(&["restore", without]);
    fs::remove_file(other.path("data/countersign.db")).unwrap();
    fs::write(other.path("desk.toml"), &other.config).unwrap();
    other.does(&["restore", without, "--without-key"]);
}

/// The first workspace, for looking at it.
async fn first_desk(url: &str) -> WorkspaceStore {
    let options = StoreOptions { max_claimed: 0, read_connections: 1, ..StoreOptions::default() };
    let store = Store::open(url, options, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    let workspace = store.workspaces().await.unwrap()[0].id;
    store.workspace(workspace)
}

/// An answer that waits to be mailed, and somebody who is signed in.
async fn leave_things_waiting(desk: &WorkspaceStore) -> Session {
    let (ids, at) = (&SystemIds, SystemClock.now());
    let agent = Actor::Agent { agent: "resolution".to_owned(), run_id: RunId::new(ids) };
    let message = Message {
        id: MessageId::new(ids),
        author: agent.clone(),
        visibility: Visibility::Public,
        body: "It is on its way.".to_owned(),
        sources: Vec::new(),
        attachments: Vec::new(),
        email: None,
        model: None,
        redacted: None,
        mentions: Vec::new(),
        findings: Vec::new(),
        body_html: None,
        at,
    };
    let created = EventBody::Created {
        channel: Channel::Email,
        subject: "Where is it?".to_owned(),
        priority: Priority::Normal,
        customer_id: None,
        contact_id: None,
    };
    let said = EventBody::MessageAdded { message };
    let events = [(Actor::System, created), (agent, said)].map(|(actor, body)| NewEvent {
        id: EventId::new(ids),
        idempotency_key: None,
        actor,
        body,
        at,
    });
    let opened = Op::Append { ticket_id: TicketId::new(ids), events: events.to_vec() };
    desk.commit(Commit { ops: vec![opened] }).await.unwrap();
    let user = desk.users().await.unwrap().remove(0);
    let session = Session {
        id: SessionId::new(ids),
        account_id: desk.store().account_by_email(&user.email).await.unwrap().unwrap().id,
        user_id: user.id,
        device: "Firefox".to_owned(),
        address: "127.0.0.1".to_owned(),
        second_factor: false,
        created_at: at,
        seen_at: at,
        expires_at: at.plus(Duration::from_secs(3600)),
    };
    let deed = Deed {
        at,
        actor: Actor::System,
        action: AuditAction::SessionOpened,
        subject: user.id.to_string(),
        detail: json!({}),
    };
    desk.begin_session(session.clone(), deed).await.unwrap();
    session
}

#[tokio::test]
async fn a_database_on_a_server_is_backed_up_by_its_own_tools() {
    let url = store::testing::postgres_database_of("owner", "LOGIN");
    let part = |url: &str, name: &str| {
        let (_, query) = url.split_once('?').unwrap();
        let value = query.split('&').find_map(|pair| pair.strip_prefix(&format!("{name}="))).unwrap();
        value.to_owned()
    };
    let database = |url: &str| url.trim_start_matches("postgres:///").split('?').next().unwrap().to_owned();
    prepare(&url).await;
    let before = first_desk(&url).await;
    let session = leave_things_waiting(&before).await;
    before.store().clone().close().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("backup.dump");
    let dump = |user: &str| {
        Command::new("pg_dump")
            .args(["--format=custom", "-h", &part(&url, "host"), "-U", user, "-d", &database(&url), "-f"])
            .arg(&file)
            .output()
            .unwrap()
    };
    // The service's own user is bound by row-level security, and so would be a backup: it would lack rows.
    let output = dump(&part(&url, "user"));
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("row-level security"), "{output:?}");
    let for_backups =
        store::testing::postgres_database_of("backup", "LOGIN BYPASSRLS IN ROLE pg_read_all_data");
    let output = dump(&part(&for_backups, "user"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let (host, owner) = (part(&url, "host"), part(&url, "user"));
    for command in [
        vec!["createdb", "-h", &host, "-U", "postgres", "-O", &owner, "restored"],
        vec![
            "pg_restore",
            "--exit-on-error",
            "-h",
            &host,
            "-U",
            "postgres",
            "-d",
            "restored",
            file.to_str().unwrap(),
        ],
    ] {
        let output = Command::new(command[0]).args(&command[1..]).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    // As who owns the tables, who is bound.
    let restored = format!("postgres:///restored?host={host}&user={owner}");
    let options = StoreOptions { max_claimed: 0, read_connections: 1, ..StoreOptions::default() };
    let store = Store::open(&restored, options, Arc::new(SystemClock), Arc::new(SystemIds)).await.unwrap();
    store.migrate().await.unwrap();
    let workspaces = store.workspaces().await.unwrap();
    assert_eq!(workspaces.len(), 1);
    let desk = store.workspace(workspaces[0].id);
    assert_eq!(desk.users().await.unwrap().len(), 1, "the reviewer is there");
    assert_eq!(desk.verify_tickets().await.unwrap(), vec![]);
    assert_eq!(desk.verify_credits().await.unwrap().differences, Vec::<String>::new());
    store.close().await;
    let mut connection = sqlx::AnyConnection::connect(&restored).await.unwrap();
    let row = sqlx::query("SELECT count(*) AS n FROM users").fetch_one(&mut connection).await.unwrap();
    assert_eq!(row.get::<i64, _>("n"), 0, "who does not say whose rows they want sees none");
    connection.close().await.unwrap();
    // The command says so instead of making half a backup.
    let house = House::new("http://127.0.0.1:9");
    let sqlite = format!("sqlite:{}", house.path("data/countersign.db").display());
    fs::write(house.path("desk.toml"), house.config.replace(&sqlite, &url)).unwrap();
    for command in ["backup", "restore"] {
        house.refuses(&[command, "file.db"], "pg_dump");
    }

    // What was restored says nothing by itself before somebody has looked.
    fs::write(house.path("desk.toml"), house.config.replace(&sqlite, &restored)).unwrap();
    house.refuses(&["restored", " "], "what it was restored from");
    let desk = first_desk(&restored).await;
    let pending =
        async || desk.deliveries(Some(DeliveryStatus::Pending), 10, None).await.unwrap().items.len();
    assert_eq!(pending().await, 1, "it waited when the dump was made");
    assert!(desk.session(session.id, session.created_at).await.unwrap().is_some());
    let said = house.does(&["restored", "the dump of today"]);
    assert!(said.contains("not sent by themselves: 1."), "{said}");
    assert_eq!(pending().await, 0, "it may have been sent since");
    let unknown = desk.deliveries(Some(DeliveryStatus::Unknown), 10, None).await.unwrap().items;
    assert!(unknown[0].error.as_ref().unwrap().contains("it may have been sent since"), "{unknown:?}");
    assert!(desk.due_deliveries(10).await.unwrap().is_empty());
    assert_eq!(desk.session(session.id, session.created_at).await.unwrap(), None);
    let stopped = desk.breakers().await.unwrap();
    assert_eq!(stopped.iter().map(|breaker| &breaker.of).collect::<Vec<_>>(), [&BreakerOf::Workspace]);
    assert!(stopped[0].reason.contains("the dump of today"), "{stopped:?}");
    desk.store().clone().close().await;
}
