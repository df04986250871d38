//! One workspace's ids in the hands of another: nothing is read and nothing is changed, by whatever method.
//!
//! Two workspaces ask the same. One has real ids of a third, the other ids that never were; the answers must
//! not differ, and of the third no row may.

mod calls;
mod evaluated;
mod portal;
mod reviewed;
mod tickets;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use domain::WorkspaceId;
use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};

use crate::fixture::{Backend, Fixture};
use world::World;

/// What stands in every text of the workspace that is not to be read.
const MARK: &str = "aurora";
/// Tables of which a workspace of its own has no rows: what all share is the reserved workspace's.
const EMPTY: &[&str] = &["rate_buckets"];
/// Tables that belong to no workspace: people, and what they prove who they are with.
const SHARED: &[&str] = &[
    "accounts",
    "openid_identities",
    "passkeys",
    "password_resets",
    "recovery_codes",
    "sign_in_failures",
    "spent_challenges",
];

/// Puts something into every table of the fixture's workspace, and names it.
pub async fn furnish(f: &mut Fixture) -> World {
    let w = world::furnish(f).await;
    reviewed::review(f, &w).await;
    evaluated::evaluate(f, &w).await;
    w
}

pub async fn another_workspaces_ids_read_and_change_nothing(mut f: Fixture) {
    let real = furnish(&mut f).await;
    let b = f.store.create_workspace("south", "South").await.unwrap();
    let c = f.store.create_workspace("west", "West").await.unwrap();
    let (b, c) = (f.store.workspace(b.id), f.store.workspace(c.id));
    let strange = World::strange(&f, real.at);
    let mut raw = Raw::connect(&f.url).await;
    let selects = raw.selects(f.desk.id()).await;
    let before = raw.rows(&selects).await;
    let empty: Vec<&String> =
        before.iter().filter(|(_, rows)| rows.is_empty()).map(|(table, _)| table).collect();
    assert_eq!(empty, EMPTY, "a table without rows is not tried");
    let asked = World { tag: "other", ..real };
    for (name, call) in calls::all() {
        let with_real = call(b.clone(), asked.clone()).await;
        let with_none = call(c.clone(), strange.clone()).await;
        assert!(!with_real.contains(MARK), "{name} shows: {with_real}");
        assert_eq!(without_ids(&with_real), without_ids(&with_none), "{name} tells that there is something");
        let after = raw.rows(&selects).await;
        for (table, rows) in &before {
            assert_eq!(rows, &after[table], "{name} changed {table}");
        }
    }
}

/// Ids and digests are told by what they are alone.
fn without_ids(text: &str) -> String {
    let part_of = |c: char| c.is_ascii_hexdigit() || c == '-';
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find(part_of) {
        out.push_str(&rest[..start]);
        let found = &rest[start..];
        let end = found.find(|c| !part_of(c)).unwrap_or(found.len());
        out.push_str(if end >= 12 { "#" } else { &found[..end] });
        rest = &found[end..];
    }
    out + rest
}

/// A connection beside the store: on Postgres as its superuser, above all policies.
pub struct Raw {
    pub connection: AnyConnection,
    postgres: bool,
}

impl Raw {
    pub async fn connect(url: &str) -> Self {
        sqlx::any::install_default_drivers();
        let connection = AnyConnection::connect(url).await.unwrap();
        Self { connection, postgres: url.starts_with("postgres") }
    }

    pub async fn texts(&mut self, sql: String) -> Vec<String> {
        let rows = sqlx::query(AssertSqlSafe(sql)).fetch_all(&mut self.connection).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Every table with the column that says whose a row is.
    pub async fn tables(&mut self) -> Vec<(String, &'static str)> {
        let all = if self.postgres {
            "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        } else {
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY 1"
        };
        let mut tables = Vec::new();
        for table in self.texts(all.to_owned()).await {
            let columns = self.columns(&table).await;
            if columns.iter().any(|column| column == "workspace_id") {
                tables.push((table, "workspace_id"));
            } else if table == "workspaces" {
                tables.push((table, "id"));
            } else {
                let known = table == "_sqlx_migrations" || SHARED.contains(&table.as_str());
                assert!(known, "whose are the rows of {table}?");
            }
        }
        tables
    }

    async fn columns(&mut self, table: &str) -> Vec<String> {
        let sql = if self.postgres {
            format!("SELECT column_name::text FROM information_schema.columns WHERE table_name = '{table}'")
        } else {
            format!("SELECT name FROM pragma_table_info('{table}')")
        };
        self.texts(sql).await
    }

    /// By table, what selects all rows of a workspace as text.
    async fn selects(&mut self, workspace: WorkspaceId) -> BTreeMap<String, String> {
        let mut selects = BTreeMap::new();
        for (table, key) in self.tables().await {
            let row = if self.postgres {
                "t::text".to_owned()
            } else {
                let columns = self.columns(&table).await;
                columns
                    .iter()
                    .map(|column| format!("quote({column})"))
                    .collect::<Vec<_>>()
                    .join(" || ',' || ")
            };
            let sql = format!("SELECT {row} FROM {table} AS t WHERE {key} = '{workspace}' ORDER BY 1");
            selects.insert(table, sql);
        }
        selects
    }

    async fn rows(&mut self, selects: &BTreeMap<String, String>) -> BTreeMap<String, Vec<String>> {
        let mut found = BTreeMap::new();
        for (table, sql) in selects {
            found.insert(table.clone(), self.texts(sql.clone()).await);
        }
        found
    }
}

/// The public methods of a workspace's handle, by their names.
fn methods() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let mut inside = false;
            for line in text.lines() {
                if line.starts_with("impl ") {
                    inside = line.starts_with("impl WorkspaceStore");
                } else if line == "}" {
                    inside = false;
                }
                let name = line.trim_start().strip_prefix("pub async fn ").filter(|_| inside);
                found.extend(name.map(|name| name.split(['(', '<']).next().unwrap_or_default().to_owned()));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    assert!(found.len() > 100, "only {} were found", found.len());
    found
}

#[test]
fn every_method_is_tried_with_anothers_ids() {
    // What begins with a capital is no method of the handle: the ports that the store is.
    let tried: BTreeSet<String> = calls::all()
        .into_iter()
        .map(|(name, _)| name.to_owned())
        .filter(|name| !name.contains("::"))
        .collect();
    let there = methods();
    let missing: Vec<_> = there.difference(&tried).collect();
    let gone: Vec<_> = tried.difference(&there).collect();
    assert!(missing.is_empty(), "no call in isolation/calls.rs: {missing:?}");
    assert!(gone.is_empty(), "there is no such method: {gone:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_sqlite_file_another_workspaces_ids_read_and_change_nothing() {
    another_workspaces_ids_read_and_change_nothing(Fixture::new(Backend::SqliteFile).await).await;
}
