//! Trains the model that tells instructions for a model from other text: `make train-injection`.
//!
//! Public data is read in place (`COUNTERSIGN_DATA` names its folder); the demo shop's articles, the
//! library and lines written for the purpose (`examples/injection/`) come from this repository. Texts
//! have one label each, not their sentences: each round takes the sentences of a text that look worst
//! to the model so far, and moves the model by them. The report says how models do on what they were
//! not trained on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a tool of this repository's developers")]

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use guards::injection::{
    Injections,
    model::{Model, Sums, TOGETHER},
    passages::Passage,
};
use serde_json::Value;

const ROUNDS: usize = 12;
const RATE: f32 = 0.03;
/// What a text without words is worth.
const BIAS: f32 = -4.0;
/// How much of a weight each step takes away.
const PULL: f32 = 2e-5;
/// What signs begin with, so that the first round looks at sentences that have some.
const FIRST: f32 = 0.3;
/// What one text counts at most.
const MOST: f32 = 100.0;
/// Runs of sentences of a benign text that each round learns from.
const WORST: usize = 6;
/// Support messages that may be flagged, at most.
const TARGET: f64 = 0.005;
/// Articles of which any sentence may be flagged, at most.
const TARGET_ARTICLES: f64 = 0.05;
const FOLDS: u64 = 5;

struct Text {
    /// Where it is from.
    source: &'static str,
    /// What sets it apart in its source: a suite, an attack, a category, an intent.
    group: String,
    suite: String,
    positive: bool,
    passages: Vec<Passage>,
    by_rules: f32,
    fold: u64,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn data(path: &str) -> String {
    let folder =
        std::env::var("COUNTERSIGN_DATA").map_or_else(|_| root().join("../shared/data"), PathBuf::from);
    let path = folder.join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!(
            "{} cannot be read ({error}); set COUNTERSIGN_DATA to the folder with injection/ and intents/",
            path.display()
        )
    })
}

fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The same everywhere: which fold a text is in.
fn fold(of: &str) -> u64 {
    let hash = of
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3));
    (hash >> 17) % FOLDS
}

struct Texts {
    injections: Injections,
    all: Vec<Text>,
}

impl Texts {
    fn add(&mut self, source: &'static str, group: &str, suite: &str, key: &str, positive: bool, text: &str) {
        self.all.push(Text {
            source,
            group: group.to_owned(),
            suite: suite.to_owned(),
            positive,
            passages: self.injections.passages(text),
            by_rules: self.injections.by_rules(text),
            fold: fold(key),
        });
    }

    fn read() -> Self {
        let mut texts = Self { injections: Injections::new().unwrap(), all: Vec::new() };
        for line in data("injection/agentdojo-tool-outputs.jsonl").lines() {
            let one: Value = serde_json::from_str(line).unwrap();
            let positive = one["label"] == 1;
            let group = one["attack"].as_str().unwrap_or("clean");
            let said = text(&one, "text");
            texts.add("agentdojo", group, text(&one, "suite"), said, positive, said);
        }
        let prompts: Vec<Value> = serde_json::from_str(&data("injection/piguard-valid.json")).unwrap();
        for one in &prompts {
            let said = text(one, "prompt");
            let positive = one["label"] == 1 || one["label"] == "1";
            texts.add("piguard", text(one, "source"), "", said, positive, said);
        }
        let attacks: BTreeMap<String, Vec<String>> =
            serde_json::from_str(&data("injection/bipia-text-attacks-train.json")).unwrap();
        for (category, attacks) in &attacks {
            for said in attacks {
                texts.add("bipia", category, "", said, true, said);
            }
        }
        for name in ["banking77", "clinc150"] {
            for line in data(&format!("intents/{name}-train.jsonl")).lines() {
                let one: Value = serde_json::from_str(line).unwrap();
                let intent = text(&one, "intent");
                texts.add(name, intent, "", intent, false, text(&one, "text"));
            }
        }
        for (source, path) in
            [("demo articles", "orchestrator/demo/knowledge"), ("library articles", "rag/library/articles")]
        {
            let mut paths: Vec<PathBuf> =
                fs::read_dir(root().join(path)).unwrap().map(|entry| entry.unwrap().path()).collect();
            paths.sort();
            for path in paths.iter().filter(|path| path.extension().is_some_and(|kind| kind == "md")) {
                let name = path.file_stem().unwrap().to_str().unwrap();
                texts.add(source, name, "", name, false, &fs::read_to_string(path).unwrap());
            }
        }
        for (source, positive) in [("benign", false), ("injections", true)] {
            let path = root().join(format!("guards/examples/injection/{source}.txt"));
            for line in fs::read_to_string(path).unwrap().lines().filter(|line| !line.starts_with('#')) {
                let source = if positive { "own injections" } else { "own benign" };
                texts.add(source, source, "", line, positive, line);
            }
        }
        texts
    }
}

/// How much a source counts, all of its texts of a label together.
fn counts(text: &Text) -> f32 {
    match (text.source, text.positive) {
        ("agentdojo", true) => 1.0,
        ("agentdojo", false) => 1.0,
        ("piguard", true) => 0.7,
        ("piguard", false) => 1.0,
        ("bipia", _) => 0.5,
        ("banking77" | "clinc150", _) => 1.5,
        ("demo articles" | "library articles", _) => 3.0,
        ("own benign", _) => 1.2,
        ("own injections", _) => 1.0,
        _ => unreachable!("a source without a weight"),
    }
}

/// Sentences after each other, what they add up to, and its logit.
type Run = (std::ops::Range<usize>, Sums, f32);

/// The runs of sentences that look worst and share none, at most so many.
fn runs(model: &Model, passages: &[Passage], most: usize) -> Vec<Run> {
    let sums: Vec<Sums> = passages.iter().map(|passage| model.sums(passage)).collect();
    let mut all: Vec<Run> = Vec::new();
    for first in 0..sums.len() {
        let mut together = Sums::default();
        for (last, one) in sums.iter().enumerate().skip(first).take(TOGETHER) {
            together = together.with(*one);
            all.push((first..last + 1, together, model.logit(together)));
        }
    }
    all.sort_by(|one, other| other.2.total_cmp(&one.2));
    let mut kept: Vec<Run> = Vec::new();
    for run in all {
        if kept.len() == most {
            break;
        }
        if kept.iter().all(|(span, ..)| span.end <= run.0.start || run.0.end <= span.start) {
            kept.push(run);
        }
    }
    kept
}

/// What a model makes of a text: the logit of the worst of it.
fn logit(model: &Model, text: &Text) -> f32 {
    runs(model, &text.passages, 1).first().map_or(-9.0, |(.., logit)| *logit)
}

/// Logistic regression with a rate for each weight (AdaGrad), over the worst sentences of each text.
fn train(texts: &[&Text]) -> Model {
    let mut totals: BTreeMap<(&str, bool), f32> = BTreeMap::new();
    for text in texts {
        *totals.entry((text.source, text.positive)).or_default() += 1.0;
    }
    let mut model = Model::default();
    model.signs.fill(FIRST);
    model.bias = BIAS;
    let mut hash_slopes = vec![1e-6_f32; model.hashes.len()];
    let mut sign_slopes = vec![1e-6_f32; model.signs.len()];
    let mut order: Vec<usize> = (0..texts.len()).collect();
    let mut seed = 20_26_u64;
    for _ in 0..ROUNDS {
        shuffle(&mut order, &mut seed);
        for at in &order {
            let text = texts[*at];
            let weight = counts(text) / totals[&(text.source, text.positive)] * texts.len() as f32 / 8.0;
            let weight = weight.min(MOST);
            // Any sentence of a benign text is benign; of an injection, the one that looks it is enough.
            for (span, sums, logit) in runs(&model, &text.passages, if text.positive { 1 } else { WORST }) {
                let error = f32::from(u8::from(text.positive)) - 1.0 / (1.0 + (-logit).exp());
                let slope = weight * error;
                let step = |weight: &mut f32, slopes: &mut f32, slope: f32| {
                    *slopes += slope * slope;
                    *weight += RATE * slope / slopes.sqrt() - PULL * *weight;
                };
                let own = slope * sums.scale();
                for hash in text.passages[span].iter().flat_map(|passage| &passage.hashes) {
                    let at = *hash as usize;
                    step(&mut model.hashes[at], &mut hash_slopes[at], own);
                }
                let mut signs = sums.signs;
                while signs != 0 {
                    let at = signs.trailing_zeros() as usize;
                    step(&mut model.signs[at], &mut sign_slopes[at], slope);
                    // A sign of an injection never speaks against one.
                    model.signs[at] = model.signs[at].max(0.0);
                    signs &= signs - 1;
                }
            }
        }
    }
    Model::read(&model.write()).expect("what was written can be read")
}

fn shuffle(order: &mut [usize], seed: &mut u64) {
    for at in (1..order.len()).rev() {
        *seed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = *seed;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        order.swap(at, ((mixed ^ (mixed >> 31)) % (at as u64 + 1)) as usize);
    }
}

/// What models say of texts that they were not trained on, by the name of what was left out.
struct Unseen<'t> {
    rows: Vec<(String, Vec<(&'t Text, f32)>)>,
}

impl<'t> Unseen<'t> {
    /// Trains without the texts of `out`, and without those that are too like them, and keeps what
    /// the model says of those.
    fn leave(
        &mut self,
        name: &str,
        texts: &'t [Text],
        out: impl Fn(&Text) -> bool,
        like: impl Fn(&Text) -> bool,
    ) {
        let seen: Vec<&Text> = texts.iter().filter(|text| !out(text) && !like(text)).collect();
        let model = train(&seen);
        let scored = texts.iter().filter(|text| out(text));
        let scored = scored.map(|text| (text, logit(&model, text)));
        self.rows.push((name.to_owned(), scored.collect()));
        eprint!(".");
    }

    /// One after the other with a key of their own left out, in one row each under one name.
    fn leave_each(&mut self, name: &str, texts: &'t [Text], key: impl Fn(&Text) -> Option<String>) {
        let mut keys: Vec<String> = texts.iter().filter_map(&key).collect();
        keys.sort();
        keys.dedup();
        for one in keys {
            let out = |text: &Text| key(text).as_deref() == Some(&one);
            self.leave(&format!("{name}: {one}"), texts, out, |_| false);
        }
    }

    fn all(&self, prefix: &str) -> Vec<(&'t Text, f32)> {
        let rows = self.rows.iter().filter(|(name, _)| name.starts_with(prefix));
        rows.flat_map(|(_, scored)| scored.iter().copied()).collect()
    }
}

/// The share of texts that are flagged at a logit, by the model, by rules, by either.
fn flagged(scored: &[(&Text, f32)], line: f32) -> [f64; 3] {
    let share = |flagged: &dyn Fn(&(&Text, f32)) -> bool| {
        scored.iter().filter(|one| flagged(one)).count() as f64 / scored.len().max(1) as f64
    };
    let model = |one: &(&Text, f32)| one.1 >= line;
    let rules = |one: &(&Text, f32)| one.0.by_rules >= 0.5;
    [share(&model), share(&rules), share(&|one| model(one) || rules(one))]
}

fn percent(share: f64) -> String {
    format!("{:.1} %", share * 100.0)
}

fn probability(logit: f32) -> f32 {
    1.0 / (1.0 + (-logit).exp())
}

/// The lowest logit at which no more of them are flagged than may be.
fn line(support: &[(&Text, f32)], target: f64) -> f32 {
    let mut logits: Vec<f32> = support.iter().map(|(_, logit)| *logit).collect();
    logits.sort_by(|one, other| other.total_cmp(one));
    let may = (logits.len() as f64 * target) as usize;
    logits.get(may).map_or(0.0, |logit| logit + 1e-3)
}

fn of<'t>(scored: &[(&'t Text, f32)], wanted: impl Fn(&Text) -> bool) -> Vec<(&'t Text, f32)> {
    scored.iter().copied().filter(|(text, _)| wanted(text)).collect()
}

fn table(report: &mut String, line: f32, rows: &[(String, Vec<(&Text, f32)>)]) {
    report.push_str("| texts | how many | model | rules | either |\n|---|--:|--:|--:|--:|\n");
    for (name, scored) in rows {
        let [model, rules, either] = flagged(scored, line).map(percent);
        writeln!(report, "| {name} | {} | {model} | {rules} | {either} |", scored.len()).unwrap();
    }
    report.push('\n');
}

fn by_group<'t>(scored: &[(&'t Text, f32)]) -> Vec<(String, Vec<(&'t Text, f32)>)> {
    let mut groups: BTreeMap<String, Vec<(&Text, f32)>> = BTreeMap::new();
    for one in scored {
        groups.entry(one.0.group.clone()).or_default().push(*one);
    }
    groups.into_iter().collect()
}

fn main() {
    let texts = Texts::read().all;
    let mut unseen = Unseen { rows: Vec::new() };
    let dojo = |text: &Text| text.source == "agentdojo";
    let attack = |text: &Text| (dojo(text) && text.positive).then(|| text.group.clone());
    // Whose words stay the same in any attack, only a suite left out leaves out.
    unseen.leave_each("suite", &texts, |text| dojo(text).then(|| text.suite.clone()));
    unseen.leave_each("attack", &texts, attack);
    let mut pairs: Vec<(String, String)> =
        texts.iter().filter(|text| dojo(text)).map(|text| (text.suite.clone(), text.group.clone())).collect();
    pairs.sort();
    pairs.dedup();
    for (suite, group) in &pairs {
        unseen.leave(
            &format!("both: {suite}, {group}"),
            &texts,
            |text| dojo(text) && text.suite == *suite && text.group == *group,
            |text| dojo(text) && (text.suite == *suite || (text.positive && text.group == *group)),
        );
    }
    unseen
        .leave_each("piguard source", &texts, |text| (text.source == "piguard").then(|| text.group.clone()));
    unseen
        .leave_each("piguard fold", &texts, |text| (text.source == "piguard").then(|| text.fold.to_string()));
    unseen.leave_each("bipia category", &texts, |text| (text.source == "bipia").then(|| text.group.clone()));
    let support = |text: &Text| {
        matches!(
            text.source,
            "banking77" | "clinc150" | "demo articles" | "library articles" | "own benign" | "own injections"
        )
    };
    unseen.leave_each("support", &texts, |text| support(text).then(|| text.fold.to_string()));
    eprintln!();

    let mut model = train(&texts.iter().collect::<Vec<_>>());
    let messages = of(&unseen.all("support"), |text| matches!(text.source, "banking77" | "clinc150"));
    let articles = of(&unseen.all("support"), |text| text.source.ends_with("articles"));
    let line = line(&messages, TARGET).max(line(&articles, TARGET_ARTICLES));
    if std::env::var_os("SHOW").is_some() {
        show(&unseen, line);
    }
    let report = report(&unseen, &texts, line);
    model.bias -= line;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/injection");
    let bytes = model.write();
    fs::write(folder.join("model.bin"), &bytes).unwrap();
    fs::write(folder.join("report.md"), &report).unwrap();
    println!("{report}\nwrote model.bin ({} bytes) and report.md to {}", bytes.len(), folder.display());
}

/// Which benign texts were flagged and which attacks missed, by their places.
fn show(unseen: &Unseen<'_>, line: f32) {
    for (name, scored) in &unseen.rows {
        for (text, logit) in scored.iter().filter(|(text, logit)| (*logit >= line) != text.positive) {
            println!("{name} {} {} rules {} {logit:.2}", text.source, text.group, text.by_rules);
        }
    }
}

fn report(unseen: &Unseen<'_>, texts: &[Text], line: f32) -> String {
    let mut report = String::from(
        "# How the model for injections does\n\n\
         Written by `make train-injection`. Every figure is of texts that the model in question was not \
         trained on: what the heading names was left out, one after the other, and a model was trained on \
         the rest. The rules and signs, \
         the lines in `examples/injection` and the settings of the training were chosen by people who had seen \
         all of the data, and the line with these very figures; expect less on texts of other kinds, of the \
         columns \u{201c}rules\u{201d} and \u{201c}either\u{201d} above all. Rules are signs of the model too. A text is flagged when any of its \
         sentences is.\n\n",
    );
    let mut add = |title: &str, rows: &[(String, Vec<(&Text, f32)>)]| {
        writeln!(report, "## {title}\n").unwrap();
        table(&mut report, line, rows);
    };
    let trimmed = |prefix: &str| -> Vec<(String, Vec<(&Text, f32)>)> {
        let rows = unseen.rows.iter().filter(|(name, _)| name.starts_with(prefix));
        rows.map(|(name, scored)| (name.trim_start_matches(prefix).to_owned(), scored.clone())).collect()
    };
    let suites = unseen.all("suite: ");
    let attacks = of(&suites, |text| text.positive);
    let mut rows = by_group(&attacks);
    for suite in ["slack", "travel", "workspace"] {
        rows.push((format!("suite {suite}"), of(&attacks, |text| text.suite == suite)));
    }
    rows.push(("all attacks".to_owned(), attacks));
    rows.push(("clean outputs (should be 0)".to_owned(), of(&suites, |text| !text.positive)));
    add("AgentDojo, a suite left out", &rows);
    add("AgentDojo, a style of attack left out", &trimmed("attack: "));
    let both = unseen.all("both: ");
    let mut rows = by_group(&of(&both, |text| text.positive));
    rows.push(("clean outputs (should be 0)".to_owned(), of(&both, |text| !text.positive)));
    add("AgentDojo, a suite and a style left out at once", &rows);
    let sources = unseen.all("piguard source: ");
    add("PIGuard, a source left out: malicious", &by_group(&of(&sources, |text| text.positive)));
    add("PIGuard, a source left out: benign (should be 0)", &by_group(&of(&sources, |text| !text.positive)));
    let folds = unseen.all("piguard fold: ");
    add("PIGuard, a fifth left out: malicious", &by_group(&of(&folds, |text| text.positive)));
    add("PIGuard, a fifth left out: benign (should be 0)", &by_group(&of(&folds, |text| !text.positive)));
    let mut rows = trimmed("bipia category: ");
    rows.push(("all".to_owned(), unseen.all("bipia category: ")));
    add("BIPIA, a category left out", &rows);
    let support = unseen.all("support: ");
    let rows: Vec<_> =
        ["banking77", "clinc150", "demo articles", "library articles", "own benign", "own injections"]
            .into_iter()
            .map(|source| {
                let name =
                    if source == "own injections" { "lines of injections (should be 100)" } else { source };
                (name.to_owned(), of(&support, |text| text.source == source))
            })
            .collect();
    add("Support, a fifth left out: by intent, by article, by line (should be 0)", &rows);

    report.push_str("## By threshold\n\nShares flagged by the model alone; the shipped model is moved so that its line, 0.5, is the row in the middle.\n\n");
    report.push_str("| threshold | support messages | articles | clean outputs | PIGuard benign | AgentDojo (suite) | AgentDojo (both) | PIGuard malicious | BIPIA |\n|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n");
    let messages = of(&support, |text| matches!(text.source, "banking77" | "clinc150"));
    let articles = of(&support, |text| text.source.ends_with("articles"));
    for moved in [-2.0_f32, -1.0, -0.5, 0.0, 0.5, 1.0] {
        let at = line + moved;
        let share = |scored: &[(&Text, f32)]| {
            let share = flagged(scored, at)[0];
            if scored.len() > 1000 { format!("{:.2} %", share * 100.0) } else { percent(share) }
        };
        writeln!(
            report,
            "| {:.2} | {} | {} | {} | {} | {} | {} | {} | {} |",
            probability(moved),
            share(&messages),
            share(&articles),
            share(&of(&suites, |text| !text.positive)),
            share(&of(&folds, |text| !text.positive)),
            share(&of(&suites, |text| text.positive)),
            share(&of(&both, |text| text.positive)),
            share(&of(&folds, |text| text.positive)),
            share(&unseen.all("bipia category: ")),
        )
        .unwrap();
    }
    let (all, positive) = (texts.len(), texts.iter().filter(|text| text.positive).count());
    write!(
        report,
        "\nThe line is the lowest score at which at most {:.1} % of the {} unseen support messages and at \
         most {:.0} % of the {} unseen articles are flagged. Trained on {all} texts, {positive} of them injections. `guards/examples/train_injection.rs` says \
         how much each source counts.\n",
        TARGET * 100.0,
        messages.len(),
        TARGET_ARTICLES * 100.0,
        articles.len(),
    )
    .unwrap();
    report
}
