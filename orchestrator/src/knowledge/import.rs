//! Files in: each is parsed on its own, and what is wrong with one is said of that one.

use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
};

use domain::{
    SourceId, WorkspaceId,
    knowledge::{Document, Said},
    source::SourcePage,
    user::Actor,
};
use parse::{Input, Kind, Parsed};
use rag::ParsedDocument;
use tokio::io::AsyncReadExt as _;

use super::{Added, KnowledgeError, indexing, keep, said, slug};
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
    owner: Option<Owner>,
}

/// Whose the documents of an import are, when it is a source's.
struct Owner {
    source: SourceId,
    /// The pages that the source has now. What came from another one of it is free.
    pages: HashSet<String>,
}

impl Owner {
    fn may_take(&self, page: &SourcePage, address: &str) -> bool {
        page.source_id == self.source && (page.address == address || !self.pages.contains(&page.address))
    }
}

impl<'a> Import<'a> {
    pub fn new(app: &'a App, workspace: WorkspaceId, said: Said, by: Actor) -> Self {
        Self { app, workspace, said, by, taken: HashMap::new(), stored: Vec::new(), owner: None }
    }

    /// For a source with these pages: documents that came from another page are left to it.
    #[must_use]
    pub(super) fn of_source(self, source: SourceId, pages: HashSet<String>) -> Self {
        Self { owner: Some(Owner { source, pages }), ..self }
    }

    /// Ends the import. One that is dropped instead is put into the index again at the next start.
    pub async fn finish(mut self) {
        self.settle().await;
    }

    /// Makes what was added so far survive a crash.
    pub(super) async fn settle(&mut self) {
        indexing::settle(&self.app.keeper, self.workspace, &self.stored).await;
        self.stored.clear();
    }

    /// How many documents were added or changed since the import was settled.
    pub(super) fn unsettled(&self) -> usize {
        self.stored.len()
    }

    /// Adds what a file on this machine holds. It is never read much further than a file may go.
    pub async fn path(&mut self, path: &Path) -> Result<FileReport, KnowledgeError> {
        let shown = path.display().to_string();
        let mut report = match read_file(path, self.app.parser.limits().bytes).await {
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
        let Some(slug) = slug::of_file(name, markdown) else {
            return Ok(FileReport::refused(name.to_owned(), String::new(), KnowledgeError::Unnamed));
        };
        let input = Input { bytes, file_name: Some(slug::base(name)), media_type };
        self.named(slug, name, markdown, input).await
    }

    /// The same under a slug that is known. `name` is where it comes from, for those who read the
    /// report.
    pub(super) async fn named(
        &mut self,
        slug: String,
        name: &str,
        markdown: bool,
        input: Input<'_>,
    ) -> Result<FileReport, KnowledgeError> {
        let file = name.to_owned();
        // Markdown is read here; what only has its name goes the way of all other files.
        let text = std::str::from_utf8(input.bytes).ok().filter(|_| markdown);
        if let Some(text) = text {
            let result = match rag::parse_markdown(&slug, text) {
                Ok(parsed) => self.document(&slug, parsed, name).await?,
                Err(error) => Err(error.into()),
            };
            return Ok(FileReport { file, documents: vec![(slug, result)], warnings: Vec::new() });
        }
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
        if let Err(error) = said::put_over(&self.said, &mut parsed.meta) {
            return Ok(Err(error));
        }
        if let Some(owner) = &self.owner
            && let Some(page) = self.app.store.workspace(self.workspace).page_of_slug(slug).await?
            && !owner.may_take(&page, file)
        {
            return Ok(Err(KnowledgeError::Taken { slug: slug.to_owned(), file: page.address }));
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

/// Reads a file, and not much further than it may go: one byte more is enough to be refused.
pub(super) async fn read_file(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    tokio::fs::File::open(path).await?.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
    Ok(bytes)
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
