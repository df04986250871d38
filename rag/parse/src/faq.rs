//! Tables of questions and answers (CSV): each pair becomes a document.

use csv::{ReaderBuilder, StringRecord};
use domain::ticket::Visibility;

use crate::{
    Kind, Limits, ParseError, Parsed,
    text::{self, Decoded},
};

const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows that were left out are named up to here, then counted.
const MAX_NAMED_ROWS: usize = 10;
const MAX_SHOWN_COLUMNS: usize = 20;

/// Where a pair's fields stand.
#[derive(Debug, Default, PartialEq, Eq)]
struct Columns {
    question: Option<usize>,
    answer: Option<usize>,
    category: Option<usize>,
    tags: Option<usize>,
    visibility: Option<usize>,
    locale: Option<usize>,
}

impl Columns {
    fn of(head: &StringRecord) -> Self {
        let mut columns = Self::default();
        for (at, name) in head.iter().enumerate() {
            let name: String =
                name.chars().filter(|c| c.is_alphanumeric()).collect::<String>().to_lowercase();
            let column = match name.as_str() {
                "question" | "questions" | "q" | "title" | "prompt" | "frage" | "pregunta" => {
                    &mut columns.question
                }
                "answer" | "answers" | "a" | "response" | "reply" | "body" | "content" | "text"
                | "antwort" | "réponse" | "respuesta" => &mut columns.answer,
                "category" | "categories" | "topic" | "section" | "group" | "kategorie" => {
                    &mut columns.category
                }
                "tags" | "tag" | "labels" | "label" | "keywords" => &mut columns.tags,
                "visibility" | "audience" | "access" => &mut columns.visibility,
                "locale" | "language" | "lang" | "sprache" => &mut columns.locale,
                _ => continue,
            };
            column.get_or_insert(at);
        }
        columns
    }

    fn has_pair(&self) -> bool {
        self.question.is_some() && self.answer.is_some()
    }
}

/// Whether a text opens with the head of such a table.
pub(crate) fn looks_like(start: &str) -> bool {
    let Some(line) = start.lines().next() else { return false };
    SEPARATORS
        .iter()
        .any(|separator| head(line, *separator).is_some_and(|head| Columns::of(&head).has_pair()))
}

fn head(text: &str, separator: u8) -> Option<StringRecord> {
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    reader.records().next()?.ok()
}

pub(crate) fn read(bytes: &[u8], limits: &Limits) -> Result<Vec<Parsed>, ParseError> {
    let Decoded { text, mut warnings } = text::decode(bytes, None);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let separator = separator(text)?;
    let malformed = |error: csv::Error| ParseError::Malformed { kind: Kind::Faq, why: error.to_string() };
    let mut reader = ReaderBuilder::new().flexible(true).delimiter(separator).from_reader(text.as_bytes());
    let columns = Columns::of(reader.headers().map_err(malformed)?);
    let mut documents = Vec::new();
    let (mut left_out, mut rows) = (Vec::new(), 0);
    for record in reader.records() {
        let record = record.map_err(malformed)?;
        rows += 1;
        if rows > limits.rows {
            return Err(ParseError::TooManyRows { limit: limits.rows });
        }
        let line = record.position().map_or(0, csv::Position::line);
        match pair(&record, &columns, line)? {
            Some(document) => documents.push(document),
            None if record.iter().all(|field| field.trim().is_empty()) => {}
            None => left_out.push(line),
        }
    }
    if !left_out.is_empty() {
        let named: Vec<String> = left_out.iter().take(MAX_NAMED_ROWS).map(u64::to_string).collect();
        let more = left_out.len().saturating_sub(MAX_NAMED_ROWS);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        warnings.push(format!(
            "without a question or an answer, and left out: the rows at line {}{more}",
            named.join(", ")
        ));
    }
    let Some(first) = documents.first_mut() else { return Err(ParseError::Empty) };
    first.warnings = warnings;
    Ok(documents)
}

/// The separator with which the first row names both columns.
fn separator(text: &str) -> Result<u8, ParseError> {
    let heads: Vec<(u8, StringRecord)> =
        SEPARATORS.iter().filter_map(|separator| Some((*separator, head(text, *separator)?))).collect();
    if let Some((separator, _)) = heads.iter().find(|(_, head)| Columns::of(head).has_pair()) {
        return Ok(*separator);
    }
    let widest = heads.into_iter().max_by_key(|(_, head)| head.len());
    let found = widest.map(|(_, head)| {
        let names = head.iter().filter_map(text::one_line);
        names.map(|name| name.chars().take(40).collect()).take(MAX_SHOWN_COLUMNS).collect()
    });
    Err(ParseError::Columns { found: found.unwrap_or_default() })
}

fn pair(record: &StringRecord, columns: &Columns, line: u64) -> Result<Option<Parsed>, ParseError> {
    let field = |column: Option<usize>| {
        column.and_then(|at| record.get(at)).map(str::trim).filter(|field| !field.is_empty())
    };
    let (Some(question), Some(answer)) = (field(columns.question), field(columns.answer)) else {
        return Ok(None);
    };
    let Some(title) = text::one_line(question) else { return Ok(None) };
    let markdown = format!("# {title}\n\n{}", text::paragraphs(answer));
    let mut document = Parsed { title: Some(title), ..Parsed::new(Kind::Faq, markdown) };
    document.front.category = field(columns.category).map(str::to_owned);
    document.front.locale = field(columns.locale).map(str::to_owned);
    if let Some(tags) = field(columns.tags) {
        let tags = tags.split([',', ';', '|']).map(str::trim).filter(|tag| !tag.is_empty());
        document.front.tags = tags.map(str::to_owned).collect();
    }
    if let Some(word) = field(columns.visibility) {
        document.front.visibility = Some(visibility(word, line)?);
    }
    Ok(Some(document))
}

/// A word that is not known is refused, so that a misspelt one never publishes an internal answer.
fn visibility(word: &str, line: u64) -> Result<Visibility, ParseError> {
    match word.to_lowercase().as_str() {
        "public" | "external" | "customers" => Ok(Visibility::Public),
        "internal" | "private" | "staff" => Ok(Visibility::Internal),
        _ => {
            let shown: String = word.chars().take(40).collect();
            Err(ParseError::Row {
                row: line,
                why: format!("the visibility `{shown}` is not known; write `public` or `internal`"),
            })
        }
    }
}
