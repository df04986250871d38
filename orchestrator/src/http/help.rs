//! The help centre: what everybody may read, found and shown without signing in.
//!
//! It has the workspace's own public documents that are valid now, and nothing else: no internal
//! ones, no customer's own, none of the shipped library, no templates. What leaves here crosses the
//! border to customers, as a reply does.

use std::sync::Arc;

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    Timestamp, WorkspaceId,
    excerpt::cut,
    knowledge::{Document, Retriever as _, Scope},
};
use guards::masking::Border;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Http,
    input::{Json, Path, Query, text},
    observe::{self, Peer},
    problem::Problem,
    sites::Site,
};

/// Articles that are listed at most.
const LISTED: usize = 1_000;
/// Documents read at once to list them.
const PAGE: i64 = 100;
/// Passages looked at for a search, which fold into their articles.
const PASSAGES: usize = 20;
const MAX_QUERY: usize = 1_000;
/// Characters of the beginning of an article, or of the passage that was found.
const EXCERPT: usize = 220;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/help/articles", get_with(list, list_docs))
        .api_route("/v1/help/articles/{slug}", get_with(show, show_docs))
}

/// Which articles are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct HelpQuery {
    /// What to look for; left out: every article, by its title.
    #[serde(default)]
    #[schemars(length(max = 1000))]
    pub q: Option<String>,
    /// Of the workspace with this slug; left out: the service's own.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub workspace: Option<String>,
}

/// Whose article it is.
#[derive(Deserialize, JsonSchema)]
pub struct HelpOf {
    /// Of the workspace with this slug; left out: the service's own.
    #[serde(default)]
    #[schemars(length(max = 100))]
    pub workspace: Option<String>,
}

/// The article in the path.
#[derive(Deserialize, JsonSchema)]
pub struct ArticlePath {
    /// The article's name.
    pub slug: String,
}

/// An article in a list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct HelpArticle {
    pub slug: String,
    pub title: String,
    /// Empty for none.
    pub category: String,
    pub locale: String,
    /// Its beginning, or the passage that was found, as plain words.
    pub excerpt: String,
    pub updated_at: Timestamp,
}

/// The articles, best first when something was looked for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HelpArticles {
    pub items: Vec<HelpArticle>,
}

/// An article to read.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct HelpArticleView {
    pub slug: String,
    pub title: String,
    pub category: String,
    pub locale: String,
    pub markdown: String,
    pub updated_at: Timestamp,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listHelpArticles").tag("help").summary("Look for articles").description(
        "Open to everyone, with a limit per place: the workspace's public documents that are valid now. Without a \
         search the first 1000 by title.",
    )
}

async fn list(
    State(http): State<Http>,
    peer: Peer,
    site: Site,
    Query(query): Query<HelpQuery>,
) -> Result<Json<HelpArticles>, Problem> {
    http.limits.help(peer.0)?;
    let workspace = workspace(&http, query.workspace.as_deref()).await?;
    site.may_call(&http, workspace).await?;
    let all = articles(&http, workspace).await?;
    let Some(q) = query.q.filter(|q| !q.trim().is_empty()) else {
        return Ok(Json(HelpArticles { items: all.to_vec() }));
    };
    let q = text("q", &q, MAX_QUERY)?;
    let scope = Scope::public(workspace, http.app.clock.now());
    let mut items: Vec<HelpArticle> = Vec::new();
    for passage in http.app.knowledge.search(&scope, &q, PASSAGES).await? {
        if items.iter().any(|item| item.slug == passage.slug) {
            continue;
        }
        // What is not listed cannot be opened either.
        if let Some(article) = all.iter().find(|article| article.slug == passage.slug) {
            items.push(HelpArticle { excerpt: excerpt(&passage.text), ..article.clone() });
        }
    }
    Ok(Json(HelpArticles { items }))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getHelpArticle")
        .tag("help")
        .summary("Read an article")
        .description("An article that is not public looks the same as one that does not exist.")
}

async fn show(
    State(http): State<Http>,
    peer: Peer,
    site: Site,
    Path(path): Path<ArticlePath>,
    Query(query): Query<HelpOf>,
) -> Result<Json<HelpArticleView>, Problem> {
    http.limits.help(peer.0)?;
    let workspace = workspace(&http, query.workspace.as_deref()).await?;
    site.may_call(&http, workspace).await?;
    let gone = || Problem::not_found("the article");
    let document =
        http.app.store.workspace(workspace).document_by_slug(&path.slug).await?.ok_or_else(gone)?;
    if !is_open(&document, workspace, http.app.clock.now()) {
        return Err(gone());
    }
    let markdown = leaving(&http, workspace, &document).ok_or_else(gone)?;
    Ok(Json(HelpArticleView {
        slug: document.slug,
        title: document.meta.title,
        category: document.meta.category,
        locale: document.meta.locale,
        markdown,
        updated_at: document.updated_at,
    }))
}

async fn workspace(http: &Http, slug: Option<&str>) -> Result<WorkspaceId, Problem> {
    let id = http.public_workspace(slug.filter(|slug| !slug.is_empty())).await?;
    observe::is_of(id);
    Ok(id)
}

fn is_open(document: &Document, workspace: WorkspaceId, now: Timestamp) -> bool {
    document.meta.template.is_none() && Scope::public(workspace, now).permits(workspace, &document.meta)
}

/// The text as it may go to customers; none when it holds what must not.
fn leaving(http: &Http, workspace: WorkspaceId, document: &Document) -> Option<String> {
    match http.app.protections.of(workspace).clean(Border::Customer, &document.body) {
        Ok(text) => Some(text.into_owned()),
        Err(error) => {
            tracing::warn!(%error, slug = document.slug, "an article is not shown in the help centre");
            None
        }
    }
}

/// Every article, by title; remembered for a moment, because anybody may ask.
async fn articles(http: &Http, workspace: WorkspaceId) -> Result<Arc<Vec<HelpArticle>>, Problem> {
    if let Some(known) = http.help.get(&workspace) {
        return Ok(known);
    }
    let (store, now) = (http.app.store.workspace(workspace), http.app.clock.now());
    let mut found = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = store.documents(PAGE, cursor.as_deref()).await?;
        for document in page.items.into_iter().filter(|document| is_open(document, workspace, now)) {
            let Some(body) = leaving(http, workspace, &document) else { continue };
            found.push(HelpArticle {
                excerpt: excerpt(&body),
                slug: document.slug,
                title: document.meta.title,
                category: document.meta.category,
                locale: document.meta.locale,
                updated_at: document.updated_at,
            });
        }
        cursor = page.next;
        if cursor.is_none() || found.len() >= LISTED {
            break;
        }
    }
    found.truncate(LISTED);
    found.sort_by(|a, b| (a.title.to_lowercase(), &a.slug).cmp(&(b.title.to_lowercase(), &b.slug)));
    let found = Arc::new(found);
    http.help.insert(workspace, Arc::clone(&found));
    Ok(found)
}

/// The first prose of a Markdown text, without its signs.
fn excerpt(markdown: &str) -> String {
    let prose = markdown
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with(['#', '|', '>', '`']))
        .collect::<Vec<_>>()
        .join(" ");
    let plain: String = prose.chars().filter(|c| !matches!(c, '*' | '`')).take(EXCERPT + 1).collect();
    cut(&plain, EXCERPT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_excerpt_is_prose_that_ends_after_a_word() {
        assert_eq!(
            excerpt("# Returns\n\nYou have **30 days**.\n\n| a | b |\n\n- Keep the box."),
            "You have 30 days. - Keep the box."
        );
        let long = excerpt(&"Tents and poles. ".repeat(100));
        assert!(long.ends_with('…') && long.chars().count() <= EXCERPT + 1, "{long}");
        assert!(!long.trim_end_matches('…').ends_with(' '));
        assert_eq!(excerpt(&"森".repeat(500)).chars().count(), EXCERPT + 1);
        assert_eq!(excerpt(""), "");
    }
}
