//! Row-level security on Postgres: what stands behind the scoping by type.
//!
//! Every table with a workspace is under policies that compare its rows with the setting
//! `countersign.workspaces`, which whoever takes a connection has to say ([`Scope`]); without it there are no
//! rows. The service drops to a role that policies bind. Policies are not part of the migrations: they are
//! put on whatever tables there are, so that no later table can be forgotten.
//!
//! [`Scope`]: crate::scope::Scope

use std::collections::BTreeSet;

use sqlx::{AnyConnection, AssertSqlSafe, Connection as _, Executor as _, any::AnyPoolOptions};

use crate::{StoreError, migrations, rows::Columns, sql::Binds};

/// What the service works as.
pub(crate) const ROLE: &str = "countersign_service";
/// Taken while policies are changed: any number that nobody else uses.
const LOCK: &str = "SELECT pg_advisory_xact_lock(7263947120115)::text";

/// Said by the tables' owner, who then reaches the rows of all workspaces.
pub(crate) const AS_OWNER: &str = "SET countersign.workspaces = 'migrations'";

const CURRENT_SCHEMA: &str = "SELECT quote_ident(current_schema()) AS name";

/// Tables of which the rows of all workspaces are reached at once, by [`Scope::Everywhere`]: who signs in, what
/// is due, what stops things. What customers wrote and what was answered is in none of them.
///
/// [`Scope::Everywhere`]: crate::scope::Scope::Everywhere
pub(crate) const EVERYWHERE: &[(&str, Access)] = &[
    ("workspaces", Access::Read),
    ("users", Access::Read),
    ("api_keys", Access::Read),
    ("invitations", Access::Read),
    ("service_accounts", Access::Read),
    ("policies", Access::Read),
    ("autonomy", Access::Read),
    ("breakers", Access::Read),
    ("automatic_breakers", Access::Read),
    ("rate_buckets", Access::Read),
    ("personal_data_scans", Access::Read),
    ("credit_entries", Access::Read),
    ("channel_settings", Access::Read),
    // Claimed, kept and taken over, whosever they are.
    ("runs", Access::Change),
    ("knowledge_sources", Access::Change),
    // Forgotten when they are old.
    ("meters", Access::Change),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Change,
}

/// The policies by their names. One that comes to say something else takes another name: they are compared by
/// these alone. Sub-selects, because they are worked out once for a statement and not for every row.
const POLICIES: [(&str, &str); 4] = [
    (
        "of_workspace",
        "USING ({key} = ANY ((SELECT string_to_array(current_setting('countersign.workspaces', true), ','))::text[]))",
    ),
    ("everywhere_read", "FOR SELECT USING ((SELECT current_setting('countersign.workspaces', true)) = '*')"),
    ("everywhere_change", "USING ((SELECT current_setting('countersign.workspaces', true)) = '*')"),
    // Policies bind the tables' owner too, whose migrations have to reach what is in them.
    (
        "migrations",
        "TO CURRENT_USER USING ((SELECT current_setting('countersign.workspaces', true)) = 'migrations')",
    ),
];

/// Sees to it that the service can be bound, and says by which role; by none when the configured user is bound
/// himself. Makes the role when it may.
pub(crate) async fn drops_to(url: &str) -> Result<Option<&'static str>, StoreError> {
    let mut connection = AnyConnection::connect(url).await?;
    let role = drop_of(&mut connection).await;
    if let Err(error) = connection.close().await {
        tracing::debug!(%error, "a connection could not be closed");
    }
    role
}

async fn drop_of(connection: &mut AnyConnection) -> Result<Option<&'static str>, StoreError> {
    let sql = "SELECT current_user::text AS name, (rolsuper OR rolbypassrls)::int::bigint AS passes, \
               (rolsuper OR rolcreaterole)::int::bigint AS makes_roles FROM pg_roles WHERE rolname = current_user";
    let rows = Binds::default().fetch_all(connection, sql.into()).await?;
    let row = rows.first().ok_or_else(|| StoreError::Row { table: "pg_roles", why: "no user".to_owned() })?;
    let user = Columns { table: "pg_roles", row };
    let (name, passes, makes_roles) =
        (user.text("name")?, user.int("passes")? == 1, user.int("makes_roles")? == 1);
    let mut refused = None;
    if makes_roles && role_passes(connection).await?.is_none() {
        // Roles are of all databases of a server: another process may be faster.
        refused = connection.execute(AssertSqlSafe(format!("CREATE ROLE {ROLE} NOLOGIN"))).await.err();
    }
    let why = match role_passes(connection).await? {
        Some(true) => "the role is itself a superuser or has BYPASSRLS".to_owned(),
        Some(false) => match take_on(connection, makes_roles).await {
            Ok(()) => return Ok(Some(ROLE)),
            Err(error) => error.to_string(),
        },
        None => refused.map_or_else(|| "there is no such role".to_owned(), |error| error.to_string()),
    };
    if passes { Err(StoreError::RowSecurity { user: name, why }) } else { Ok(None) }
}

/// Whether the role passes by policies; none when it does not exist.
async fn role_passes(connection: &mut AnyConnection) -> Result<Option<bool>, StoreError> {
    let mut binds = Binds::default();
    binds.text(ROLE);
    let sql = "SELECT (rolsuper OR rolbypassrls)::int::bigint AS passes FROM pg_roles WHERE rolname = $1";
    let rows = binds.fetch_all(connection, sql.into()).await?;
    rows.first().map(|row| Ok(Columns { table: "pg_roles", row }.int("passes")? == 1)).transpose()
}

/// Takes the role on and lays it down again, to see whether that is allowed.
async fn take_on(connection: &mut AnyConnection, may_grant: bool) -> Result<(), sqlx::Error> {
    let set = take_role(ROLE);
    if connection.execute(AssertSqlSafe(set.as_str())).await.is_err() && may_grant {
        connection.execute(AssertSqlSafe(format!("GRANT {ROLE} TO CURRENT_USER"))).await?;
    }
    connection.execute(AssertSqlSafe(set)).await?;
    connection.execute("RESET ROLE").await?;
    Ok(())
}

pub(crate) fn take_role(role: &str) -> String {
    format!("SET ROLE {role}")
}

/// Brings the schema up to date as the configured user, and puts it under the policies.
pub(crate) async fn migrate(url: &str, role: Option<&str>) -> Result<(), StoreError> {
    let options = AnyPoolOptions::new()
        .max_connections(1)
        .after_connect(|connection, _| Box::pin(async { connection.execute(AS_OWNER).await.map(|_| ()) }));
    let pool = options.connect(url).await?;
    migrations::migrator().run(&pool).await?;
    let mut connection = pool.acquire().await?;
    if !unsecured(&mut connection, role).await?.is_empty() {
        let mut transaction = connection.begin().await?;
        transaction.execute(LOCK).await?;
        if let Some(role) = role {
            let schema = Binds::default().fetch_all(&mut transaction, CURRENT_SCHEMA.into()).await?;
            let row = schema
                .first()
                .ok_or_else(|| StoreError::Row { table: "pg_namespace", why: "no schema".to_owned() })?;
            let schema = Columns { table: "pg_namespace", row }.text("name")?;
            transaction.execute(AssertSqlSafe(format!("GRANT USAGE ON SCHEMA {schema} TO {role}"))).await?;
        }
        for table in unsecured(&mut transaction, role).await? {
            table.secure(&mut transaction, role).await?;
        }
        transaction.commit().await?;
    }
    drop(connection);
    pool.close().await;
    Ok(())
}

struct Unsecured {
    name: String,
    /// The column that says whose a row is; none for what belongs to no workspace.
    key: Option<&'static str>,
    has: BTreeSet<String>,
    wants: BTreeSet<&'static str>,
}

/// Tables that are not as they should be.
async fn unsecured(connection: &mut AnyConnection, role: Option<&str>) -> Result<Vec<Unsecured>, StoreError> {
    let granted = role.map_or_else(
        || "1::bigint".to_owned(),
        |role| {
            let each = ["SELECT", "INSERT", "UPDATE", "DELETE"];
            let each = each.map(|may| format!("has_table_privilege('{role}', c.oid, '{may}')")).join(" AND ");
            format!("({each})::int::bigint")
        },
    );
    let sql = format!(
        "SELECT c.relname::text AS name, {granted} AS granted, \
         (c.relrowsecurity AND c.relforcerowsecurity)::int::bigint AS forced, \
         (SELECT count(*) FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' \
         AND NOT a.attisdropped) AS scoped, \
         coalesce((SELECT string_agg(p.polname::text, ',') FROM pg_policy AS p WHERE p.polrelid = c.oid), '') \
         AS policies FROM pg_class AS c WHERE c.relnamespace = current_schema()::regnamespace \
         AND c.relkind IN ('r', 'p') AND c.relname <> '_sqlx_migrations' ORDER BY c.relname"
    );
    let mut found = Vec::new();
    for row in &Binds::default().fetch_all(connection, sql.into()).await? {
        let c = Columns { table: "pg_class", row };
        let name = c.text("name")?;
        let key = match name.as_str() {
            "workspaces" => Some("id"),
            _ => (c.int("scoped")? == 1).then_some("workspace_id"),
        };
        let has: BTreeSet<String> =
            c.text("policies")?.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        let wants = key.map(|_| wanted(&name)).unwrap_or_default();
        let known = |policy: &&String| POLICIES.iter().any(|(name, _)| name == policy);
        let as_wanted = has.iter().filter(known).map(String::as_str).eq(wants.iter().copied());
        if c.int("granted")? == 0 || key.is_some() && (c.int("forced")? == 0 || !as_wanted) {
            found.push(Unsecured { name, key, has, wants });
        }
    }
    Ok(found)
}

/// The policies of a table, by their names.
fn wanted(table: &str) -> BTreeSet<&'static str> {
    let mut wanted = BTreeSet::from(["of_workspace", "migrations"]);
    match EVERYWHERE.iter().find(|(name, _)| *name == table) {
        Some((_, Access::Read)) => wanted.insert("everywhere_read"),
        Some((_, Access::Change)) => wanted.insert("everywhere_change"),
        None => false,
    };
    wanted
}

impl Unsecured {
    async fn secure(&self, connection: &mut AnyConnection, role: Option<&str>) -> Result<(), StoreError> {
        let name = format!("\"{}\"", self.name.replace('"', "\"\""));
        let mut sql = String::new();
        if let Some(role) = role {
            sql.push_str(&format!("GRANT SELECT, INSERT, UPDATE, DELETE ON {name} TO {role};"));
        }
        if let Some(key) = self.key {
            sql.push_str(&format!(
                "ALTER TABLE {name} ENABLE ROW LEVEL SECURITY; ALTER TABLE {name} FORCE ROW LEVEL SECURITY;"
            ));
            for (policy, text) in POLICIES {
                match (self.wants.contains(policy), self.has.contains(policy)) {
                    (true, false) => {
                        let text = text.replace("{key}", key);
                        sql.push_str(&format!("CREATE POLICY {policy} ON {name} {text};"));
                    }
                    (false, true) => sql.push_str(&format!("DROP POLICY {policy} ON {name};")),
                    _ => {}
                }
            }
        }
        connection.execute(AssertSqlSafe(sql)).await?;
        Ok(())
    }
}
