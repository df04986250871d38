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
}
