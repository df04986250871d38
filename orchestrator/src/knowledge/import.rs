//! Files in: each is parsed on its own, and what is wrong with one is said of that one.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use domain::{WorkspaceId, knowledge::Document, user::Actor};
use parse::{Input, Kind, Parsed};
use rag::ParsedDocument;
use tokio::io::AsyncReadExt as _;

use super::{Added, KnowledgeError, Said, indexing, keep, slug};
use crate::app::App;

/// What became of one file.
#[derive(Debug)]
pub struct FileReport {
    pub file: String,
    /// The slug of each document in it, and what became of that. A file that is refused as a whole
    /// has one entry, whose slug is empty when not even a name could be made.
    pub documents: Vec<(String, Result<Added, KnowledgeError>)>,
    /// What the parser left out or guessed.
    pub warnings: Vec<String>,
}

impl FileReport {
    fn refused(file: String, slug: String, error: KnowledgeError) -> Self {
        Self { file, documents: vec![(slug, Err(error))], warnings: Vec::new() }
    }

    pub fn is_refused(&self) -> bool {
        self.documents.iter().any(|(_, result)| result.is_err())
    }
}

/// Several files for one workspace. Each is searchable as soon as it is added; [`Import::finish`]
/// makes that survive a crash, for all of them at once.
pub struct Import<'a> {
    app: &'a App,
    workspace: WorkspaceId,
    said: Said,
    by: Actor,
    /// Slugs of this import, each with its file.
    taken: HashMap<String, String>,
    stored: Vec<Document>,
}

impl<'a> Import<'a> {
    pub fn new(app: &'a App, workspace: WorkspaceId, said: Said, by: Actor) -> Self {
        Self { app, workspace, said, by, taken: HashMap::new(), stored: Vec::new() }
    }

    /// Ends the import. One that is dropped instead is put into the index again at the next start.
    pub async fn finish(self) {
        indexing::settle(&self.app.keeper, self.workspace, &self.stored).await;
    }

    /// Adds what a file on this machine holds. It is never read much further than a file may go.
    pub async fn path(&mut self, path: &Path) -> Result<FileReport, KnowledgeError> {
        let limit = self.app.parser.limits().bytes as u64;
        let read = async {
            let mut bytes = Vec::new();
            // One byte more than is allowed is enough to be refused.
            tokio::fs::File::open(path).await?.take(limit + 1).read_to_end(&mut bytes).await?;
            Ok(bytes)
        };
        let shown = path.display().to_string();
        let mut report = match read.await {
            Ok(bytes) => {
                let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                self.file(&name, None, &bytes).await?
            }
            Err(error) => {
                let error = KnowledgeError::Unreadable { path: shown.clone(), error };
                FileReport::refused(String::new(), String::new(), error)
            }
        };
        report.file = shown;
        Ok(report)
    }

    /// Adds what a file holds: one document named after the file, or one for each pair of a table
    /// of questions and answers, named `<file>/<question>`. What is wrong with the file is in the
    /// report; an error is the database's, and ends the import.
    pub async fn file(
        &mut self,
        name: &str,
        media_type: Option<&str>,
        bytes: &[u8],
    ) -> Result<FileReport, KnowledgeError> {
        let kind = Kind::of_name(name).or_else(|| media_type.and_then(Kind::of_media_type));
        let markdown = kind == Some(Kind::Markdown);
        let file = name.to_owned();
        let Some(slug) = slug::of_file(name, markdown) else {
            return Ok(FileReport::refused(file, String::new(), KnowledgeError::Unnamed));
        };
        // Markdown is read here; what only has its name goes the way of all other files.
        let text = std::str::from_utf8(bytes).ok().filter(|_| markdown);
        if let Some(text) = text {
            let result = match rag::parse_markdown(&slug, text) {
                Ok(parsed) => self.document(&slug, parsed, name).await?,
                Err(error) => Err(error.into()),
            };
            return Ok(FileReport { file, documents: vec![(slug, result)], warnings: Vec::new() });
        }
        let input = Input { bytes, file_name: Some(slug::base(name)), media_type };
        let parsed = match self.app.parser.parse(input).await {
            Ok(parsed) => parsed,
            Err(error) => return Ok(FileReport::refused(file, slug, error.into())),
        };
        let mut report = FileReport { file, documents: Vec::new(), warnings: Vec::new() };
        let mut pairs = HashSet::new();
        for document in parsed {
            let own = match document.kind {
                Kind::Faq => {
                    free(slug::of_question(&slug, document.title.as_deref().unwrap_or_default()), &mut pairs)
                }
                _ => slug.clone(),
            };
            report.warnings.extend(document.warnings.iter().cloned());
            let result = match read(&own, document) {
                Ok(parsed) => self.document(&own, parsed, name).await?,
                Err(error) => Err(error),
            };
            report.documents.push((own, result));
        }
        Ok(report)
    }

    async fn document(
        &mut self,
        slug: &str,
        mut parsed: ParsedDocument,
        file: &str,
    ) -> Result<Result<Added, KnowledgeError>, KnowledgeError> {
        if let Some(first) = self.taken.get(slug) {
            return Ok(Err(KnowledgeError::Taken { slug: slug.to_owned(), file: first.clone() }));
        }
        if let Err(error) = self.said.over(&mut parsed.meta) {
            return Ok(Err(error));
        }
        let added = match keep(&self.app.keeper, self.workspace, slug, parsed, self.by.clone()).await {
            Err(error @ (KnowledgeError::Universal | KnowledgeError::NoCustomer(_))) => {
                return Ok(Err(error));
            }
            kept => kept?,
        };
        if !matches!(added, Added::Unchanged(_)) {
            self.stored.push(added.document().clone());
        }
        self.taken.insert(slug.to_owned(), file.to_owned());
        Ok(Ok(added))
    }
}

/// Questions that read alike are numbered in their order.
fn free(slug: String, taken: &mut HashSet<String>) -> String {
    let mut own = slug.clone();
    let mut number = 1;
    while !taken.insert(own.clone()) {
        number += 1;
        own = format!("{slug}-{number}");
    }
    own
}

fn read(slug: &str, document: Parsed) -> Result<ParsedDocument, KnowledgeError> {
    let mut parsed = rag::parse_markdown(slug, &document.markdown)?;
    if document.kind == Kind::Markdown {
        return Ok(parsed);
    }
    // It has no front matter, so that title, limits and text are all that was read.
    let short = |text: String, max: usize| text.chars().take(max).collect::<String>();
    let (front, meta) = (document.front, &mut parsed.meta);
    if let Some(title) = document.title {
        meta.title = short(title, rag::MAX_TITLE_CHARS);
    }
    meta.visibility = front.visibility.unwrap_or(meta.visibility);
    meta.category = short(front.category.unwrap_or_default(), rag::MAX_CATEGORY_CHARS);
    let tags = front.tags.into_iter().take(rag::MAX_TAGS);
    meta.tags = tags.map(|tag| short(tag, rag::MAX_TAG_CHARS)).collect();
    Ok(parsed)
}

/// The files at a path: itself, or those in a folder whose names say that they can be read, in
/// the order of their names. Folders in a folder are left alone.
pub fn files_at(path: &Path) -> Result<Vec<PathBuf>, KnowledgeError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let list = || -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in std::fs::read_dir(path)? {
            let path = entry?.path();
            let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
            if path.is_file() && Kind::of_name(&name).is_some() {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    };
    list()
        .map_err(|error| KnowledgeError::Unreadable { path: format!("the folder {}", path.display()), error })
}
