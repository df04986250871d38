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

/// A place in a list: what it is sorted by, then the id that breaks ties.
pub type Key = (i64, String);

impl<T> Page<T> {
    /// Puts an item that no row holds where it belongs, if that is on this page: the page is as it would be if
    /// there were a row. `after` is the cursor that the page was asked for with, `key` gives an item's place.
    ///
    /// # Errors
    ///
    /// A cursor that is of no list.
    pub fn with(
        mut self,
        item: T,
        (limit, after): (i64, Option<&str>),
        descending: bool,
        key: impl Fn(&T) -> Key,
    ) -> Result<Self, StoreError> {
        let own = key(&item);
        let before = |a: &Key, b: &Key| if descending { a > b } else { a < b };
        if let Some(Cursor { at, id }) = Cursor::decode(after)?
            && !before(&(at, id), &own)
        {
            return Ok(self);
        }
        let place = self.items.iter().position(|other| before(&own, &key(other))).unwrap_or(self.items.len());
        if place == self.items.len() && self.next.is_some() {
            return Ok(self);
        }
        self.items.insert(place, item);
        Ok(self.cut(usize::try_from(clamp(limit)).unwrap_or(usize::MAX), key))
    }

    /// The first items of a page, at most this many; the list goes on behind them. `key` gives an item's place.
    pub fn cut(mut self, limit: usize, key: impl Fn(&T) -> Key) -> Self {
        if self.items.len() > limit {
            self.items.truncate(limit);
            self.next = self.items.last().map(key).map(|(at, id)| Cursor { at, id }.encode());
        }
        self
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

#[cfg(test)]
mod tests {
    use super::*;

    fn key(item: &i64) -> Key {
        (*item, format!("00000000-0000-0000-0000-{item:012}"))
    }

    /// Every page of rows 10, 20, 30 … with one item that is no row, as the store would page them.
    fn walked(rows: &[i64], item: i64, limit: i64, descending: bool) -> Vec<i64> {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let after = Cursor::decode(cursor.as_deref()).unwrap().map(|cursor| cursor.at);
            let mut left: Vec<i64> = rows
                .iter()
                .copied()
                .filter(|row| after.is_none_or(|after| if descending { *row < after } else { *row > after }))
                .collect();
            if descending {
                left.reverse();
            }
            left.truncate(limit as usize + 1);
            let page =
                Page::of(left, limit, key).with(item, (limit, cursor.as_deref()), descending, key).unwrap();
            assert!(page.items.len() <= limit as usize);
            assert!(page.next.is_none() || page.items.len() == limit as usize, "only the last is not full");
            all.extend(page.items);
            match page.next {
                Some(next) => cursor = Some(next),
                None => return all,
            }
        }
    }

    #[test]
    fn a_page_that_is_cut_goes_on_behind_what_is_left_of_it() {
        let page = Page { items: vec![10, 20, 30], next: None };
        assert_eq!(page.clone().cut(3, key), page);
        let cut = page.cut(2, key);
        assert_eq!(cut.items, [10, 20]);
        assert_eq!(Cursor::decode(cut.next.as_deref()).unwrap().map(|cursor| cursor.at), Some(20));
    }

    #[test]
    fn what_is_no_row_stands_in_its_place_once_on_whatever_page() {
        for rows in [vec![], vec![10, 20, 30, 40, 50, 60, 70]] {
            for item in [5, 15, 35, 45, 65, 75] {
                for limit in 1..9 {
                    for descending in [false, true] {
                        let mut expected = rows.clone();
                        expected.push(item);
                        expected.sort_unstable();
                        if descending {
                            expected.reverse();
                        }
                        assert_eq!(walked(&rows, item, limit, descending), expected, "{item} by {limit}");
                    }
                }
            }
        }
    }
}
