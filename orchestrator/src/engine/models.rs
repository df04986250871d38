//! What comes back from a model, before it may enter the journal as an answer.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::{
    excerpt::cut,
    model::{ModelResponse, OutputSchema},
    tool::ToolCall,
};
use jsonschema::Validator;
use serde_json::Value;

/// Compiled output schemas, by name. An agent's schema is a constant of the program.
#[derive(Default)]
pub(super) struct OutputSchemas {
    compiled: Mutex<HashMap<String, Arc<Validator>>>,
}

impl OutputSchemas {
    /// Why the reply cannot be used, if it cannot.
    pub(super) fn fault(&self, wanted: Option<&OutputSchema>, response: &ModelResponse) -> Option<String> {
        if !response.tool_calls.is_empty() {
            return None;
        }
        let text = response.text.as_deref().unwrap_or_default();
        let Some(wanted) = wanted else {
            return text.trim().is_empty().then(|| "the reply is empty".to_owned());
        };
        let value: Value = match serde_json::from_str(text) {
            Ok(value) => value,
            Err(error) => return Some(format!("the reply is not JSON: {error}")),
        };
        let validator = match self.validator(wanted) {
            Ok(validator) => validator,
            Err(why) => return Some(why),
        };
        validator.iter_errors(&value).next().map(|error| {
            let why = format!("the reply does not fit the schema at `{}`: {error}", error.instance_path());
            cut(&why, 500)
        })
    }

    fn validator(&self, wanted: &OutputSchema) -> Result<Arc<Validator>, String> {
        // Entries are only ever added whole, so a poisoned lock still guards a right map.
        let mut compiled = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = compiled.get(&wanted.name) {
            return Ok(Arc::clone(validator));
        }
        let validator = jsonschema::validator_for(&wanted.schema)
            .map_err(|error| format!("the agent's own output schema is not valid: {error}"))?;
        let validator = Arc::new(validator);
        compiled.insert(wanted.name.clone(), Arc::clone(&validator));
        Ok(validator)
    }
}

/// Gives the calls of the model step at `seq` ids that are unique in the run, whatever the model
/// called them.
pub(super) fn name_calls(seq: i64, calls: &mut [ToolCall]) {
    for (n, call) in calls.iter_mut().enumerate() {
        call.id = format!("c{seq}_{n}");
    }
}
