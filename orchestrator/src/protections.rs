//! The protector of each workspace: what becomes of personal and secret data at every border, by the
//! house's configuration and what the workspace's policy says over it.
//!
//! One place, so that no border reads rules of its own. It is there before the database is: the log needs
//! it first. What workspaces say is put in by [`crate::policies::Policies`] when it hears of a version.

use std::{
    collections::HashMap,
    sync::{Arc, OnceLock, PoisonError, RwLock},
};

use domain::WorkspaceId;
use guards::masking::{Protector, Pseudonyms};
use sha2::{Digest as _, Sha256};

pub struct Protections {
    /// As configured.
    house: Protector,
    known: RwLock<Known>,
    /// What placeholders that are for good are written with.
    key: OnceLock<[u8; 32]>,
}

struct Known {
    /// Of workspaces without a policy of their own.
    installation: Arc<Protector>,
    own: HashMap<WorkspaceId, Arc<Protector>>,
    /// The installation's with the key of each workspace that asked.
    keyed: HashMap<WorkspaceId, Arc<Protector>>,
}

impl Protections {
    pub fn new(house: Protector) -> Self {
        let installation = Arc::new(house.clone());
        let known = Known { installation, own: HashMap::new(), keyed: HashMap::new() };
        Self { house, known: RwLock::new(known), key: OnceLock::new() }
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
        let installation = {
            let known = self.known();
            if let Some(protector) = known.own.get(&workspace).or_else(|| known.keyed.get(&workspace)) {
                return Arc::clone(protector);
            }
            Arc::clone(&known.installation)
        };
        if self.key.get().is_none() {
            return installation;
        }
        let keyed = Arc::new(self.keyed(workspace, &installation));
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        // Unless another policy was heard of in between.
        if Arc::ptr_eq(&known.installation, &installation) {
            known.keyed.insert(workspace, Arc::clone(&keyed));
        }
        keyed
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
        Arc::new(self.keyed(workspace, protector))
    }

    /// What a workspace goes by from here on.
    pub(crate) fn put(&self, workspace: WorkspaceId, protector: &Protector) {
        let protector = Arc::new(self.keyed(workspace, protector));
        self.known.write().unwrap_or_else(PoisonError::into_inner).own.insert(workspace, protector);
    }

    fn known(&self) -> std::sync::RwLockReadGuard<'_, Known> {
        self.known.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Each workspace has a key of its own, so that files of two cannot be compared.
    fn keyed(&self, workspace: WorkspaceId, protector: &Protector) -> Protector {
        let Some(key) = self.key.get() else { return protector.clone() };
        let mut hash = Sha256::new_with_prefix(b"countersign placeholders\0");
        hash.update(key);
        hash.update(workspace.0.as_bytes());
        protector.keyed(Pseudonyms::new(hash.finalize().into()))
    }
}
