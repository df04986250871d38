//! The protector of each workspace: what becomes of personal and secret data at every border, by the
//! house's configuration and what the workspace's policy says over it.
//!
//! One place, so that no border reads rules of its own. It is there before the database is: the log needs
//! it first. What workspaces say is put in by [`crate::policies::Policies`] when it hears of a version.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock},
};

use domain::WorkspaceId;
use guards::masking::{OwnNames, Protector, Pseudonyms};
use sha2::{Digest as _, Sha256};

pub struct Protections {
    /// As configured.
    house: Protector,
    known: RwLock<Known>,
    /// Workspaces that were asked about before anybody said what they are called.
    unnamed: Mutex<BTreeSet<WorkspaceId>>,
    /// What placeholders that are for good are written with.
    key: OnceLock<[u8; 32]>,
}

struct Known {
    /// Of workspaces without a policy of their own.
    installation: Arc<Protector>,
    own: HashMap<WorkspaceId, Arc<Protector>>,
    /// The installation's with the key and the name of each workspace that asked.
    keyed: HashMap<WorkspaceId, Arc<Protector>>,
    /// What workspaces are called; until it is said, a name of theirs is taken for somebody's, as any other.
    names: HashMap<WorkspaceId, Arc<OwnNames>>,
}

impl Protections {
    pub fn new(house: Protector) -> Self {
        let installation = Arc::new(house.clone());
        let known = Known { installation, own: HashMap::new(), keyed: HashMap::new(), names: HashMap::new() };
        Self { house, known: RwLock::new(known), unnamed: Mutex::default(), key: OnceLock::new() }
    }

    /// What the house says, before any policy.
    pub fn house(&self) -> &Protector {
        &self.house
    }

    /// Of what belongs to no workspace.
    pub fn installation(&self) -> Arc<Protector> {
        Arc::clone(&self.known().installation)
    }

    /// The one to ask at every border of a workspace. A lookup; what was compiled is kept.
    pub fn of(&self, workspace: WorkspaceId) -> Arc<Protector> {
        let (installation, names) = {
            let known = self.known();
            if let Some(protector) = known.own.get(&workspace).or_else(|| known.keyed.get(&workspace)) {
                return Arc::clone(protector);
            }
            (Arc::clone(&known.installation), known.names.get(&workspace).cloned())
        };
        let made = Arc::new(self.made(workspace, &installation, names.as_ref()));
        if self.key.get().is_none() && names.as_ref().is_none_or(|names| names.is_empty()) {
            return installation;
        }
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Unless another policy or the name was heard of in between.
        let is_named = known.names.contains_key(&workspace);
        if Arc::ptr_eq(&known.installation, &installation) && is_named == names.is_some() {
            known.keyed.insert(workspace, Arc::clone(&made));
        }
        made
    }

    /// Placeholders that are for good are written with this from here on; the first one stays.
    pub fn set_key(&self, key: [u8; 32]) {
        self.key.get_or_init(|| key);
    }

    /// What workspaces without a policy of their own go by.
    pub(crate) fn put_installation(&self, protector: Protector) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.installation = Arc::new(protector);
        known.keyed.clear();
    }

    /// What a workspace would go by under rules that are not in effect.
    pub fn under(&self, workspace: WorkspaceId, protector: &Protector) -> Arc<Protector> {
        let names = self.known().names.get(&workspace).cloned();
        Arc::new(self.made(workspace, protector, names.as_ref()))
    }

    /// What a workspace goes by from here on.
    pub(crate) fn put(&self, workspace: WorkspaceId, protector: &Protector) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        let protector = Arc::new(self.made(workspace, protector, known.names.get(&workspace)));
        known.own.insert(workspace, protector);
    }

    /// What a workspace is called from here on.
    pub(crate) fn put_names(&self, workspace: WorkspaceId, called: &[&str]) {
        let names = Arc::new(OwnNames::new(self.house.detector(), called.iter().copied()));
        {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if let Some(own) = known.own.get_mut(&workspace) {
                *own = Arc::new(own.called(Arc::clone(&names)));
            }
            known.keyed.remove(&workspace);
            known.names.insert(workspace, names);
        }
        self.waiting().remove(&workspace);
    }

    /// The workspaces whose names are asked for.
    pub(crate) fn unnamed(&self) -> Vec<WorkspaceId> {
        self.waiting().iter().copied().collect()
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeSet<WorkspaceId>> {
        self.unnamed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each workspace has a key of its own, so that files of two cannot be compared, and a name that is nobody's.
    fn made(
        &self,
        workspace: WorkspaceId,
        protector: &Protector,
        names: Option<&Arc<OwnNames>>,
    ) -> Protector {
        let named = match names {
            Some(names) => protector.called(Arc::clone(names)),
            None => {
                self.waiting().insert(workspace);
                protector.clone()
            }
        };
        let Some(key) = self.key.get() else { return named };
        let mut hash = Sha256::new_with_prefix(b"countersign placeholders\0");
        hash.update(key);
        hash.update(workspace.0.as_bytes());
        named.keyed(Pseudonyms::new(hash.finalize().into()))
    }
}

#[cfg(test)]
mod tests {
    use guards::{
        masking::{Border, Rules, Treatment},
        pii::{Detector, Settings},
    };
    use uuid::Uuid;

    use super::*;

    const NORTH: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
    const SOUTH: WorkspaceId = WorkspaceId(Uuid::from_u128(2));
    const SIGNED: &str = "It is here.\n\nKind regards\nNorthfold Outdoor customer service";

    #[test]
    fn what_a_workspace_is_called_is_asked_for_once_and_counts_there_alone() {
        let detector = Arc::new(Detector::new(Settings::default()).unwrap());
        let house = Protector::new(detector, Rules::all(Treatment::Mask)).unwrap();
        let protections = Protections::new(house);
        let shown = |workspace| protections.of(workspace).redact(Border::Export, SIGNED).into_owned();
        for keyed in [false, true] {
            if keyed {
                protections.set_key([7; 32]);
            }
            assert_ne!(shown(SOUTH), SIGNED);
            if !keyed {
                assert_ne!(shown(NORTH), SIGNED);
                assert_eq!(protections.unnamed(), vec![NORTH, SOUTH]);
                protections.put_names(NORTH, &["Northfold Outdoor", "northfold"]);
            }
            assert_eq!(shown(NORTH), SIGNED);
            assert_eq!(protections.unnamed(), vec![SOUTH]);
        }
        // Under a policy of its own it is called the same.
        protections.put(NORTH, protections.house());
        assert_eq!(shown(NORTH), SIGNED);
        protections.put(SOUTH, protections.house());
        protections.put_names(SOUTH, &["Northfold Outdoor"]);
        assert_eq!(shown(SOUTH), SIGNED);
        assert!(protections.unnamed().is_empty());
    }
}
