//! What a scope and its facets mean, said once; each engine spells it in its own types.

use domain::ticket::Visibility;
use rag::vectors::{Facets, IndexScope, Layer, Selection, UNIVERSAL_WORKSPACE};
use uuid::Uuid;

use crate::payload::{field, layer_name, visibility_name};

/// A condition on a point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Clause {
    /// The field is one of these texts.
    Any(&'static str, Vec<String>),
    /// The field is this number.
    Equals(&'static str, i64),
    /// The field is at most this.
    AtMost(&'static str, i64),
    /// The field is more than this.
    Above(&'static str, i64),
    /// The point has no such field.
    Missing(&'static str),
    Ids(Vec<Uuid>),
    All(Vec<Clause>),
    OneOf(Vec<Clause>),
    Not(Box<Clause>),
}

fn is(field: &'static str, value: impl ToString) -> Clause {
    Clause::Any(field, vec![value.to_string()])
}

/// None when nothing can be in scope, so that nobody asks an engine without a condition.
pub(crate) fn of_scope(scope: &IndexScope, facets: &Facets) -> Option<Clause> {
    let mut reachable = Vec::new();
    if scope.universal {
        reachable.push(Clause::All(vec![
            is(field::WORKSPACE, UNIVERSAL_WORKSPACE),
            is(field::LAYER, layer_name(Layer::Universal)),
        ]));
    }
    if scope.company {
        reachable.push(Clause::All(vec![
            is(field::WORKSPACE, scope.workspace),
            is(field::LAYER, layer_name(Layer::Company)),
        ]));
    }
    if let Some(customer) = scope.customer {
        reachable.push(Clause::All(vec![
            is(field::WORKSPACE, scope.workspace),
            is(field::LAYER, layer_name(Layer::Customer)),
            is(field::CUSTOMER, customer),
        ]));
    }
    let mut all = match reachable.len() {
        0 => return None,
        1 => reachable,
        _ => vec![Clause::OneOf(reachable)],
    };
    if !scope.internal {
        all.push(is(field::VISIBILITY, visibility_name(Visibility::Public)));
    }
    all.extend(of_facets(facets));
    Some(Clause::All(all))
}

fn of_facets(facets: &Facets) -> Vec<Clause> {
    let mut all = Vec::new();
    if !facets.locales.is_empty() {
        all.push(Clause::Any(field::LOCALE, facets.locales.clone()));
    }
    if let Some(brand) = &facets.brand {
        all.push(Clause::OneOf(vec![Clause::Missing(field::BRAND), is(field::BRAND, brand)]));
    }
    if !facets.categories.is_empty() {
        all.push(Clause::Any(field::CATEGORY, facets.categories.clone()));
    }
    all.extend(facets.tags.iter().map(|tag| is(field::TAGS, tag)));
    if let Some(at) = facets.valid_at {
        all.push(Clause::OneOf(vec![
            Clause::Missing(field::VALID_FROM),
            Clause::AtMost(field::VALID_FROM, at.0),
        ]));
        all.push(Clause::OneOf(vec![
            Clause::Missing(field::VALID_UNTIL),
            Clause::Above(field::VALID_UNTIL, at.0),
        ]));
    }
    if !facets.documents.is_empty() {
        all.push(Clause::Any(field::DOCUMENT, facets.documents.iter().map(ToString::to_string).collect()));
    }
    all
}

/// None when nothing is selected.
pub(crate) fn of_selection(selection: &Selection) -> Option<Clause> {
    let workspace = is(field::WORKSPACE, selection.workspace());
    Some(match selection {
        Selection::Workspace(_) => workspace,
        Selection::Chunks { chunks, .. } if chunks.is_empty() => return None,
        Selection::Chunks { chunks, .. } => {
            Clause::All(vec![workspace, Clause::Ids(chunks.iter().map(|chunk| chunk.0).collect())])
        }
        Selection::Document { document, except_version, .. } => {
            let mut all = vec![workspace, is(field::DOCUMENT, document)];
            if let Some(version) = except_version {
                all.push(Clause::Not(Box::new(Clause::Equals(field::DOCUMENT_VERSION, *version))));
            }
            Clause::All(all)
        }
    })
}
