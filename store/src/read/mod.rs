//! What is read, and the small things that are written outside of commits, noun by noun.

mod accounts;
mod agent_figures;
mod api_keys;
mod approval_mails;
mod approvals;
pub(crate) mod audit;
mod automatic_breakers;
mod autonomy;
mod breakers;
mod channel_settings;
pub(crate) mod citations;
mod counts;
pub(crate) mod credits;
mod customer_sessions;
mod customers;
mod decided_cases;
mod departures;
mod document_versions;
mod documents;
mod evaluations;
mod exercises;
pub(crate) mod figures;
mod gaps;
mod inbox;
mod index_marks;
mod invitations;
mod mail;
pub(crate) mod mentions;
mod names;
pub(crate) mod paper;
mod passkeys;
mod people;
mod personal_data;
mod policies;
mod presences;
mod rate_buckets;
mod redact;
mod review;
mod roles;
mod runs;
mod second_factors;
mod sessions;
mod sign_in_failures;
mod sources;
mod surroundings;
mod teams;
mod threads;
mod tickets;
pub(crate) mod together;
mod tools;
pub(crate) mod track;
mod users;

pub use accounts::AccountDeed;
pub use agent_figures::{AgentFigures, AgentPeriod};
pub use approval_mails::ToMail;
pub use audit::{AuditFilter, AuditReport};
pub use automatic_breakers::Moved;
pub use credits::CreditReport;
pub use evaluations::ResultFilter;
pub use figures::{DeskDay, DeskNow, Waiting};
pub use index_marks::KnowledgeFact;
pub use invitations::Joining;
pub use mentions::Mention;
pub use names::Asker;
pub use people::{PersonChange, PersonChanged};
pub use redact::{Redaction, RedactionOutcome};
pub use review::Reviewed;
pub use sources::PageDocument;
pub(crate) use surroundings::RunAsked;
pub use surroundings::Surroundings;
pub use threads::Forgotten;
pub use track::{Became, Resolved, Tracks};

use domain::Timestamp;
use sqlx::any::AnyRow;

use crate::{
    Page, Store, StoreError, WorkspaceStore,
    page::{Cursor, clamp},
    rows::all,
    scope::Scope,
    sql::Select,
};

/// Which way a list runs along its sort key.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Order {
    OldestFirst,
    NewestFirst,
}

impl WorkspaceStore {
    pub(crate) async fn all<T>(
        &self,
        select: Select,
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        all(&self.rows(select).await?, read)
    }

    async fn rows(&self, select: Select) -> Result<Vec<AnyRow>, StoreError> {
        let mut reader = self.reader().await?;
        let rows = self.store.heard(select.all(&mut reader)).await?;
        reader.keep();
        Ok(rows)
    }

    async fn one<T>(
        &self,
        select: Select,
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.all(select, read).await?.into_iter().next())
    }

    /// A page of a list that is sorted by `time` and then `id`.
    async fn page<T>(
        &self,
        select: Select,
        (time, order): (&'static str, Order),
        (limit, cursor): (i64, Option<&str>),
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
        key: impl Fn(&T) -> (Timestamp, String),
    ) -> Result<Page<T>, StoreError> {
        let limit = clamp(limit);
        let (compare, direction) = if order == Order::OldestFirst { (">", "ASC") } else { ("<", "DESC") };
        let select = select
            .and_if(
                &format!(" AND ({time}, id) {compare} (?, ?)"),
                Cursor::decode(cursor)?,
                |binds, cursor| {
                    binds.int(cursor.at).text(cursor.id);
                },
            )
            .and(&format!(" ORDER BY {time} {direction}, id {direction} LIMIT ? + 0"), |binds| {
                binds.int(limit + 1);
            });
        let items = self.all(select, read).await?;
        Ok(Page::of(items, limit, |item| {
            let (at, id) = key(item);
            (at.0, id)
        }))
    }
}

impl Store {
    /// A read that is not of one workspace. On Postgres it sees the tables in
    /// [`crate::row_security::EVERYWHERE`] alone.
    async fn everywhere<T>(
        &self,
        sql: &str,
        bind: impl FnOnce(&mut crate::sql::Binds),
        read: impl Fn(&AnyRow) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut binds = crate::sql::Binds::default();
        bind(&mut binds);
        let mut reader = self.reader(Scope::Everywhere).await?;
        let rows = self.heard(binds.fetch_all(&mut reader, sql.into())).await?;
        reader.keep();
        all(&rows, read)
    }
}
