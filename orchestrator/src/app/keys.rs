//! The key everything this service signs is derived from.

use std::{fs, io::Write as _, os::unix::fs::OpenOptionsExt as _, path::Path};

use domain::Ids;
use sha2::{Digest as _, Sha256};

use super::AppError;
use crate::config::SecretsConfig;

/// 32 secret bytes. Not printable on purpose.
pub struct Keys {
    master: [u8; 32],
    /// What was the key before.
    former: Vec<[u8; 32]>,
}

impl Keys {
    /// From the configuration, else from the key file, which is made when it is missing.
    pub(super) fn load(config: &SecretsConfig, ids: &dyn Ids) -> Result<Self, AppError> {
        let former = config.former_keys.iter().map(|key| parse(key.expose(), "each of secrets.former_keys"));
        let former = former.collect::<Result<Vec<_>, _>>()?;
        Ok(Self { master: Self::current(config, ids)?, former })
    }

    fn current(config: &SecretsConfig, ids: &dyn Ids) -> Result<[u8; 32], AppError> {
        if config.key.is_set() {
            return parse(config.key.expose(), "secrets.key");
        }
        let path = Path::new(&config.key_file);
        match fs::read_to_string(path) {
            Ok(text) => parse(text.trim(), &config.key_file),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let master = ids.secret();
                write_private(path, &hex::encode(master)).map_err(|error| {
                    AppError::Setup(format!("the key file {} cannot be written: {error}", config.key_file))
                })?;
                Ok(master)
            }
            Err(error) => {
                Err(AppError::Setup(format!("the key file {} cannot be read: {error}", config.key_file)))
            }
        }
    }

    /// From the configuration or the key file; none where there is none yet.
    pub(crate) fn known(config: &SecretsConfig) -> Result<Option<Self>, AppError> {
        if !config.key.is_set() && !Path::new(&config.key_file).exists() {
            return Ok(None);
        }
        Self::load(config, &crate::system::SystemIds).map(Some)
    }

    /// The key that a backup brought becomes this service's.
    pub(crate) fn keep(config: &SecretsConfig, key: &str) -> Result<(), AppError> {
        parse(key, "the key in the backup")?;
        write_private(Path::new(&config.key_file), key).map_err(|error| {
            AppError::Setup(format!("the key file {} cannot be written: {error}", config.key_file))
        })
    }

    /// What tells this key from others, and says nothing of it.
    pub(crate) fn print(&self) -> String {
        print(&self.master)
    }

    /// Whether what was sealed under the key of this print can be read.
    pub(crate) fn opens(&self, key_print: &str) -> bool {
        std::iter::once(&self.master).chain(&self.former).any(|key| print(key) == key_print)
    }

    /// What placeholders that are for good are written with; says nothing of the key it is made from.
    pub fn placeholders(&self) -> [u8; 32] {
        Sha256::new_with_prefix(b"countersign masking\0").chain_update(self.master).finalize().into()
    }

    pub fn master(&self) -> &[u8; 32] {
        &self.master
    }

    pub fn former(&self) -> &[[u8; 32]] {
        &self.former
    }
}

fn print(key: &[u8; 32]) -> String {
    let digest = Sha256::new_with_prefix(b"countersign backup\0").chain_update(key).finalize();
    hex::encode(&digest[..8])
}

fn parse(text: &str, place: &str) -> Result<[u8; 32], AppError> {
    let bytes = hex::decode(text).ok().and_then(|bytes| <[u8; 32]>::try_from(bytes).ok());
    bytes.ok_or_else(|| {
        AppError::Setup(format!("{place} must be 64 hexadecimal digits; `openssl rand -hex 32` makes some"))
    })
}

fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
