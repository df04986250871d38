//! Credits: what models and paid tools cost, and what may be spent.
//!
//! Before something is paid for, the most that it can cost is set aside; after it, what it did cost is
//! taken and the rest given back. Every such move is an [`Entry`] of a ledger with two sides, which is
//! only ever appended to. [`Meter`]s hold the sums that ceilings are compared with; they can be computed
//! again from the entries.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    ReservationId, RunId, Timestamp,
    meter::{Meter, MeterKey, Scope, Unit, Window},
};

/// Millionths of a credit in one.
pub const MICROS: i64 = 1_000_000;

/// `1.25` for 1,250,000 millionths.
#[derive(Clone, Copy, Debug)]
pub struct Credits(pub i64);

impl fmt::Display for Credits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        if rest == 0 {
            return write!(f, "{sign}{whole}");
        }
        let digits = format!("{rest:06}");
        write!(f, "{sign}{whole}.{}", digits.trim_end_matches('0'))
    }
}

/// Where credits are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// What the workspace may still spend.
    Allowance,
    /// Set aside for something under way.
    Reserved,
    Spent,
}

impl Account {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allowance => "allowance",
            Self::Reserved => "reserved",
            Self::Spent => "spent",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Allowance, Self::Reserved, Self::Spent].into_iter().find(|account| account.as_str() == text)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Set aside.
    Reserve,
    /// What it did cost.
    Settle,
    /// What nobody can tell the cost of any more, because the process ended: all of it counts as spent.
    Forfeit,
    /// Given back.
    Release,
    /// It cost more than was set aside.
    Overrun,
}

impl EntryKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reserve => "reserve",
            Self::Settle => "settle",
            Self::Forfeit => "forfeit",
            Self::Release => "release",
            Self::Overrun => "overrun",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::Reserve, Self::Settle, Self::Forfeit, Self::Release, Self::Overrun]
            .into_iter()
            .find(|kind| kind.as_str() == text)
    }
}

/// What is set aside, for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub id: ReservationId,
    pub run_id: Option<RunId>,
    pub agent: String,
    /// The paid tool; none for a model.
    pub tool: Option<String>,
    /// The most that it can cost, in millionths of a credit.
    pub micros: i64,
    pub at: Timestamp,
}

/// What became of a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    Micros(i64),
    /// It cannot be told, so all that was set aside counts as spent.
    Unknown,
}

/// One move of credits from an account to another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Entry {
    pub reservation_id: ReservationId,
    /// 0 for the reservation; nothing is entered under the same number twice.
    pub line: i64,
    pub kind: EntryKind,
    /// Where the credits go.
    pub debit: Account,
    /// Where they come from.
    pub credit: Account,
    /// Millionths of a credit; never negative.
    pub micros: i64,
    pub run_id: Option<RunId>,
    pub agent: String,
    /// The paid tool; none for a model.
    pub tool: Option<String>,
    pub at: Timestamp,
}

#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CreditError {
    #[error("nothing was set aside under {0}")]
    Unknown(ReservationId),
    #[error("reservation {0} is settled already; nothing is paid twice")]
    Closed(ReservationId),
    #[error("{0} millionths of a credit cannot be set aside or spent; the least is 0")]
    Negative(i64),
}

impl Reservation {
    /// The first entry of its lines.
    pub fn entry(&self) -> Result<Entry, CreditError> {
        if self.micros < 0 {
            return Err(CreditError::Negative(self.micros));
        }
        Ok(Entry {
            reservation_id: self.id,
            line: 0,
            kind: EntryKind::Reserve,
            debit: Account::Reserved,
            credit: Account::Allowance,
            micros: self.micros,
            run_id: self.run_id,
            agent: self.agent.clone(),
            tool: self.tool.clone(),
            at: self.at,
        })
    }
}

/// The entries that end a reservation whose entries so far are given.
pub fn settle(
    id: ReservationId,
    so_far: &[Entry],
    spent: Spent,
    at: Timestamp,
) -> Result<Vec<Entry>, CreditError> {
    let reserved = so_far.iter().find(|entry| entry.line == 0).ok_or(CreditError::Unknown(id))?;
    if so_far.len() > 1 {
        return Err(CreditError::Closed(id));
    }
    let line = |line, kind, debit, credit, micros| Entry {
        line,
        kind,
        debit,
        credit,
        micros,
        at,
        ..reserved.clone()
    };
    let all = reserved.micros;
    let micros = match spent {
        Spent::Unknown => {
            return Ok(vec![line(1, EntryKind::Forfeit, Account::Spent, Account::Reserved, all)]);
        }
        Spent::Micros(micros) if micros < 0 => return Err(CreditError::Negative(micros)),
        Spent::Micros(micros) => micros,
    };
    let mut entries = vec![line(1, EntryKind::Settle, Account::Spent, Account::Reserved, micros.min(all))];
    if micros < all {
        entries.push(line(2, EntryKind::Release, Account::Allowance, Account::Reserved, all - micros));
    } else if micros > all {
        entries.push(line(2, EntryKind::Overrun, Account::Spent, Account::Allowance, micros - all));
    }
    Ok(entries)
}

impl Entry {
    /// What it adds to `reserved` and `used` of the meters that it counts on.
    pub fn moves(&self) -> (i64, i64) {
        let of = |account: Account| {
            i64::from(self.debit == account) * self.micros - i64::from(self.credit == account) * self.micros
        };
        (of(Account::Reserved), of(Account::Spent))
    }

    /// The meters that it counts on, given when its reservation was made: a night between the two does not
    /// part them.
    pub fn meters(&self, reserved_at: Timestamp) -> Vec<MeterKey> {
        meters(&self.agent, self.tool.as_deref(), reserved_at)
    }
}

/// The meters that what an agent spends counts on.
pub fn meters(agent: &str, tool: Option<&str>, at: Timestamp) -> Vec<MeterKey> {
    let tool = tool.map(|tool| Scope::Tool(tool.to_owned()));
    let scopes = [Some(Scope::Workspace), Some(Scope::Agent(agent.to_owned())), tool];
    let key = |scope: &Scope, window| MeterKey::at(scope.clone(), Unit::Credits, window, at);
    scopes
        .into_iter()
        .flatten()
        .flat_map(|scope| [key(&scope, Window::Day), key(&scope, Window::Month)])
        .collect()
}

/// The meters as the entries say they must be.
pub fn fold<'e>(entries: impl IntoIterator<Item = &'e Entry>) -> Vec<Meter> {
    let mut meters = std::collections::BTreeMap::<MeterKey, Meter>::new();
    let mut reserved_at = std::collections::HashMap::new();
    for entry in entries {
        let at = *reserved_at.entry(entry.reservation_id).or_insert(entry.at);
        let (reserved, used) = entry.moves();
        for key in entry.meters(at) {
            let meter = meters.entry(key.clone()).or_insert_with(|| Meter::new(key));
            meter.reserved += reserved;
            meter.used += used;
        }
    }
    meters.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credits_are_written_without_zeros_that_say_nothing() {
        for (micros, text) in
            [(0, "0"), (1, "0.000001"), (1_250_000, "1.25"), (-500_000, "-0.5"), (3_000_000, "3")]
        {
            assert_eq!(Credits(micros).to_string(), text);
        }
    }
}
