//! The prompts as they were compiled in: read once, checked, kept ready to render.

use std::{
    collections::BTreeMap,
    sync::{LazyLock, OnceLock},
};

use minijinja::{Environment, UndefinedBehavior, syntax::SyntaxConfig, value::Serde};
use serde::{Deserialize, Serialize};

use crate::{PromptError, Rendered};

/// What a prompt's front matter declares.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declared {
    /// `<agent>/<name>`, as the file is called.
    pub name: String,
    /// Grows with every change of meaning; journals name it.
    pub version: u32,
    /// The variables the body may use, no more and no fewer.
    pub inputs: Vec<String>,
    /// `text`, or the name of the output schema that the model is held to.
    pub output: String,
}

macro_rules! files {
    ($($name:literal),* $(,)?) => {
        const FILES: &[(&str, &str)] = &[$(($name, include_str!(concat!("../", $name, ".md")))),*];
    };
}

files! {
    "article/conversation",
    "article/review",
    "article/system",
    "copilot/question",
    "copilot/system",
    "copilot/unread",
    "dialogue/customer_message",
    "dialogue/draft_outcome",
    "dialogue/follow_up",
    "dialogue/omission",
    "dialogue/placeholders",
    "dialogue/repair",
    "dialogue/reported_event",
    "grounding/check",
    "grounding/sentences",
    "knowledge/answer",
    "knowledge/question",
    "resolution/handoff_care",
    "resolution/handoff_message",
    "resolution/handoff_summary",
    "resolution/system",
}

struct Library {
    environment: Environment<'static>,
    prompts: Vec<Prompt>,
}

struct Prompt {
    declared: Declared,
    /// `name@version`.
    label: String,
}

/// Of a process that tries others.
static REPLACED: OnceLock<Vec<(&'static str, &'static str)>> = OnceLock::new();
static LIBRARY: LazyLock<Result<Library, PromptError>> = LazyLock::new(|| Library::read(files()));

fn files() -> &'static [(&'static str, &'static str)] {
    REPLACED.get().map_or(FILES, Vec::as_slice)
}

/// Puts these texts in place of the prompts of these names, for the rest of the process. It comes before
/// anything is rendered, and once. Each takes the inputs that the one it replaces takes.
pub fn replace(mut texts: BTreeMap<String, String>) -> Result<(), PromptError> {
    let mut replaced = Vec::with_capacity(FILES.len());
    for (name, text) in FILES {
        let Some(other) = texts.remove(*name) else {
            replaced.push((*name, *text));
            continue;
        };
        let (was, now) = (front_matter(name, text)?.0, front_matter(name, &other)?.0);
        if was.inputs != now.inputs || was.output != now.output {
            let why = format!("its inputs have to be {:?} and its output `{}`", was.inputs, was.output);
            return Err(PromptError::FrontMatter { name: (*name).to_owned(), why });
        }
        // They are used as long as the process lasts.
        replaced.push((*name, Box::leak(other.into_boxed_str())));
    }
    if let Some(name) = texts.into_keys().next() {
        return Err(PromptError::FrontMatter { name, why: "there is no prompt by this name".to_owned() });
    }
    Library::read(&replaced)?;
    let late = || PromptError::Template {
        name: "every prompt".to_owned(),
        why: "prompts are replaced once, before anything is rendered".to_owned(),
    };
    REPLACED.set(replaced).map_err(|_| late())
}

/// What the prompts that were compiled in declare.
pub fn declared_in_the_build() -> Result<Vec<Declared>, PromptError> {
    FILES.iter().map(|(name, text)| front_matter(name, text).map(|(declared, _)| declared)).collect()
}

impl Library {
    fn read(files: &[(&'static str, &'static str)]) -> Result<Self, PromptError> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax =
            SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(|error| {
                PromptError::Template { name: "every prompt".to_owned(), why: error.to_string() }
            })?;
        environment.set_syntax(syntax);
        let mut prompts = Vec::with_capacity(files.len());
        for (name, text) in files {
            let (declared, body) = front_matter(name, text)?;
            environment.add_template(name, body).map_err(|error| PromptError::Template {
                name: (*name).to_owned(),
                why: error.to_string(),
            })?;
            prompts.push(Prompt { label: format!("{name}@{}", declared.version), declared });
        }
        Ok(Self { environment, prompts })
    }
}

fn front_matter<'a>(name: &str, text: &'a str) -> Result<(Declared, &'a str), PromptError> {
    let wrong = |why: &str| PromptError::FrontMatter { name: name.to_owned(), why: why.to_owned() };
    let rest = text.strip_prefix("---\n").ok_or_else(|| wrong("the file does not open with `---`"))?;
    let (head, body) = rest.split_once("\n---\n").ok_or_else(|| wrong("no closing `---`"))?;
    let declared: Declared = serde_yaml_ng::from_str(head).map_err(|error| wrong(&error.to_string()))?;
    if declared.name != name {
        return Err(wrong(&format!("it calls itself `{}`", declared.name)));
    }
    Ok((declared, body))
}

/// Texts that are written for people; all others are for models.
const FOR_PEOPLE: &str = "resolution/handoff_";

/// The bodies of the prompts that tell a model how to work, with their marks of the template: what no reply
/// repeats.
pub fn instructions() -> impl Iterator<Item = &'static str> {
    bodies(files()).filter(|(name, _)| !name.starts_with(FOR_PEOPLE)).map(|(_, body)| body)
}

/// Names and bodies of prompts, with their marks of the template. What cannot be read is in no library either, so that
/// no service starts with it.
fn bodies(
    files: &'static [(&'static str, &'static str)],
) -> impl Iterator<Item = (&'static str, &'static str)> {
    files.iter().filter_map(|(name, text)| front_matter(name, text).ok().map(|(_, body)| (*name, body)))
}

/// What every prompt declares, for the API and for tests.
pub fn declared() -> Result<Vec<Declared>, PromptError> {
    let library = LIBRARY.as_ref().map_err(Clone::clone)?;
    Ok(library.prompts.iter().map(|prompt| prompt.declared.clone()).collect())
}

/// Renders one prompt. The only caller per name is its typed function.
pub(crate) fn render<T: Serialize>(name: &'static str, inputs: T) -> Result<Rendered, PromptError> {
    let library = LIBRARY.as_ref().map_err(Clone::clone)?;
    let failed = |why: String| PromptError::Render { name: name.to_owned(), why };
    let prompt = library
        .prompts
        .iter()
        .find(|prompt| prompt.declared.name == name)
        .ok_or_else(|| failed("it is not listed in the library".to_owned()))?;
    let text = library
        .environment
        .get_template(name)
        .and_then(|template| template.render(Serde(inputs)))
        .map_err(|error| failed(error.to_string()))?;
    Ok(Rendered { text: text.trim().to_owned(), prompt: &prompt.label })
}

/// The bodies of the prompts that were compiled in.
#[cfg(test)]
pub(crate) fn compiled_in() -> impl Iterator<Item = (&'static str, &'static str)> {
    bodies(FILES)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_prompt_declares_exactly_the_inputs_it_uses() {
        let library = LIBRARY.as_ref().unwrap();
        for prompt in &library.prompts {
            let template = library.environment.get_template(&prompt.declared.name).unwrap();
            let used: BTreeSet<String> = template.undeclared_variables(false).into_iter().collect();
            let declared: BTreeSet<String> = prompt.declared.inputs.iter().cloned().collect();
            assert_eq!(used, declared, "{}", prompt.declared.name);
            assert_eq!(
                declared.len(),
                prompt.declared.inputs.len(),
                "{} repeats an input",
                prompt.declared.name
            );
        }
    }

    #[test]
    fn every_file_of_the_room_is_listed() {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut found = BTreeSet::new();
        for folder in std::fs::read_dir(root).unwrap().flatten() {
            let Ok(entries) = std::fs::read_dir(folder.path()) else { continue };
            for entry in entries.flatten() {
                if entry.path().extension().is_some_and(|e| e == "md") {
                    let stem = entry.path().file_stem().unwrap().to_string_lossy().into_owned();
                    found.insert(format!("{}/{stem}", folder.file_name().to_string_lossy()));
                }
            }
        }
        assert_eq!(found, FILES.iter().map(|(name, _)| (*name).to_owned()).collect());
    }

    #[test]
    fn a_file_without_front_matter_or_with_an_unknown_key_is_refused() {
        for text in [
            "no front matter",
            "---\nname: a/b\n",
            "---\nname: a/b\nversion: 1\ninputs: []\noutput: text\ncolour: red\n---\nx",
        ] {
            assert!(
                matches!(Library::read(&[("a/b", text)]), Err(PromptError::FrontMatter { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_missing_variable_is_an_error_and_never_an_empty_place() {
        let library =
            Library::read(&[("a/b", "---\nname: a/b\nversion: 1\ninputs: [x]\noutput: text\n---\n{{ x }}")])
                .unwrap();
        let rendered = library.environment.get_template("a/b").unwrap().render(Serde(serde_json::json!({})));
        assert!(rendered.is_err());
    }
}
