//! Pages: how every list is asked for and answered.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::problem::Problem;

const DEFAULT_LIMIT: i64 = 50;
const MAX_LIMIT: i64 = 100;

/// Which part of a list is wanted.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
pub struct PageQuery {
    /// How many items, 1 to 100.
    #[serde(default)]
    #[schemars(range(min = 1, max = 100), extend("default" = 50))]
    pub limit: Option<i64>,
    /// The `next_cursor` of the page before.
    #[serde(default)]
    #[schemars(length(max = 512))]
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The limit, or why it does not fit.
    pub fn limit(&self) -> Result<i64, Problem> {
        match self.limit {
            None => Ok(DEFAULT_LIMIT),
            Some(limit) if (1..=MAX_LIMIT).contains(&limit) => Ok(limit),
            Some(limit) => Err(Problem::invalid(format!("limit is {limit} and must be 1 to {MAX_LIMIT}"))),
        }
    }

    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }

    /// The cursor of a list that goes by a ticket's version: the last version of the page before.
    pub fn after(&self) -> Result<i64, Problem> {
        let Some(cursor) = self.cursor() else { return Ok(0) };
        cursor.parse().ok().filter(|version| *version >= 0).ok_or_else(|| store::StoreError::Cursor.into())
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Ask with it for the next page; null on the last one.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    pub fn map<U>(page: store::Page<U>, item: impl FnMut(U) -> T) -> Self {
        Self { items: page.items.into_iter().map(item).collect(), next_cursor: page.next }
    }
}

impl<T> From<store::Page<T>> for Page<T> {
    fn from(page: store::Page<T>) -> Self {
        Self { items: page.items, next_cursor: page.next }
    }
}
