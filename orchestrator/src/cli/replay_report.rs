//! A replay as a page: one file that needs nothing else, with who would have been affected and each run beside what
//! it would have come to. All that customers, models and tools said is put in as text.

use anyhow::Context as _;
use domain::{Timestamp, credit::Credits};
use minijinja::{Environment, UndefinedBehavior, context, value::Serde};
use serde::Serialize;
use serde_json::{Value, json};

const TEMPLATE: &str = include_str!("replay_report.html");

/// What a replay says of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// More is lost than is allowed.
    Lost,
    /// Too little can be told, or no run was found.
    CannotTell,
    Holds,
}

/// What the findings are about.
pub(super) struct About<'a> {
    pub workspace: &'a str,
    pub at: Timestamp,
    /// What was changed, in words.
    pub changed: &'a [String],
    pub verdict: Verdict,
    pub lost: usize,
    /// Losses that do not count.
    pub allowed: usize,
}

#[derive(Serialize)]
struct Words {
    tone: &'static str,
    title: &'static str,
    words: String,
}

impl About<'_> {
    fn words(&self) -> Words {
        let lost = self.lost;
        let counted = |count: usize| match count {
            1 => "1 run loses".to_owned(),
            count => format!("{count} runs lose"),
        };
        match self.verdict {
            Verdict::Lost => Words {
                tone: "bad",
                title: "something right is lost",
                words: format!(
                    "{} what was right, and {} may: this is no release.",
                    counted(lost),
                    if self.allowed == 0 { "none".to_owned() } else { self.allowed.to_string() }
                ),
            },
            Verdict::CannotTell => Words {
                tone: "known",
                title: "it cannot be told",
                words: "Of too many runs it cannot be told what would come of them, or no run was found: this is no \
                        reason for a release."
                    .to_owned(),
            },
            Verdict::Holds if lost == 0 => Words {
                tone: "good",
                title: "nothing right is lost",
                words: "No run loses what a person approved or what the customer said had helped.".to_owned(),
            },
            Verdict::Holds => Words {
                tone: "known",
                title: "it holds, with losses that are allowed",
                words: format!("{} what was right, and {} may.", counted(lost), self.allowed),
            },
        }
    }
}

/// The page of findings as they may leave the house.
pub(super) fn html(findings: &Value, about: &About<'_>) -> anyhow::Result<String> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("credits", |micros: i64| Credits(micros).to_string());
    environment.add_filter("spaced", |word: String| word.replace('_', " "));
    // The name's end says that what is put in is escaped.
    environment.add_template("replay_report.html", TEMPLATE).context("the report's template")?;
    let template = environment.get_template("replay_report.html")?;
    let classes = json!({
        "lost": "Lost", "unknown": "Cannot be told", "gained": "Gained", "changed": "Changed", "same": "The same",
    });
    let tones = json!({ "lost": "bad", "unknown": "known", "gained": "good", "changed": "", "same": "" });
    template
        .render(context! {
            workspace => about.workspace,
            at => about.at.rfc3339(),
            changed => Serde(about.changed),
            verdict => Serde(about.words()),
            totals => Serde(&findings["totals"]),
            rows => Serde(&findings["rows"]),
            classes => Serde(classes),
            tones => Serde(tones),
        })
        .context("the report cannot be rendered")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(ends: &str, told: &[&str], cost: i64) -> Value {
        json!({
            "ends": ends, "resolved": ends == "answered", "words": "in a few words", "told": told,
            "calls": [{ "tool": "shop__refund_order", "title": "Refund <b>12.00</b>", "said": "ask reviewer",
                        "came": "not_done" }],
            "approvals": 1, "cost_micros": cost, "steps": 7, "model_calls": 3,
        })
    }

    fn findings() -> Value {
        json!({
            "totals": {
                "runs": 12, "same": 10, "changed": 0, "gained": 0, "lost": 1, "unknown": 1, "outcomes": 1,
                "messages": 1, "calls": 1, "approvals_were": 4, "approvals_would_be": 9,
                "cost_was_micros": 2_500_000, "cost_would_be_micros": 750_000, "questions": 5,
                "tickets_affected": 1,
            },
            "rows": [
                {
                    "run_id": "019ab0f4-7c4e-7000-8000-000000000001", "agent": "resolution",
                    "at": "2026-11-20T08:00:00Z", "ticket_id": null, "ticket_number": 41,
                    "subject": "<script>alert(1)</script>", "customer": "Mira \"<img>\" Halloran", "class": "lost",
                    "why": ["a person approved it, and it would not be done: <i>Refund</i>"], "parts_at": 4,
                    "was": account("answered", &["We paid it <back>."], 2_000_000),
                    "would_be": account("handed_off", &[], 500_000),
                },
                {
                    "run_id": "019ab0f4-7c4e-7000-8000-000000000002", "agent": "resolution",
                    "at": "2026-11-20T09:00:00Z", "ticket_id": null, "ticket_number": null, "subject": "",
                    "customer": "", "class": "unknown", "why": [], "parts_at": null,
                    "was": account("asked", &["Which one?"], 500_000), "would_be": account("unknown", &[], 0),
                },
            ],
        })
    }

    fn page(findings: &Value, verdict: Verdict, allowed: usize) -> String {
        let changed = ["the policy of a<b.toml".to_owned(), "today's knowledge base".to_owned()];
        let at = Timestamp::parse_rfc3339("2026-11-23T08:00:00Z").unwrap();
        let lost = usize::try_from(findings["totals"]["lost"].as_u64().unwrap()).unwrap();
        let about = About { workspace: "North & Fell", at, changed: &changed, verdict, lost, allowed };
        html(findings, &about).unwrap()
    }

    #[test]
    fn the_page_tells_who_is_affected_and_what_changes_and_nothing_in_it_becomes_markup() {
        let page = page(&findings(), Verdict::Lost, 0);
        for markup in ["<script", "<img", "<b>", "<i>", "<back", "a<b.toml", "http://", "https://", "src="] {
            assert!(!page.contains(markup), "{markup} is in {page}");
        }
        for wanted in [
            "something right is lost",
            "1 run loses what was right, and none may: this is no release.",
            "12 past runs of North &amp; Fell",
            "a&lt;b.toml",
            "&lt;script&gt;alert(1)",
            "#41",
            "Halloran",
            "a person approved it, and it would not be done: &lt;i&gt;Refund",
            "otherwise from step 4 on",
            "We paid it &lt;back&gt;.",
            "handed off",
            "Refund &lt;b&gt;12.00",
            "ask reviewer, not done",
            ">2.5<",
            ">0.75<",
            "<td class=\"number\">4</td><td class=\"number otherwise\">9</td>",
            "its run",
            "Cannot be told",
        ] {
            assert!(page.contains(wanted), "{wanted} is missing in {page}");
        }
        // What is lost is open, the rest is not.
        assert_eq!(page.matches("<details").count(), 2);
        assert_eq!(page.matches(" open>").count(), 1);
    }

    #[test]
    fn the_page_says_what_the_exit_code_says() {
        let none = json!({
            "totals": {
                "runs": 3, "same": 3, "changed": 0, "gained": 0, "lost": 0, "unknown": 0, "outcomes": 0,
                "messages": 0, "calls": 0, "approvals_were": 0, "approvals_would_be": 0, "cost_was_micros": 0,
                "cost_would_be_micros": 0, "questions": 0, "tickets_affected": 0,
            },
            "rows": [],
        });
        let holds = page(&none, Verdict::Holds, 0);
        assert!(holds.contains("nothing right is lost") && holds.contains("Nobody: every run"), "{holds}");
        assert!(!holds.contains("Run by run"), "{holds}");
        assert!(page(&none, Verdict::CannotTell, 0).contains("it cannot be told"));
        let allowed = page(&findings(), Verdict::Holds, 2);
        assert!(allowed.contains("losses that are allowed") && allowed.contains("and 2 may."), "{allowed}");
    }
}
