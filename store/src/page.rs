//! Pages of lists and the cursors between them.

use std::str::FromStr;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

use crate::StoreError;

/// Rows a list hands out at once, whatever it is asked for.
pub const MAX_LIMIT: i64 = 500;

/// A part of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Continues the list; absent at its end. Opaque, and only good for the list that gave it.
    pub next: Option<String>,
}

/// The sort key of the last row handed out: a time, then the id that breaks ties.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Cursor {
    pub at: i64,
    pub id: String,
}

impl Cursor {
    fn encode(&self) -> String {
        URL_SAFE_NO_PAD.encode(format!("{}~{}", self.at, self.id))
    }

    pub(crate) fn decode(text: Option<&str>) -> Result<Option<Self>, StoreError> {
        let Some(text) = text else { return Ok(None) };
        if text.len() > 200 {
            return Err(StoreError::Cursor);
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| StoreError::Cursor)?;
        let plain = String::from_utf8(bytes).map_err(|_| StoreError::Cursor)?;
        let (at, id) = plain.split_once('~').ok_or(StoreError::Cursor)?;
        // An id, or one with the number of a line.
        let (uuid, line) = id.split_once(':').unwrap_or((id, "0"));
        uuid::Uuid::from_str(uuid).map_err(|_| StoreError::Cursor)?;
        line.parse::<u8>().map_err(|_| StoreError::Cursor)?;
        Ok(Some(Self { at: at.parse().map_err(|_| StoreError::Cursor)?, id: id.to_owned() }))
    }
}

pub(crate) fn clamp(limit: i64) -> i64 {
    limit.clamp(1, MAX_LIMIT)
}

impl<T> Page<T> {
    /// Makes a page of rows of which one more than `limit` was asked for.
    pub(crate) fn of(mut items: Vec<T>, limit: i64, key: impl Fn(&T) -> (i64, String)) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = items.len() > limit;
        items.truncate(limit);
        let next = more.then(|| items.last().map(&key)).flatten().map(|(at, id)| Cursor { at, id }.encode());
        Self { items, next }
    }

    pub fn map<U>(self, change: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(change).collect(), next: self.next }
    }
}
