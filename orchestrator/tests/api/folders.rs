//! Folders of the configuration: knowledge is what is in them.

use std::{
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use axum::http::StatusCode;
use domain::user::Role;
use orchestrator::{
    app::{App, Brought, Service},
    config::Config,
    system::{SystemClock, SystemIds},
    testing::app::{Client, Desk},
};
use parse::isolated::Options;
use serde_json::Value;
use tempfile::TempDir;

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");
const SOURCES: &str = "/v1/knowledge/sources";

/// A database and a folder of articles.
struct House {
    home: TempDir,
    desk: Desk,
}

impl House {
    async fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("articles")).unwrap();
        let app = build(config(home.path(), ""), PROGRAM).await;
        let desk = Desk::open(&app, "north").await;
        app.store.clone().close().await;
        Self { home, desk }
    }

    fn config(&self) -> Config {
        config(self.home.path(), &format!("folders = [\"{}\"]", self.home.path().join("articles").display()))
    }

    fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        fs::write(self.home.path().join("articles").join(name), text).unwrap();
    }

    fn rename(&self, from: &str, to: &str) {
        let articles = self.home.path().join("articles");
        fs::rename(articles.join(from), articles.join(to)).unwrap();
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.home.path().join("articles").join(name)).unwrap();
    }

    async fn app(&self, program: &str) -> (Arc<App>, Client) {
        let app = build(self.config(), program).await;
        let client = self.desk.after_a_restart(&app).key(Role::Admin);
        (app, client)
    }

    async fn service(&self) -> (Service, Client) {
        let brought = Brought { parser: parser(PROGRAM), ..Brought::default() };
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let service = Service::start_with(self.config(), clock, ids, brought).await.unwrap();
        let client = self.desk.after_a_restart(&service.app).key(Role::Admin);
        (service, client)
    }
}

fn config(home: &Path, knowledge: &str) -> Config {
    let home = home.display();
    Config::with(&format!(
        "[server]\naddress = \"127.0.0.1:0\"\nconsole_dir = \"/nowhere\"\n[database]\nurl = \"sqlite:{home}/desk.db\"\n\
         [secrets]\nkey = \"{}\"\n[runs]\nconcurrency = 0\n[index]\nengine = \"memory\"\n\
         [knowledge]\nlibrary = false\n{knowledge}\n",
        "ab".repeat(32),
    ))
    .unwrap()
}

fn parser(program: &str) -> Options {
    Options { executable: Some(program.into()), ..Options::default() }
}

async fn build(config: Config, program: &str) -> Arc<App> {
    let brought = Brought { parser: parser(program), ..Brought::default() };
    let address = config.server.address;
    App::build_with(config, Arc::new(SystemClock), Arc::new(SystemIds), address, brought).await.unwrap()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let found = client.get(&format!("/v1/knowledge/search?q={query}")).await.json(StatusCode::OK);
    found["items"].as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap().to_owned()).collect()
}

/// Waits until a search finds exactly these.
async fn finds(client: &Client, query: &str, slugs: &[&str]) {
    let mut last = Vec::new();
    for _ in 0..1_200 {
        last = found(client, query).await;
        if last == slugs {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{query} finds {last:?} and should find {slugs:?}");
}

async fn source(client: &Client) -> Value {
    let list = client.get(SOURCES).await.json(StatusCode::OK);
    let id = list["items"][0]["id"].as_str().unwrap().to_owned();
    client.get(&format!("{SOURCES}/{id}")).await.json(StatusCode::OK)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_in_a_folder_is_followed() {
    let house = House::new().await;
    house.write("kettles.md", "# Kettles\n\nVinegar takes the lime out of a kettle.");
    house.write("lamps.html", "<!doctype html><title>Lamps</title><main><p>A lantern burns oil.</main>");
    let (service, client) = house.service().await;
    assert_eq!(found(&client, "kettle").await, ["kettles"], "synced before the service is there");
    assert_eq!(found(&client, "lantern").await, ["lamps"]);

    house.write("tents.md", "# Tents\n\nA zeppelin is no tent.");
    finds(&client, "zeppelin", &["tents"]).await;
    house.write("kettles.md", "# Kettles\n\nLemon juice takes the lime out of a kettle.");
    finds(&client, "lemon", &["kettles"]).await;
    house.rename("tents.md", "shelters.md");
    finds(&client, "zeppelin", &["shelters"]).await;
    house.remove("lamps.html");
    finds(&client, "lantern", &[]).await;
    house.rename("shelters.md", "shelters.txt");
    house.write("last.md", "# Last\n\nThe quokka smiles.");
    finds(&client, "quokka", &["last"]).await;
    assert_eq!(found(&client, "zeppelin").await, ["shelters"]);
    service.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_has_not_changed_is_not_read_again() {
    let house = House::new().await;
    house.write("kettles.md", "# Kettles\n\nVinegar takes the lime out of a kettle.");
    house.write("lamps.html", "<!doctype html><title>Lamps</title><main><p>A lantern burns oil.</main>");
    house.write("faq.csv", "question,answer\nWhere is my sofa?,In the warehouse.\nMay I sing?,Softly.\n");
    house.write("wrong.pdf", "This is no PDF.");
    house.write("???.txt", "Nameless.");
    house.write("picture.png", "left alone");
    let (app, client) = house.app(PROGRAM).await;
    let first = source(&client).await;
    let report = &first["source"]["report"];
    assert_eq!(
        (&report["pages"], &report["added"], &report["rejected"]),
        (&5.into(), &3.into(), &2.into()),
        "{first}"
    );
    assert_eq!((&first["source"]["kind"], &first["source"]["configured"]), (&"folder".into(), &true.into()));
    let reason = |shown: &Value, name: &str| {
        let pages = shown["pages"]["items"].as_array().unwrap().clone();
        pages.into_iter().find(|page| page["address"] == name).unwrap()["reason"].as_str().unwrap().to_owned()
    };
    assert!(reason(&first, "wrong.pdf").contains("is not a PDF"), "{first}");
    assert!(reason(&first, "???.txt").contains("rename it"), "{first}");
    let path = format!("{SOURCES}/{}", first["source"]["id"].as_str().unwrap());
    client.delete(&path).await.problem(StatusCode::CONFLICT);
    app.store.clone().close().await;

    // A parser that cannot be started would reject whatever it is given.
    let (app, client) = house.app("/nowhere/countersign").await;
    let again = source(&client).await;
    let report = &again["source"]["report"];
    assert_eq!(
        (&report["unchanged"], &report["added"], &report["rejected"]),
        (&3.into(), &0.into(), &2.into()),
        "{again}"
    );
    assert!(reason(&again, "wrong.pdf").contains("is not a PDF"), "{again}");
    app.store.clone().close().await;

    // Another time and the same bytes are no change either; a pair that is taken out of a table goes.
    let lamps = fs::File::options().write(true).open(house.home.path().join("articles/lamps.html")).unwrap();
    lamps.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
    house.write("faq.csv", "question,answer\nMay I sing?,Softly.\n");
    house.remove("kettles.md");
    let (app, client) = house.app(PROGRAM).await;
    let last = source(&client).await;
    let report = &last["source"]["report"];
    assert_eq!(
        (&report["unchanged"], &report["changed"], &report["removed"]),
        (&1.into(), &1.into(), &1.into()),
        "{last}"
    );
    assert!(found(&client, "kettle").await.is_empty());
    assert!(found(&client, "sofa").await.is_empty());
    assert_eq!(found(&client, "sing").await, ["faq/may-i-sing"]);
    app.store.clone().close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_is_gone_takes_nothing_with_it() {
    let house = House::new().await;
    house.write("kettles.md", "# Kettles\n\nVinegar takes the lime out of a kettle.");
    let (app, client) = house.app(PROGRAM).await;
    let shown = source(&client).await;
    let articles = house.home.path().join("articles");
    fs::rename(&articles, house.home.path().join("elsewhere")).unwrap();
    let path = format!("{SOURCES}/{}", shown["source"]["id"].as_str().unwrap());
    client.post(&format!("{path}/sync"), &Value::Null).await.json(StatusCode::OK);
    let mut state = Value::Null;
    for _ in 0..400 {
        state = client.get(&path).await.json(StatusCode::OK)["source"].clone();
        if state["state"] == "failed" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    assert!(state["report"]["error"].as_str().unwrap().contains("folder cannot be read"), "{state}");
    assert_eq!(found(&client, "kettle").await, ["kettles"]);
    app.store.clone().close().await;
}
