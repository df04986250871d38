//! Sends evaluations that were held to a service, which keeps them, compares them and shows how they went. What is
//! sent can be sent again: the service keeps each once.

use std::{collections::BTreeMap, env, time::Duration};

use anyhow::{Context as _, bail, ensure};
use domain::{
    canonical::Digest,
    evaluation::{
        CaseFinding, CaseScene, CaseStep, CaseTold, CaseWaiting, Evaluation, MOST_CASES, MOST_STORY,
        PublishedCase, PublishedEvaluation,
    },
};
use reqwest::{Client, StatusCode, redirect::Policy};
use serde_json::Value;

use crate::{
    record::{Attempt, Records, Scene},
    score::Finding,
    suite::{Manifest, Reference},
    summary::{SuiteSummary, Summary},
};

/// Where the key is read from.
const KEY: &str = "COUNTERSIGN_API_KEY";
const PATIENCE: Duration = Duration::from_secs(60);
/// Characters of a name and of a sentence, and entries of a list, as the service takes them.
const NAME: usize = 200;
const SENTENCE: usize = 2_000;
const MOST_EACH: usize = 40;
/// Characters of a step where a story is too long otherwise.
const SHORT: usize = 160;

/// Publishes every suite of the records at the service with this address.
///
/// # Errors
///
/// When one was not taken, with how to send it again. What was taken stays.
pub async fn publish(records: &Records, url: &str, key: &str) -> anyhow::Result<Vec<Evaluation>> {
    let url = format!("{}/v1/evaluations", url.trim_end_matches('/'));
    let client = client(&url)?;
    let mut kept = Vec::new();
    for suite in published(records)? {
        let name = suite.suite.clone();
        let evaluation = send(&client, &url, key, &suite)
            .await
            .with_context(|| format!("the suite {name} was not published"))?;
        kept.push(evaluation);
    }
    Ok(kept)
}

/// The key that requests are made with.
///
/// # Errors
///
/// When there is none, with what to do.
pub fn key() -> anyhow::Result<String> {
    let key = env::var(KEY).ok().map(|key| key.trim().to_owned()).filter(|key| !key.is_empty());
    key.with_context(|| {
        format!("{KEY} is not set: make a key with the permission manage_evaluations and put it there")
    })
}

fn client(url: &str) -> anyhow::Result<Client> {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Somebody was faster, which is as good.
        rustls::crypto::ring::default_provider().install_default().ok();
    }
    #[expect(clippy::disallowed_methods, reason = "this is the port to the service that results are sent to")]
    let mut builder = Client::builder()
        .user_agent(concat!("countersign-eval/", env!("CARGO_PKG_VERSION")))
        // A redirect would carry the key to a host that nobody named.
        .redirect(Policy::none())
        .no_proxy()
        .timeout(PATIENCE);
    if url.starts_with("http://") {
        builder = builder.tls_certs_only(Vec::new());
    }
    builder.build().context("no connections can be made")
}

async fn send(
    client: &Client,
    url: &str,
    key: &str,
    suite: &PublishedEvaluation,
) -> anyhow::Result<Evaluation> {
    let answer = client.post(url).bearer_auth(key).json(suite).send().await;
    let answer = answer.with_context(|| format!("{url} cannot be reached"))?;
    let status = answer.status();
    let text = answer.text().await.context("the answer broke off")?;
    if status == StatusCode::CREATED {
        return serde_json::from_str(&text)
            .context("the answer is no evaluation: is the service as new as this?");
    }
    let problem: Value = serde_json::from_str(&text).unwrap_or_default();
    match problem["detail"].as_str() {
        Some(detail) => bail!("the service answered {status}: {detail}"),
        None => bail!("{url} answered {status}, and not as Countersign does"),
    }
}

/// The suites of the records, as they are sent.
///
/// # Errors
///
/// When a suite does not fit into what the service takes.
pub fn published(records: &Records) -> anyhow::Result<Vec<PublishedEvaluation>> {
    let summary = Summary::of(records);
    let key =
        records.attempts.first().map(|attempt| &attempt.key).context("there are no results to publish")?;
    summary.suites.iter().map(|suite| one(suite, records, (&summary, key.seed))).collect()
}

fn one(
    suite: &SuiteSummary,
    records: &Records,
    (summary, seed): (&Summary, u64),
) -> anyhow::Result<PublishedEvaluation> {
    let mut by_case: BTreeMap<&str, Vec<&Attempt>> = BTreeMap::new();
    let mut order = Vec::new();
    for attempt in records.attempts.iter().filter(|attempt| attempt.key.suite == suite.manifest.name) {
        let all = by_case.entry(attempt.key.case.as_str()).or_default();
        if all.is_empty() {
            order.push(attempt.key.case.as_str());
        }
        all.push(attempt);
    }
    ensure!(
        order.len() <= MOST_CASES,
        "the suite {} has {} cases, and a service takes {MOST_CASES}",
        suite.manifest.name,
        order.len()
    );
    let cases = order.iter().filter_map(|name| by_case.get(name)).map(|attempts| case(attempts)).collect();
    let published = PublishedEvaluation {
        suite: named(&suite.manifest.name),
        about: cut(&about(&suite.manifest), SENTENCE),
        version: named(&summary.version),
        model: named(&summary.model),
        seed,
        cutoff: suite.manifest.cutoff,
        measures: suite.measures.clone(),
        below: suite.below.iter().take(MOST_EACH).map(|text| cut(text, SENTENCE)).collect(),
        cases,
    };
    published.check().map_err(anyhow::Error::msg)?;
    Ok(published)
}

/// What it tries, whose words these are, and what others reached with them.
fn about(manifest: &Manifest) -> String {
    let Manifest { about, source, licence, references, no_references, .. } = manifest;
    let mut told = format!("{about} Source: {source}. Licence: {licence}.");
    for Reference { measure, value, of, citation } in references {
        told.push_str(&format!(" Others, {measure}: {value}, {of} ({citation})."));
    }
    if !no_references.is_empty() {
        told.push_str(&format!(" Nobody's figures stand beside it: {no_references}."));
    }
    told
}

/// The attempts at one case, of which there is one at least.
fn case(attempts: &[&Attempt]) -> PublishedCase {
    let told = attempts.iter().find(|attempt| !attempt.passed()).or(attempts.first());
    let count = |counted: usize| i64::try_from(counted).unwrap_or(i64::MAX);
    PublishedCase {
        name: attempts.first().map(|attempt| named(&attempt.key.case)).unwrap_or_default(),
        tags: attempts.iter().flat_map(|it| &it.tags).take(MOST_EACH).map(|tag| cut(tag, NAME)).collect(),
        attempts: count(attempts.len()),
        passed: count(attempts.iter().filter(|attempt| attempt.passed()).count()),
        critical: attempts.iter().any(|attempt| attempt.is_critical_failure()),
        why: attempts.first().map(|attempt| cut(&attempt.why, SENTENCE)).unwrap_or_default(),
        findings: findings(attempts.iter().flat_map(|attempt| &attempt.findings)),
        millis: attempts.iter().map(|it| i64::try_from(it.spent.millis).unwrap_or(i64::MAX)).sum(),
        cost_micros: attempts.iter().map(|attempt| attempt.spent.cost_micros.max(0)).sum(),
        story: told.map(|attempt| story(&attempt.story)).unwrap_or_default(),
    }
}

fn findings<'a>(all: impl Iterator<Item = &'a Finding>) -> Vec<CaseFinding> {
    all.take(MOST_EACH)
        .map(|finding| CaseFinding {
            scorer: named(&finding.scorer),
            text: cut(&finding.text, SENTENCE),
            critical: finding.critical,
        })
        .collect()
}

/// A story that fits: with its steps, with their beginnings, without them, or none.
fn story(scenes: &[Scene]) -> Vec<CaseScene> {
    for steps in [usize::MAX, SHORT, 0] {
        let told: Vec<CaseScene> = scenes.iter().map(|told| scene(told, steps)).collect();
        if serde_json::to_string(&told).is_ok_and(|text| text.len() <= MOST_STORY) {
            return told;
        }
    }
    Vec::new()
}

/// With so many characters of each step; without steps for none.
fn scene(scene: &Scene, steps: usize) -> CaseScene {
    let step = |step: &crate::record::StepLine| CaseStep {
        kind: step.kind.clone(),
        name: step.name.clone(),
        detail: cut(&step.detail, steps),
    };
    CaseScene {
        who: scene.who.clone(),
        did: scene.did.clone(),
        told: scene
            .told
            .iter()
            .map(|told| CaseTold {
                by: told.by.clone(),
                text: told.text.clone(),
                sources: told.sources.iter().map(|source| source.slug.clone()).collect(),
            })
            .collect(),
        steps: if steps == 0 { Vec::new() } else { scene.steps.iter().map(step).collect() },
        waiting: scene
            .waiting
            .iter()
            .map(|waiting| CaseWaiting {
                tool: waiting.tool.clone(),
                args: waiting.args.clone(),
                role: waiting.role.clone(),
                why: waiting.why.clone(),
            })
            .collect(),
        standing: scene.standing.clone(),
        reason: scene.reason.clone(),
        expected: scene.expected.clone(),
        findings: findings(scene.findings.iter()),
    }
}

/// A name that is not too long, and another's neither.
fn named(name: &str) -> String {
    if name.chars().count() <= NAME {
        return name.to_owned();
    }
    let digest = Digest::of(name).0;
    let own: String = digest.chars().rev().take(8).collect();
    let head: String = name.chars().take(NAME - 12).collect();
    format!("{head}… {own}")
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{StepLine, tests::attempt};

    fn told(detail: &str, steps: usize) -> Scene {
        let step = StepLine { kind: "tool".to_owned(), name: "x".to_owned(), detail: detail.to_owned() };
        Scene {
            who: "the customer".to_owned(),
            did: "says hello".to_owned(),
            told: Vec::new(),
            steps: vec![step; steps],
            waiting: Vec::new(),
            standing: "Answered".to_owned(),
            reason: String::new(),
            expected: Value::Null,
            findings: Vec::new(),
        }
    }

    fn records() -> Records {
        let text = "name: shop\nkind: conversations\nabout: a\nlicence: b\nsource: c\ncutoff: 0.5\n";
        let attempts = [("b", 1, true), ("b", 2, false), ("a", 1, true), ("a", 2, true)];
        let attempts = attempts.iter().map(|(case, n, passed)| attempt("shop", case, *n, *passed));
        let suites = [("shop".to_owned(), serde_yaml_ng::from_str(text).unwrap())];
        Records { suites: suites.into_iter().collect(), attempts: attempts.collect(), ..Records::default() }
    }

    #[test]
    fn whose_words_they_are_and_what_others_reached_is_published_with_what_a_suite_tries() {
        let mut records = records();
        assert_eq!(published(&records).unwrap()[0].about, "a Source: c. Licence: b.");
        let suite = records.suites.get_mut("shop").unwrap();
        suite.references.push(Reference {
            measure: "pass^1".to_owned(),
            value: 0.604,
            of: "gpt-4o".to_owned(),
            citation: "Paper, 2024".to_owned(),
        });
        let about = published(&records).unwrap().remove(0).about;
        assert!(about.ends_with("Others, pass^1: 0.604, gpt-4o (Paper, 2024)."), "{about}");
    }

    #[test]
    fn attempts_at_a_case_are_published_together_in_the_order_of_the_suite() {
        let mut records = records();
        records.attempts[1].story = vec![told("the one that failed", 1)];
        records.attempts[0].story = vec![told("the one that passed", 1)];
        let published = published(&records).unwrap().remove(0);
        let cases: Vec<(&str, i64, i64)> =
            published.cases.iter().map(|case| (case.name.as_str(), case.passed, case.attempts)).collect();
        assert_eq!(cases, [("b", 1, 2), ("a", 2, 2)]);
        assert_eq!(published.cases[0].story[0].steps[0].detail, "the one that failed");
        let counted = Evaluation::of(
            &published,
            domain::EvaluationId::new(&orchestrator::system::SystemIds),
            (domain::user::Actor::System, domain::Timestamp(0)),
        );
        let summary = Summary::of(&records);
        let suite = &summary.suites[0];
        assert_eq!((counted.share, counted.pass_hat.clone()), (suite.share, suite.pass_hat.clone()));
        assert!((counted.interval.low - suite.interval.0).abs() < 1e-6, "{counted:?}");
        assert!((counted.interval.high - suite.interval.1).abs() < 1e-6, "{counted:?}");
        assert_eq!(counted.holds, suite.holds());
    }

    #[test]
    fn a_story_that_is_too_long_keeps_what_was_said() {
        let long = "x".repeat(1_200);
        let short = story(&[told(&long, 200)]);
        assert_eq!(short[0].steps.len(), 200);
        assert!(short[0].steps[0].detail.chars().count() <= SHORT);
        let none = story(&[told(&long, 2_000)]);
        assert!(none[0].steps.is_empty());
        assert_eq!(none[0].did, "says hello");
        let names = [named(&"y".repeat(300)), named(&format!("{}z", "y".repeat(300)))];
        assert_ne!(names[0], names[1]);
        assert!(names.iter().all(|name| name.chars().count() <= NAME));
    }
}
