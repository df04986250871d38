//! Finds and treats, by the rules of a border.

use std::{
    borrow::Cow,
    collections::BTreeSet,
    convert::Infallible,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use serde_json::Value;
use sha3::{Digest as _, Sha3_256};

use super::{
    Border, BorderRules, Error, Own, OwnNames, Pseudonyms, Rules, Treatment, Vault,
    json::{self, Spare},
    memo::Memo,
    placeholder,
    shown::{label, replace, shown},
    spots::{Spot, join, spots},
};
use crate::pii::{Detector, Finding, Kind};

/// Counts changes to how text is treated, so that what was kept is treated again.
const VERSION: u32 = 1;
/// How much of a value is read together with the label it stands under. A label says something only
/// about what follows at once.
const LABELLED: usize = 512;

/// A detector with rules. Made once, shared freely; a copy shares everything.
#[derive(Clone)]
pub struct Protector {
    detector: Arc<Detector>,
    rules: Arc<Rules>,
    memo: Arc<Mutex<Memo>>,
    /// JSON texts that cross to a model as they are, by these rules.
    plain: Arc<Mutex<Memo>>,
    pseudonyms: Option<Pseudonyms>,
    own_names: Arc<OwnNames>,
    is_closed: bool,
}

/// A value that does not pass a border as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Met {
    /// The kind's name.
    pub kind: String,
    pub treatment: Treatment,
    /// In bytes of the text.
    pub span: Range<usize>,
}

impl Protector {
    /// # Errors
    ///
    /// When the rules name a kind that the detector does not know.
    pub fn new(detector: Arc<Detector>, rules: Rules) -> Result<Self, Error> {
        rules.check(&detector)?;
        let rules = Arc::new(rules);
        Ok(Self {
            detector,
            rules,
            memo: Arc::default(),
            plain: Arc::default(),
            pseudonyms: None,
            own_names: Arc::default(),
            is_closed: false,
        })
    }

    /// The same with what a workspace says of its own laid over it. What is found is remembered together,
    /// as long as the same is looked for.
    pub fn with(&self, own: &Own) -> Self {
        let rules = Arc::new(own.over(&self.rules));
        if own.recognisers().is_empty() {
            return Self { rules, plain: Arc::default(), ..self.clone() };
        }
        let detector = Arc::new(self.detector.with(own.recognisers().clone()));
        Self { detector, rules, memo: Arc::default(), plain: Arc::default(), ..self.clone() }
    }

    /// For a workspace whose own cannot be told: nothing is let through that the closed rules do not. What it
    /// looks for is not all, so whoever can should let nothing pass at all.
    pub fn closed(&self) -> Self {
        Self { rules: Arc::new(Rules::closed()), plain: Arc::default(), is_closed: true, ..self.clone() }
    }

    pub fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// The same, with placeholders that are for good written by this key.
    pub fn keyed(&self, pseudonyms: Pseudonyms) -> Self {
        Self { pseudonyms: Some(pseudonyms), ..self.clone() }
    }

    /// The same for a workspace that is called so: its own name is nobody's. What is found is remembered together.
    pub fn called(&self, own_names: Arc<OwnNames>) -> Self {
        Self { own_names, ..self.clone() }
    }

    pub fn own_names(&self) -> &Arc<OwnNames> {
        &self.own_names
    }

    /// Tells what it does at a border from what others do. Not for secrets.
    pub fn print(&self, border: Border) -> u64 {
        let mut hash = Sha3_256::new_with_prefix(VERSION.to_be_bytes());
        let BorderRules { default, kinds } = self.rules.at(border);
        hash.update(default.name());
        for (kind, treatment) in kinds {
            hash.update(format!("\n{kind} {}", treatment.name()));
        }
        hash.update(self.detector.custom_print());
        let treats_names = self.rules.treatment(border, Kind::PersonName.name()) != Treatment::Allow;
        if treats_names && !self.own_names.is_empty() {
            hash.update(self.own_names.print());
        }
        let digest: [u8; 32] = hash.finalize().into();
        digest.iter().take(8).fold(0, |print, byte| (print << 8) | u64::from(*byte))
    }

    pub fn detector(&self) -> &Arc<Detector> {
        &self.detector
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// What is found in a text, the workspace's own name too; remembered for texts of late.
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
        let spots = self.spots(border, "", text);
        if self.rules.at(border).blocks() {
            let mut kinds = BTreeSet::new();
            self.blocked(border, &spots, &mut kinds);
            refuse(border, kinds)?;
        }
        self.put(border, text, &spots, vault)
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

    /// A tool's result as a model may read it: as JSON where it is JSON, otherwise as text. A `<` of its own stays
    /// escaped, so that it cannot look like a mark. What was seen to have nothing to treat is not read again: a run
    /// shows its model the same results at every turn.
    ///
    /// # Errors
    ///
    /// As [`Protector::protect`].
    pub fn protect_result(&self, border: Border, text: &str, vault: &mut Vault) -> Result<String, Error> {
        // What is plain where a name is nobody's may not be elsewhere.
        let key = Memo::key_of(&format!("{} {}", border.name(), self.own_names.print()), text);
        let plain = || self.plain.lock().unwrap_or_else(PoisonError::into_inner);
        if plain().get(&key).is_some() {
            return Ok(text.to_owned());
        }
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return self.protect(border, text, vault);
        };
        self.check_json(border, &value)?;
        let mut is_plain = true;
        let mut with = |label: &str, text: &str| {
            let treated = self.put_away(border, label, text, vault)?;
            is_plain &= treated == text;
            Ok(treated)
        };
        let mut shown = json::map(&value, &mut with, &mut Spare::Numbered)?;
        if is_plain {
            plain().insert(key, Arc::default());
            return Ok(text.to_owned());
        }
        shown.sort_all_objects();
        Ok(placeholder::escaped_around(&shown.to_string()))
    }

    /// A text that may cross a border for good.
    ///
    /// # Errors
    ///
    /// When a kind in it must not cross.
    pub fn clean<'t>(&self, border: Border, text: &'t str) -> Result<Cow<'t, str>, Error> {
        let spots = self.spots(border, "", text);
        let mut kinds = BTreeSet::new();
        self.blocked(border, &spots, &mut kinds);
        refuse(border, kinds)?;
        Ok(self.wipe(border, text, &spots))
    }

    /// A text that crosses a border for good and cannot be stopped, as a line of a log: what must not cross
    /// is shown by its kind's name.
    pub fn redact<'t>(&self, border: Border, text: &'t str) -> Cow<'t, str> {
        self.wipe(border, text, &self.spots(border, "", text))
    }

    /// As [`Protector::redact`], for all strings of a JSON value.
    pub fn redact_json(&self, border: Border, value: &Value) -> Value {
        let mut with = |label: &str, text: &str| {
            let spots = self.spots(border, label, text);
            Ok::<_, Infallible>(self.wipe(border, text, &spots).into_owned())
        };
        let Ok(value) = json::map(value, &mut with, &mut Spare::Numbered);
        value
    }

    /// A JSON value before somebody looks at it who decides whether it crosses: what is masked at the border
    /// is, what is blocked still stands there.
    pub fn propose_json(&self, border: Border, value: &Value) -> Value {
        let mut with = |label: &str, text: &str| {
            let mut spots = self.spots(border, label, text);
            spots.retain(|spot| self.treatment(border, spot) != Treatment::Block);
            Ok::<_, Infallible>(self.wipe(border, text, &spots).into_owned())
        };
        let Ok(value) = json::map(value, &mut with, &mut Spare::Numbered);
        value
    }

    /// What in all strings of a JSON value does not pass as it is, with the string it stands in.
    pub fn meet_json(&self, border: Border, value: &Value, meet: &mut impl FnMut(&str, Met)) {
        json::each(value, &mut |label, text| {
            for spot in self.spots(border, label, text) {
                let treatment = self.treatment(border, &spot);
                let kind = self.detector.name_of(spot.kind).to_owned();
                meet(text, Met { kind, treatment, span: spot.span });
            }
        });
    }

    fn put_away(&self, border: Border, label: &str, text: &str, vault: &mut Vault) -> Result<String, Error> {
        self.put(border, text, &self.spots(border, label, text), vault)
    }

    fn put(&self, border: Border, text: &str, spots: &[Spot], vault: &mut Vault) -> Result<String, Error> {
        vault.write(text, spots, |vault, spot, value| {
            let name = self.detector.name_of(spot.kind);
            match self.rules.treatment(border, name) {
                Treatment::Mask => Ok(shown(spot.kind, name, value)),
                _ => vault.placeholder(name, value),
            }
        })
    }

    fn treatment(&self, border: Border, spot: &Spot) -> Treatment {
        self.rules.treatment(border, self.detector.name_of(spot.kind))
    }

    pub(super) fn wipe<'t>(&self, border: Border, text: &'t str, spots: &[Spot]) -> Cow<'t, str> {
        if spots.is_empty() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(replace(text, spots, |spot, value| {
            let name = self.detector.name_of(spot.kind);
            match (self.rules.treatment(border, name), &self.pseudonyms) {
                (Treatment::Mask, _) => shown(spot.kind, name, value),
                (Treatment::Placeholder, Some(pseudonyms)) => pseudonyms.of(name, value),
                _ => label(name),
            }
        }))
    }

    /// What does not pass as it is.
    pub(super) fn spots(&self, border: Border, label: &str, text: &str) -> Vec<Spot> {
        let found = |text: &str| -> Arc<[Finding]> {
            let found: Arc<[Finding]> = match border {
                // Lines of a log are not seen again.
                Border::Log => self.detector.detect(text).into(),
                _ => self.findings(text),
            };
            let is_own = |finding: &Finding| self.own_names.hold(&self.detector, text, finding);
            if found.iter().any(is_own) {
                return found.iter().filter(|finding| !is_own(finding)).cloned().collect();
            }
            found
        };
        let mut all = spots(text, &found(text));
        if !label.is_empty() && !text.is_empty() {
            let head = &text[..text.floor_char_boundary(LABELLED)];
            let labelled = format!("{label}: {head}");
            let begin = labelled.len() - head.len();
            let found = found(&labelled);
            let said = found.iter().filter(|finding| finding.span.end > begin);
            let said = said.filter(|finding| finding.kind != Kind::PersonName || !is_identifier(text));
            all.extend(said.map(|finding| Spot {
                span: finding.span.start.max(begin) - begin..finding.span.end - begin,
                kind: finding.kind,
            }));
        }
        all.retain(|spot| self.treatment(border, spot) != Treatment::Allow);
        join(all)
    }

    fn check_json(&self, border: Border, value: &Value) -> Result<(), Error> {
        let mut kinds = BTreeSet::new();
        if self.rules.at(border).blocks() {
            json::each(value, &mut |label, text| {
                self.blocked(border, &self.spots(border, label, text), &mut kinds);
            });
        }
        refuse(border, kinds)
    }

    fn blocked(&self, border: Border, spots: &[Spot], kinds: &mut BTreeSet<String>) {
        for spot in spots.iter().filter(|spot| self.treatment(border, spot) == Treatment::Block) {
            kinds.insert(self.detector.name_of(spot.kind).to_owned());
        }
    }
}

/// Whether it is what programs call things: `"agent": "resolution"` names nobody.
fn is_identifier(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-.:/".contains(&byte);
    text.bytes().all(plain)
}

fn refuse(border: Border, kinds: BTreeSet<String>) -> Result<(), Error> {
    if kinds.is_empty() {
        return Ok(());
    }
    Err(Error::Blocked { border, kinds: kinds.into_iter().collect() })
}
