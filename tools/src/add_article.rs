//! Adds an article to the workspace's knowledge, after a person has read it.

use std::borrow::Cow;

use async_trait::async_trait;
use domain::{
    EffectId,
    approval::Permit,
    knowledge::{DEFAULT_LOCALE, Metadata, is_slug},
    ports::{AddedArticle, ArticleError, NewArticle},
    ticket::Visibility,
    tool::{Inquiry, Preview, PreviewField, Risk, Tool, ToolContext, ToolError, ToolOutput},
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use serde_json::json;

use crate::{
    builtin::field,
    limits::{Few, Text},
};

pub(crate) struct AddArticle;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Args {
    /// Who finds it: `internal` for staff alone, `public` for customers too.
    #[serde(default)]
    visibility: Readers,
    /// What it is about, in one line.
    title: Text<200>,
    /// The article as Markdown, without front matter.
    body: Body,
    /// Its stable name. Where another document has it, it gets a number behind.
    slug: Slug,
    /// The group it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<Text<64>>,
    /// Words it is found by besides its text.
    #[serde(default)]
    tags: Few<Text<64>, 16>,
    /// The language it is written in, as a tag such as `en` or `de-CH`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    locale: Option<Text<35>>,
}

// Without doc comments: they would split the enumeration in the schema.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Readers {
    #[default]
    Internal,
    Public,
}

/// Markdown that says nothing of itself above its text: that a document is public is said in the
/// arguments alone, where a person reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Body(Text<20_000>);

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Text::<20_000>::deserialize(deserializer)?;
        if text.starts_with("---") {
            return Err(D::Error::custom(
                "the text begins with `---`; say what it is in the other arguments",
            ));
        }
        if text.contains('\0') {
            return Err(D::Error::custom("the text holds a NUL character, which no database keeps"));
        }
        Ok(Self(text))
    }
}

impl JsonSchema for Body {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ArticleBody".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Text::<20_000>::json_schema(generator)
    }
}

#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
struct Slug(String);

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let slug = String::deserialize(deserializer)?.trim().to_owned();
        if slug.chars().count() > 190 || !is_slug(&slug) {
            return Err(D::Error::custom("use 1 to 190 letters, digits, `-`, `_`, `.` or `/`"));
        }
        Ok(Self(slug))
    }
}

impl JsonSchema for Slug {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "ArticleSlug".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "minLength": 1, "maxLength": 190 })
    }
}

impl Args {
    fn article(self) -> NewArticle {
        let mut meta = Metadata::titled(self.title.into_inner());
        meta.visibility = match self.visibility {
            Readers::Internal => Visibility::Internal,
            Readers::Public => Visibility::Public,
        };
        meta.category = self.category.map(Text::into_inner).unwrap_or_default();
        meta.tags = self.tags.into_inner().into_iter().map(Text::into_inner).collect();
        meta.locale = self.locale.map_or_else(|| DEFAULT_LOCALE.to_owned(), Text::into_inner);
        NewArticle { slug: self.slug.0, meta, body: self.body.0.into_inner() }
    }
}

#[async_trait]
impl Tool for AddArticle {
    type Args = Args;
    const NAME: &'static str = "add_article";
    const TITLE: &'static str = "Add an article";
    const DESCRIPTION: &'static str = "Adds an article to the knowledge base, where it is found at once. A document that is there is never changed. \
         A person reads every article before.";
    const RISK: Risk = Risk::Outward;
    const PROTECTED: &'static [&'static str] = &["visibility"];
    const CAPABILITIES: &'static [&'static str] = &["knowledge"];
    const IDEMPOTENT: bool = true;
    const ALWAYS_ASKS: bool = true;

    fn preview(&self, args: &Args) -> Preview {
        let (who, visibility) = match args.visibility {
            Readers::Internal => ("for staff", "internal: found by staff alone"),
            Readers::Public => ("for customers", "public: found by customers too"),
        };
        let mut fields = vec![
            PreviewField { label: "visibility".to_owned(), value: visibility.to_owned(), protected: true },
            field("Name", args.slug.0.as_str()),
        ];
        if let Some(category) = &args.category {
            fields.push(field("Category", &**category));
        }
        if !args.tags.is_empty() {
            let tags: Vec<&str> = args.tags.iter().map(|tag| &**tag).collect();
            fields.push(field("Tags", tags.join(", ")));
        }
        if let Some(locale) = &args.locale {
            fields.push(field("Language", &**locale));
        }
        Preview {
            title: format!("Add the article “{}” {who}", args.title),
            fields,
            body: Some(args.body.0.to_string()),
        }
    }

    async fn execute(
        &self,
        permit: Permit,
        context: &ToolContext,
        args: Args,
    ) -> Result<ToolOutput, ToolError> {
        let articles = context.ports.articles();
        let added =
            articles.add(context.workspace_id, permit.effect_id(), &context.run, args.article()).await;
        added.map(output).map_err(|error| match error {
            ArticleError::Invalid(why) => ToolError::Arguments { tool: Self::NAME.to_owned(), why },
            ArticleError::Unavailable(why) => ToolError::Unavailable(why),
        })
    }

    async fn inquire(&self, context: &ToolContext, key: &str) -> Inquiry {
        let Some(effect) = EffectId::of_key(key) else { return Inquiry::CannotTell };
        match context.ports.articles().added(context.workspace_id, effect, &context.run).await {
            Ok(Some(added)) => Inquiry::Done(output(added)),
            Ok(None) => Inquiry::NotDone,
            Err(_) => Inquiry::CannotTell,
        }
    }
}

fn output(added: AddedArticle) -> ToolOutput {
    let summary = format!("Added “{}” to the knowledge base as {}", added.title, added.slug);
    let content = json!({ "document_id": added.document_id, "slug": added.slug, "title": added.title });
    ToolOutput::new(content, summary)
}
