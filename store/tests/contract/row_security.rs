//! What stands behind the scoping by type on Postgres: policies that the service cannot get past.

use domain::WorkspaceId;
use sqlx::{AssertSqlSafe, Executor as _};
use store::{Store, StoreError, testing::postgres_database_of};

use crate::{
    fixture::{Backend, Fixture, options},
    isolation::Raw,
};

/// Tables of which the rows of all workspaces can be reached at once, when whoever asks says so.
const EVERYWHERE: [&str; 16] = [
    "api_keys",
    "automatic_breakers",
    "autonomy",
    "breakers",
    "channel_settings",
    "credit_entries",
    "invitations",
    "knowledge_sources",
    "meters",
    "personal_data_scans",
    "policies",
    "rate_buckets",
    "runs",
    "service_accounts",
    "users",
    "workspaces",
];

impl Raw {
    async fn told(&mut self, setting: &str) {
        self.connection
            .execute(AssertSqlSafe(format!("SET countersign.workspaces = '{setting}'")))
            .await
            .unwrap();
    }

    /// How many rows are seen of each table, and how many of them are not this workspace's.
    async fn seen(&mut self, of: WorkspaceId) -> Vec<(String, i64, i64)> {
        let mut seen = Vec::new();
        for (table, key) in self.tables().await {
            let count = format!("SELECT count(*)::text FROM {table}");
            let all: i64 = self.texts(count.clone()).await[0].parse().unwrap();
            let others = self.texts(format!("{count} WHERE {key} <> '{of}'")).await[0].parse().unwrap();
            seen.push((table, all, others));
        }
        seen
    }
}

/// Also on tables that later migrations bring.
pub async fn every_table_of_a_workspace_is_under_forced_policies(f: Fixture) {
    let mut raw = Raw::connect(&f.url).await;
    raw.connection
        .execute("CREATE TABLE later (workspace_id text NOT NULL, id text NOT NULL)")
        .await
        .unwrap();
    raw.connection.execute("ALTER TABLE tickets NO FORCE ROW LEVEL SECURITY").await.unwrap();
    raw.connection.execute("DROP POLICY of_workspace ON messages").await.unwrap();
    f.store.migrate().await.unwrap();
    let sql = "SELECT c.relname::text FROM pg_class AS c WHERE c.relrowsecurity AND c.relforcerowsecurity \
               AND EXISTS (SELECT 1 FROM pg_policy AS p WHERE p.polrelid = c.oid AND p.polname = 'of_workspace') \
               ORDER BY 1";
    let forced = raw.texts(sql.to_owned()).await;
    let tables: Vec<String> = raw.tables().await.into_iter().map(|(table, _)| table).collect();
    assert!(tables.contains(&"later".to_owned()), "{tables:?}");
    assert_eq!(forced, tables);
    let sql = "SELECT c.relname::text FROM pg_class AS c WHERE EXISTS (SELECT 1 FROM pg_policy AS p \
               WHERE p.polrelid = c.oid AND p.polname LIKE 'everywhere%') ORDER BY 1";
    assert_eq!(raw.texts(sql.to_owned()).await, EVERYWHERE);
}

/// Looked at with the service's own role.
pub async fn the_service_sees_what_it_was_told_to_and_nothing_else(mut f: Fixture) {
    crate::isolation::furnish(&mut f).await;
    let other = f.store.create_workspace("south", "South").await.unwrap();
    let south = f.store.workspace(other.id);
    let ticket = f.open_in(&south, domain::ticket::Channel::Api, "theirs").await;
    let mut raw = Raw::connect(&f.url).await;
    raw.connection.execute("SET ROLE countersign_service").await.unwrap();
    for nothing in ["", "nonsense", "migrations", "' OR true --"].map(|setting| setting.replace('\'', "''")) {
        let seen = raw.seen(other.id).await;
        assert!(seen.len() > 30 && seen.iter().all(|(_, all, _)| *all == 0), "{nothing:?}: {seen:?}");
        raw.told(&nothing).await;
    }
    raw.told(&other.id.to_string()).await;
    let seen = raw.seen(other.id).await;
    assert!(seen.iter().all(|(_, _, others)| *others == 0), "{seen:?}");
    assert!(seen.contains(&("tickets".to_owned(), 1, 0)), "{seen:?}");
    let foreign = format!("INSERT INTO breakers SELECT '{}', 'tool', 'x', '', '', 0", f.desk.id());
    let refused = raw.connection.execute(AssertSqlSafe(foreign)).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    raw.told(&format!("{},{}", other.id, f.desk.id())).await;
    assert!(raw.seen(other.id).await.contains(&("tickets".to_owned(), 3, 2)));
    raw.told("*").await;
    for (table, all, _) in raw.seen(other.id).await {
        assert!(all == 0 || EVERYWHERE.contains(&table.as_str()), "{all} rows of {table}");
    }
    for beyond in [
        "TRUNCATE tickets",
        "ALTER TABLE tickets NO FORCE ROW LEVEL SECURITY",
        "SELECT * FROM _sqlx_migrations",
    ] {
        assert!(raw.connection.execute(beyond).await.is_err(), "{beyond}");
    }
    assert!(south.ticket(ticket).await.unwrap().is_some());
}

/// What is asked thousands of times a second goes by the same indexes as without policies.
pub async fn policies_keep_nobody_from_an_index(f: Fixture) {
    let mut raw = Raw::connect(&f.url).await;
    let desk = f.desk.id();
    // Of a table without rows every index that begins with the workspace is as good as another.
    let rows = format!(
        "INSERT INTO tickets (workspace_id, id, number, status, channel, version, search, snapshot, created_at, \
         updated_at) SELECT '{desk}', n, n, 'open', 'chat', 1, '', '', n, n FROM generate_series(1, 2000) AS n; \
         INSERT INTO runs (workspace_id, id, agent, status, priority, attempts, fence, signals, seen_signals, \
         seen_version, step_count, tokens_in, tokens_out, cost_micros, created_at, updated_at) \
         SELECT '{desk}', n, 'a', 'done', 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, n, n FROM generate_series(1, 2000) AS n; \
         INSERT INTO messages (workspace_id, ticket_id, version, id, visibility, message, at) \
         SELECT '{desk}', n, 1, n, 'public', '', n FROM generate_series(1, 2000) AS n; \
         ANALYZE tickets; ANALYZE runs; ANALYZE messages",
    );
    raw.connection.execute(AssertSqlSafe(rows)).await.unwrap();
    raw.connection.execute("SET ROLE countersign_service; SET enable_seqscan = off").await.unwrap();
    raw.told(&desk.to_string()).await;
    let one_ticket = format!("SELECT * FROM tickets WHERE workspace_id = '{desk}' AND id = '7'");
    let messages =
        format!("SELECT * FROM messages WHERE workspace_id = '{desk}' AND ticket_id = '7' AND version > 3");
    for (sql, index) in [
        (one_ticket.as_str(), "tickets_pkey"),
        (
            "SELECT t.* FROM (VALUES ('a', 'b'), ('c', 'd')) AS k CROSS JOIN runs AS t \
             WHERE t.workspace_id = k.column1 AND t.id = k.column2 FOR NO KEY UPDATE OF t",
            "runs_pkey",
        ),
        (messages.as_str(), "messages_pkey"),
        (
            "SELECT * FROM runs WHERE status = 'queued' AND (wake_at IS NULL OR wake_at <= 5) \
             ORDER BY priority DESC, created_at LIMIT 8 FOR NO KEY UPDATE SKIP LOCKED",
            "runs_queued",
        ),
        ("SELECT * FROM users WHERE account_id = 'a'", "users_by_account"),
    ] {
        let plan = raw.texts(format!("EXPLAIN {sql}")).await.join("\n");
        assert!(plan.contains(&format!("using {index} ")), "{plan}");
        assert!(!plan.contains("Seq Scan"), "{plan}");
    }
}

/// On servers of others nobody is a superuser: whoever owns the tables is bound himself, except to migrate.
pub async fn a_plain_owner_is_bound_himself(_: Fixture) {
    let url = postgres_database_of("plain", "LOGIN");
    let (clock, ids) = (Fixture::new(Backend::SqliteMemory).await.clock, std::sync::Arc::default());
    let ids: std::sync::Arc<store::testing::CountedIds> = ids;
    let store = Store::open(&url, options("plain", 0), clock, ids).await.unwrap();
    store.migrate().await.unwrap();
    let north = store.create_workspace("north", "North").await.unwrap();
    assert_eq!(store.workspaces().await.unwrap(), std::slice::from_ref(&north));
    let mut raw = Raw::connect(&url).await;
    let seen = raw.seen(north.id).await;
    assert!(seen.iter().all(|(_, all, _)| *all == 0), "{seen:?}");
    raw.told("migrations").await;
    let seen = raw.seen(north.id).await;
    assert!(seen.contains(&("workspaces".to_owned(), 2, 1)), "a later migration reaches every row: {seen:?}");
    store.migrate().await.unwrap();
}

/// Above policies, and not allowed to take the service's role on.
pub async fn a_user_whom_nothing_binds_is_refused(f: Fixture) {
    let url = postgres_database_of("unbound", "LOGIN BYPASSRLS");
    let refused =
        Store::open(&url, options("unbound", 0), f.clock.clone(), f.ids.clone()).await.err().unwrap();
    assert!(matches!(refused, StoreError::RowSecurity { .. }), "{refused}");
    let told = refused.to_string();
    assert!(told.contains("GRANT countersign_service TO \"unbound"), "{told}");
}
