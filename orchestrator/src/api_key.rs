//! Keys of other services, read from where the configuration says they are: an environment variable
//! or a file. They never stand in the configuration itself.

use std::{fs, path::Path};

use secrecy::SecretString;

/// The longest key, in bytes.
const MAX_BYTES: usize = 8_192;

/// None when neither is named. The error says what to change, in the words of the configuration.
pub(crate) fn read(variable: Option<&str>, file: Option<&Path>) -> Result<Option<SecretString>, String> {
    let text = match (variable, file) {
        (None, None) => return Ok(None),
        (Some(_), Some(_)) => {
            return Err("set either `api_key_env` or `api_key_file`, not both".to_owned());
        }
        (Some(variable), None) => std::env::var(variable).map_err(|_| {
            format!("the environment variable {variable} is not set; set it, or remove the provider")
        })?,
        (None, Some(file)) => {
            fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?
        }
    };
    let text = text.trim();
    if text.is_empty() || text.len() > MAX_BYTES || text.chars().any(|c| c.is_control() || !c.is_ascii()) {
        return Err("it is empty, or not one line of plain characters".to_owned());
    }
    Ok(Some(SecretString::from(text)))
}
