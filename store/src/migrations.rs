//! The schema, embedded. A migration is one file and one line here; files that were released are
//! never changed.

use std::borrow::Cow;

use sqlx::{
    SqlSafeStr as _,
    migrate::{Migration, MigrationType, Migrator},
};

macro_rules! migrations {
    ($($version:literal $noun:literal),* $(,)?) => {
        &[$(($version, $noun, include_str!(concat!("../../migrations/", $version, "_", $noun, ".sql")))),*]
    };
}

const FILES: &[(&str, &str, &str)] = migrations![
    "0001" "workspaces",
    "0002" "users",
    "0003" "customers",
    "0004" "tickets",
    "0005" "runs",
    "0006" "approvals",
    "0007" "effects",
    "0008" "documents",
    "0009" "deliveries",
    "0010" "follow_ups",
    "0011" "tool_registrations",
    "0012" "sessions",
    "0013" "document_metadata",
    "0014" "document_versions",
    "0016" "gaps",
    "0017" "citations",
    "0018" "sources",
    "0019" "articles",
    "0020" "audit",
    "0021" "breakers",
    "0023" "policies",
    "0024" "credits",
    "0025" "automatic_breakers",
    "0026" "screened",
    "0028" "personal_data",
    "0029" "roles",
    "0030" "accounts",
    "0031" "inbox",
    "0033" "resolutions",
    "0035" "presences",
    "0036" "copilot",
    "0037" "approval_mails",
    "0038" "desk",
    "0039" "review_quality",
    "0040" "portal",
    "0042" "errands",
    "0043" "autonomy",
    "0045" "evaluations",
    "0046" "paper",
    "0047" "evidence",
    "0048" "assignees",
    "0049" "lookups",
];

pub(crate) fn migrator() -> Migrator {
    let migrations = FILES
        .iter()
        .map(|(version, noun, sql)| {
            let version = version.parse().unwrap_or_default();
            Migration::new(version, Cow::Borrowed(noun), MigrationType::Simple, sql.into_sql_str(), false)
        })
        .collect();
    Migrator { migrations, ..Migrator::DEFAULT }
}

/// The last migration that this version knows.
pub(crate) fn newest() -> i64 {
    FILES.last().and_then(|(version, ..)| version.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_file_is_listed_in_order() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../migrations");
        let mut files: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let listed: Vec<String> =
            FILES.iter().map(|(version, noun, _)| format!("{version}_{noun}.sql")).collect();
        assert_eq!(files, listed);
        assert!(migrator().migrations.windows(2).all(|pair| pair[0].version < pair[1].version));
    }

    #[tokio::test]
    async fn people_and_their_sessions_become_accounts_with_the_same_passwords() {
        use sqlx::{AnyConnection, Connection as _, Row as _};
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        let (before, all) = (migrator(), migrator());
        let before = before.migrations.iter().filter(|m| m.version < 30).cloned().collect();
        Migrator { migrations: before, ..Migrator::DEFAULT }.run(&mut connection).await.unwrap();
        for sql in [
            "INSERT INTO workspaces (id, slug, name, created_at) VALUES ('w', 'north', 'North', 1)",
            "INSERT INTO users (workspace_id, id, email, name, role, title, password_hash, created_at) \
             VALUES ('w', 'u', 'eve@example.com', 'Eve', 'admin', '', 'argon2', 2)",
            "INSERT INTO sessions (workspace_id, id, user_id, created_at, expires_at) VALUES ('w', 's', 'u', 3, 9)",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        all.run(&mut connection).await.unwrap();
        let sql = "SELECT a.password_hash, u.name, s.expires_at FROM sessions AS s \
                   JOIN accounts AS a ON a.id = s.account_id \
                   JOIN users AS u ON u.workspace_id = s.workspace_id AND u.id = s.user_id";
        let row = sqlx::query(sql).fetch_one(&mut connection).await.unwrap();
        let read = (row.get::<String, _>(0), row.get::<String, _>(1), row.get::<i64, _>(2));
        assert_eq!(read, ("argon2".to_owned(), "Eve".to_owned(), 9));
    }

    #[tokio::test]
    async fn tickets_know_whose_they_are_and_nobody_stands_in_for_who_is_kept_out() {
        use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Row as _};
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        let (before, all) = (migrator(), migrator());
        let before = before.migrations.iter().filter(|m| m.version < 48).cloned().collect();
        Migrator { migrations: before, ..Migrator::DEFAULT }.run(&mut connection).await.unwrap();
        let workspace =
            "INSERT INTO workspaces (id, slug, name, created_at) VALUES ('w', 'north', 'North', 1)";
        sqlx::query(workspace).execute(&mut connection).await.unwrap();
        for (id, gone) in [("eve", "NULL"), ("adam", "NULL"), ("gone", "3")] {
            let sql = format!(
                "INSERT INTO users (workspace_id, id, unique_key, email, name, role, title, created_at, deactivated_at) \
                 VALUES ('w', '{id}', 'w/{id}', '{id}@example.com', '{id}', 'agent', '', 2, {gone})"
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        for (id, number, priority, assignee) in
            [("a", 1, "low", "\"eve\""), ("b", 2, "normal", "null"), ("c", 3, "urgent", "\"adam\"")]
        {
            let snapshot = format!(
                "{{\"id\":\"{id}\",\"subject\":\"\\\"assignee\\\":\",\"status\":\"open\",\"priority\":\"{priority}\",\
                 \"tags\":[],\"fields\":{{}},\"contact_id\":null,\"assignee\":{assignee},\"handoff\":null}}"
            );
            let sql = format!(
                "INSERT INTO tickets (workspace_id, id, number, status, channel, version, search, snapshot, created_at, \
                 updated_at) VALUES ('w', '{id}', {number}, 'open', 'api', 1, '', '{snapshot}', 1, 1)"
            );
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        for (whose, to) in [("eve", "adam"), ("adam", "gone"), ("gone", "eve")] {
            let sql = format!("INSERT INTO approval_delegations VALUES ('w', '{whose}', '{to}', 9, 1)");
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
        all.run(&mut connection).await.unwrap();
        let sql = "SELECT priority, coalesce(assignee_id, '') FROM tickets ORDER BY id";
        let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
        let read: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let read: Vec<(&str, &str)> = read.iter().map(|(p, a)| (p.as_str(), a.as_str())).collect();
        assert_eq!(read, [("low", "eve"), ("normal", ""), ("urgent", "adam")]);
        let rows =
            sqlx::query("SELECT user_id FROM approval_delegations").fetch_all(&mut connection).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>(), ["eve"]);
    }

    #[tokio::test]
    async fn evidence_that_was_none_is_gone_and_no_threshold_is_below_what_was_heard() {
        use sqlx::{AnyConnection, Connection as _, Row as _};
        sqlx::any::install_default_drivers();
        let mut connection = AnyConnection::connect("sqlite::memory:").await.unwrap();
        let (before, all) = (migrator(), migrator());
        let before = before.migrations.iter().filter(|m| m.version < 47).cloned().collect();
        Migrator { migrations: before, ..Migrator::DEFAULT }.run(&mut connection).await.unwrap();
        for sql in [
            "INSERT INTO workspaces (id, slug, name, created_at) VALUES ('w', 'north', 'North', 1)",
            "INSERT INTO tickets (workspace_id, id, number, status, channel, version, search, snapshot, created_at, \
             updated_at) VALUES ('w', 't', 1, 'resolved', 'chat', 9, '', '{}', 1, 1)",
            "INSERT INTO runs (workspace_id, id, ticket_id, agent, status, priority, attempts, fence, signals, \
             seen_signals, seen_version, step_count, tokens_in, tokens_out, cost_micros, created_at, updated_at) \
             VALUES ('w', 'r', 't', 'resolution', 'done', 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 1, 1)",
            "INSERT INTO approvals (workspace_id, id, run_id, status, approval, requested_at, expires_at, role, agent) \
             VALUES ('w', 'asked', 'r', 'approved', '{}', 1, 2, 'reviewer', 'errand'), \
             ('w', 'again', 'r', 'approved', '{\"facts\":{\"edited\":true}}', 1, 2, 'reviewer', 'resolution'), \
             ('w', 'own', 'r', 'approved', '{\"facts\":{\"edited\":false}}', 1, 2, 'reviewer', 'resolution')",
            "INSERT INTO effects (workspace_id, id, run_id, call_id, status, effect, created_at) \
             VALUES ('w', 'acted', 'r', 'c', 'succeeded', '{\"output\":{\"message_id\":\"m\"}}', 1)",
            "INSERT INTO messages (workspace_id, ticket_id, version, id, visibility, message, at) \
             VALUES ('w', 't', 2, 'm', 'public', '{}', 1), ('w', 't', 3, 'another', 'public', '{}', 1)",
            "INSERT INTO track_record (workspace_id, id, kind, ticket_id, intent, tool, risk, confidence, said, at) \
             VALUES ('w', 'asked', 'reviewed', 't', '', 'reply', 'outward', 1000, 'approved', 5), \
             ('w', 'again', 'reviewed', 't', '', 'reply', 'outward', 900, 'approved', 5), \
             ('w', 'own', 'reviewed', 't', '', 'reply', 'outward', 913, 'approved', 5), \
             ('w', 'acted', 'acted', 't', '', 'reply', 'outward', 950, NULL, 5)",
            "INSERT INTO autonomy (workspace_id, intent, tool, level, ceiling, delta, threshold, version, since, \
             counted_from, changed_by, why) VALUES ('w', '', 'reply', 'act', 50000, 100000, 0, 1, 6, 0, '{}', 'so')",
            "INSERT INTO resolutions (workspace_id, ticket_id, version, agent, at) \
             VALUES ('w', 't', 4, 'resolution', 4), ('w', 't', 7, 'resolution', 7)",
            "INSERT INTO events (workspace_id, position, id, ticket_id, version, actor, body, at) \
             VALUES ('w', 1, 'e', 't', 5, '{}', '{\"type\":\"answer_rated\",\"helpful\":false}', 50)",
        ] {
            sqlx::query(sql).execute(&mut connection).await.unwrap();
        }
        all.run(&mut connection).await.unwrap();
        let mut words = Vec::new();
        for sql in [
            "SELECT id || ' ' || coalesce(message_id, '') AS word FROM track_record ORDER BY id",
            "SELECT CAST(threshold AS text) AS word FROM autonomy",
            "SELECT coalesce(CAST(unhelpful_at AS text), '') AS word FROM resolutions ORDER BY version",
        ] {
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            words.push(rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>());
        }
        let expected: [&[&str]; 3] = [&["acted m", "own "], &["910"], &["50", ""]];
        assert_eq!(words, expected);
    }
}
