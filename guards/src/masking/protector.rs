//! Finds and treats, by the rules of a border.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;

use super::{
    Border, Error, Rules, StreamMask, Treatment, Vault,
    json::{self, Spare},
    memo::Memo,
    shown::{label, replace, shown},
    spots::{Spot, join, spots},
};
use crate::pii::{Detector, Finding};

/// How much of a value is read together with the label it stands under. A label says something only
/// about what follows at once.
const LABELLED: usize = 512;

/// A detector with rules. Made once, shared freely.
pub struct Protector {
    detector: Arc<Detector>,
    rules: Arc<Rules>,
    memo: Mutex<Memo>,
}

impl Protector {
    /// # Errors
    ///
    /// When the rules name a kind that the detector does not know.
    pub fn new(detector: Arc<Detector>, rules: Rules) -> Result<Self, Error> {
        rules.check(&detector)?;
        Ok(Self { detector, rules: Arc::new(rules), memo: Mutex::default() })
    }

    pub fn detector(&self) -> &Arc<Detector> {
        &self.detector
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is found in a text; remembered for texts of late.
    pub fn findings(&self, text: &str) -> Arc<[Finding]> {
        let key = Memo::key(text);
        let memo = || self.memo.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(findings) = memo().get(&key) {
            return findings;
        }
        // Not under the lock: others need not wait for it.
        let findings: Arc<[Finding]> = self.detector.detect(text).into();
        memo().insert(key, findings.clone());
        findings
    }

    /// A text that may cross a border, and what its placeholders stand for in the vault. Where the
    /// rules mask nothing, [`Vault::restore`] gives the text back exactly.
    ///
    /// # Errors
    ///
    /// When a kind in it must not cross, with the vault as it was; when the vault is full.
    pub fn protect(&self, border: Border, text: &str, vault: &mut Vault) -> Result<String, Error> {
        self.check(border, text)?;
        self.put_away(border, "", text, vault)
    }

    /// A JSON value that may cross a border: all its strings, names of members too, numbers not. A
    /// string is read together with the name of its member, as `phone: …`. JSON that is written as
    /// text must be read first: a `\n` before an address would become a part of it, and a value with
    /// signs that JSON escapes would come back with the escapes.
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`].
    pub fn protect_json(&self, border: Border, value: &Value, vault: &mut Vault) -> Result<Value, Error> {
        self.check_json(border, value)?;
        let mut with = |label: &str, text: &str| self.put_away(border, label, text, vault);
        json::map(value, &mut with, &mut Spare::Numbered)
    }

    /// A text that may cross a border for good: a placeholder is its kind's name.
    ///
    /// # Errors
    ///
    /// When a kind in it must not cross.
    pub fn clean(&self, border: Border, text: &str) -> Result<String, Error> {
        self.check(border, text)?;
        Ok(self.wipe(border, "", text))
    }

    /// As [`Protector::clean`], for all strings of a JSON value.
    ///
    /// # Errors
    ///
    /// When a kind in it must not cross.
    pub fn clean_json(&self, border: Border, value: &Value) -> Result<Value, Error> {
        self.check_json(border, value)?;
        let mut with = |label: &str, text: &str| Ok(self.wipe(border, label, text));
        json::map(value, &mut with, &mut Spare::Numbered)
    }

    /// For a text that is still coming. What must not cross is shown by its kind's name, see
    /// [`StreamMask::blocked`].
    pub fn stream(&self, border: Border) -> StreamMask {
        StreamMask::new(self.detector.clone(), self.rules.clone(), border)
    }

    fn put_away(&self, border: Border, label: &str, text: &str, vault: &mut Vault) -> Result<String, Error> {
        vault.write(text, &self.spots(border, label, text), |vault, spot, value| {
            let name = self.detector.name_of(spot.kind);
            match self.rules.treatment(border, name) {
                Treatment::Mask => Ok(shown(spot.kind, name, value)),
                _ => vault.placeholder(name, value),
            }
        })
    }

    pub(super) fn wipe(&self, border: Border, under: &str, text: &str) -> String {
        replace(text, &self.spots(border, under, text), |spot, value| {
            let name = self.detector.name_of(spot.kind);
            match self.rules.treatment(border, name) {
                Treatment::Mask => shown(spot.kind, name, value),
                _ => label(name),
            }
        })
    }

    /// What does not pass as it is.
    pub(super) fn spots(&self, border: Border, label: &str, text: &str) -> Vec<Spot> {
        let mut all = spots(text, &self.findings(text));
        if !label.is_empty() && !text.is_empty() {
            let head = &text[..text.floor_char_boundary(LABELLED)];
            let labelled = format!("{label}: {head}");
            let begin = labelled.len() - head.len();
            all.extend(self.findings(&labelled).iter().filter(|finding| finding.span.end > begin).map(
                |finding| Spot {
                    span: finding.span.start.max(begin) - begin..finding.span.end - begin,
                    kind: finding.kind,
                },
            ));
        }
        all.retain(|spot| self.rules.treatment(border, self.detector.name_of(spot.kind)) != Treatment::Allow);
        join(all)
    }

    fn check(&self, border: Border, text: &str) -> Result<(), Error> {
        let mut kinds = BTreeSet::new();
        if self.rules.at(border).blocks() {
            self.blocked(border, "", text, &mut kinds);
        }
        refuse(border, kinds)
    }

    fn check_json(&self, border: Border, value: &Value) -> Result<(), Error> {
        let mut kinds = BTreeSet::new();
        if self.rules.at(border).blocks() {
            json::each(value, &mut |label, text| self.blocked(border, label, text, &mut kinds));
        }
        refuse(border, kinds)
    }

    fn blocked(&self, border: Border, label: &str, text: &str, kinds: &mut BTreeSet<String>) {
        for spot in self.spots(border, label, text) {
            let name = self.detector.name_of(spot.kind);
            if self.rules.treatment(border, name) == Treatment::Block {
                kinds.insert(name.to_owned());
            }
        }
    }
}

fn refuse(border: Border, kinds: BTreeSet<String>) -> Result<(), Error> {
    if kinds.is_empty() {
        return Ok(());
    }
    Err(Error::Blocked { border, kinds: kinds.into_iter().collect() })
}
