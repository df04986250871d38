//! How carefully approvals are reviewed: one's own figures, those of many together, and whether there are exercises.

use std::{collections::BTreeSet, ops::RangeInclusive};

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    Timestamp,
    exercise::ExerciseSettings,
    review::{LEAST_PEOPLE, WORDS_A_MINUTE, begins, week_of},
    user::TeamName,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::Reviewed;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Query},
    problem::Problem,
};
use crate::review_quality::{ReviewFigures, Reviews, Whose};

/// Weeks that are told of.
const WEEKS: i64 = 12;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/me/review-quality", get_with(own, own_docs))
        .api_route("/v1/review-quality", get_with(all, all_docs))
        .api_route(
            "/v1/review-quality/exercises",
            get_with(exercises, exercises_docs).put_with(set, set_docs),
        )
}

/// How carefully one reviews, for oneself alone.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnReviewQuality {
    /// Of twelve weeks, the one that has begun included.
    pub figures: ReviewFigures,
    /// Each week by itself, the oldest first.
    pub weeks: Vec<OwnReviewWeek>,
    /// Words a minute that reading is taken to be.
    pub words_a_minute: i64,
    /// Whether there are exercises in this workspace, and how many.
    pub exercises: ExerciseSettings,
}

/// A week of one's own.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct OwnReviewWeek {
    /// Its Monday (UTC).
    pub starts_at: Timestamp,
    pub figures: ReviewFigures,
}

fn own_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showOwnReviewQuality").tag("review quality").summary("See how one reviews").description(
        "The caller's own figures: how long items were in view against how long reading takes, evidence that was not \
         seen, exercises, and agreement with others. Nobody else is shown them. Takes a person.",
    )
}

async fn own(
    State(http): State<Http>,
    staff: Staff<may::DecideApprovals>,
) -> Result<Json<OwnReviewQuality>, Problem> {
    let user = staff.person()?.id;
    let store = staff.store(&http);
    let to = week_of(http.app.clock.now());
    let from = to - WEEKS + 1;
    let reviews = Reviews::read(&store, Reviewed { user: Some(user), from, to }).await?;
    let figures = |weeks: RangeInclusive<i64>| reviews.figures(&weeks, &Whose::Own(user)).unwrap_or_default();
    let weeks =
        (from..=to).map(|week| OwnReviewWeek { starts_at: begins(week), figures: figures(week..=week) });
    Ok(Json(OwnReviewQuality {
        weeks: weeks.collect(),
        figures: figures(from..=to),
        words_a_minute: WORDS_A_MINUTE,
        exercises: store.exercise_settings().await?,
    }))
}

/// Of whom.
#[derive(Deserialize, JsonSchema)]
pub struct ReviewQualityQuery {
    /// Of a team; left out, of everybody.
    #[serde(default)]
    #[schemars(length(max = 40))]
    pub team: Option<String>,
}

/// How carefully approvals are reviewed, of many people together.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReviewQuality {
    /// Twelve weeks that are over, the oldest first.
    pub weeks: Vec<ReviewWeek>,
    /// Of fewer people than this nothing is told.
    pub least_people: usize,
    /// Words a minute that reading is taken to be.
    pub words_a_minute: i64,
}

/// A week that is over.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ReviewWeek {
    /// Its Monday (UTC).
    pub starts_at: Timestamp,
    /// Null: too few people decided in it. A figure that is null in it is of too few, too.
    pub figures: Option<ReviewFigures>,
}

fn all_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showReviewQuality").tag("review quality").summary("See how approvals are reviewed").description(
        "Of the workspace or of a team, week by week, once a week is over: by then everybody could see their own. \
         Nothing is told that is about fewer than five people, nor what would tell it by the difference to others. \
         404 when there is no such team.",
    )
}

async fn all(
    State(http): State<Http>,
    staff: Staff<may::ReadReviewQuality>,
    Query(query): Query<ReviewQualityQuery>,
) -> Result<Json<ReviewQuality>, Problem> {
    let store = staff.store(&http);
    let team: Option<BTreeSet<_>> = match &query.team {
        None => None,
        Some(name) => {
            let name = TeamName::parse(name).ok_or_else(|| Problem::not_found("the team"))?;
            store.team(&name).await?.ok_or_else(|| Problem::not_found("the team"))?;
            Some(store.team_members(&name).await?.into_iter().map(|user| user.id).collect())
        }
    };
    let whose = team.as_ref().map_or(Whose::Everybodys, Whose::Team);
    let to = week_of(http.app.clock.now()) - 1;
    let from = to - WEEKS + 1;
    let reviews = Reviews::read(&store, Reviewed { user: None, from, to }).await?;
    let weeks = (from..=to)
        .map(|week| ReviewWeek { starts_at: begins(week), figures: reviews.figures(&(week..=week), &whose) });
    Ok(Json(ReviewQuality {
        weeks: weeks.collect(),
        least_people: LEAST_PEOPLE,
        words_a_minute: WORDS_A_MINUTE,
    }))
}

fn exercises_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("showExercises")
        .tag("review quality")
        .summary("See whether there are exercises")
        .description("And how many each reviewer gets. They are off unless somebody switches them on.")
}

async fn exercises(
    State(http): State<Http>,
    staff: Staff<may::ReadApprovals>,
) -> Result<Json<ExerciseSettings>, Problem> {
    Ok(Json(staff.store(&http).exercise_settings().await?))
}

fn set_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("setExercises").tag("review quality").summary("Switch exercises on or off").description(
        "On, reviewers find among the approvals some that are none: a past one in which one thing was made wrong, or \
         one that is looked at a second time. Nothing is ever done because of them, and each says what it was once \
         it is decided. Off, those that wait end at once. Takes a person, and is in the audit.",
    )
}

async fn set(
    State(http): State<Http>,
    staff: Staff<may::ChangePolicy>,
    Json(form): Json<ExerciseSettings>,
) -> Result<Json<ExerciseSettings>, Problem> {
    staff.person()?;
    let settings = form.checked().map_err(Problem::invalid)?;
    let store = staff.store(&http);
    store.set_exercise_settings(settings, staff.actor(), http.app.clock.now()).await?;
    http.unexercised.invalidate(&staff.workspace);
    Ok(Json(settings))
}
