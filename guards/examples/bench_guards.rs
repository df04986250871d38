//! How fast the detector of personal data is, and how much it finds.
//!
//! Speed: messages of 1 KB, made from seeds, with every recogniser on, on one core. Quality:
//! `pii/presidio-generated-small.json` under `$COUNTERSIGN_DATA`, which no constant is tuned to. Where
//! `$COUNTERSIGN_PRESIDIO` names a Python that has `presidio-analyzer`, the same texts go through it
//! in the same run. With `SHOW` set, what was missed and what was too much is printed. Ends with one
//! JSON object per configuration.
//!
//! The collection's types and ours: CREDIT_CARD is `payment_card`, PHONE_NUMBER `phone`,
//! EMAIL_ADDRESS `email`, US_SSN `us_ssn`, IP_ADDRESS `ip_address`, IBAN_CODE `iban`,
//! US_DRIVER_LICENSE `driving_licence`, PERSON `person_name`, ADDRESS `postal_address`. The
//! collection labels the parts of an address one by one and its town as LOCATION; so a finding of an
//! address may rest on LOCATION too, which itself is not asked for, because a town alone is no
//! address. ORGANIZATION, TITLE, DATE_TIME and DOMAIN_NAME are not personal data here.
//!
//! A labelled span is found when findings of its type cover half of it; a finding is right when
//! labels of its type cover half of it.

#![allow(clippy::disallowed_methods, reason = "a benchmark is its own clock")]

use std::{
    collections::BTreeMap,
    env, fs,
    hint::black_box,
    io::Write as _,
    ops::Range,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail, ensure};
use guards::pii::{Detector, Kind, Settings};
use serde::Deserialize;
use serde_json::{Value, json};

const MESSAGES: usize = 2000;
const MESSAGE_BYTES: usize = 1024;
const ROUNDS: usize = 7;

/// The collection's type, ours, Presidio's, and which labels a finding may rest on.
const TYPES: [(&str, Kind, &str, &[&str]); 9] = [
    ("CREDIT_CARD", Kind::PaymentCard, "CREDIT_CARD", &["CREDIT_CARD"]),
    ("PHONE_NUMBER", Kind::Phone, "PHONE_NUMBER", &["PHONE_NUMBER"]),
    ("EMAIL_ADDRESS", Kind::Email, "EMAIL_ADDRESS", &["EMAIL_ADDRESS"]),
    ("US_SSN", Kind::UsSsn, "US_SSN", &["US_SSN"]),
    ("IP_ADDRESS", Kind::IpAddress, "IP_ADDRESS", &["IP_ADDRESS"]),
    ("IBAN_CODE", Kind::Iban, "IBAN_CODE", &["IBAN_CODE"]),
    ("US_DRIVER_LICENSE", Kind::DrivingLicence, "US_DRIVER_LICENSE", &["US_DRIVER_LICENSE"]),
    ("PERSON", Kind::PersonName, "PERSON", &["PERSON"]),
    ("ADDRESS", Kind::PostalAddress, "LOCATION", &["ADDRESS", "LOCATION"]),
];

#[derive(Deserialize)]
struct Sample {
    full_text: String,
    spans: Vec<Label>,
}

#[derive(Deserialize)]
struct Label {
    entity_type: String,
    start_position: usize,
    end_position: usize,
}

/// Spans in bytes by the collection's name of the type.
type Found = Vec<(String, Range<usize>)>;

fn main() -> Result<()> {
    let detector = Detector::new(Settings::default())?;
    let samples = samples()?;
    let messages = messages();
    let speed = speed(&detector, &messages);

    let ours: Vec<Found> = samples.iter().map(|sample| ours(&detector, &sample.full_text)).collect();
    let mut lines = vec![json!({
        "configuration": "countersign",
        "mb_per_s": speed,
        "messages": MESSAGES,
        "message_bytes": MESSAGE_BYTES,
        "recognisers": Kind::ALL.len(),
        "types": table("countersign", &samples, &ours),
    })];
    if env::var_os("SHOW").is_some() {
        show(&samples, &ours);
    }
    match presidio(&samples, &messages) {
        Ok(Some((found, mb_per_s))) => lines.push(json!({
            "configuration": "presidio, blank model",
            "mb_per_s": mb_per_s,
            "types": table("presidio", &samples, &found),
        })),
        Ok(None) => println!("\nNo comparison: COUNTERSIGN_PRESIDIO names no Python with presidio-analyzer."),
        Err(error) => println!("\nNo comparison: {error:#}"),
    }
    println!();
    for line in lines {
        println!("{line}");
    }
    Ok(())
}

fn samples() -> Result<Vec<Sample>> {
    let folder = env::var("COUNTERSIGN_DATA").unwrap_or_else(|_| "../shared/data".to_owned());
    let path = Path::new(&folder).join("pii/presidio-generated-small.json");
    let text = fs::read_to_string(&path).with_context(|| {
        format!("{} cannot be read; set COUNTERSIGN_DATA to the folder that holds pii/", path.display())
    })?;
    let samples: Vec<Sample> = serde_json::from_str(&text).context("the collection has another form")?;
    ensure!(!samples.is_empty(), "the collection is empty");
    Ok(samples)
}

/// Bytes of characters, with the end of the text.
fn byte_offsets(text: &str) -> Vec<usize> {
    text.char_indices().map(|(at, _)| at).chain([text.len()]).collect()
}

fn ours(detector: &Detector, text: &str) -> Found {
    let name = |kind| TYPES.iter().find(|(_, ours, ..)| *ours == kind).map(|(name, ..)| (*name).to_owned());
    detector
        .detect(text)
        .into_iter()
        .filter_map(|finding| Some((name(finding.kind)?, finding.span)))
        .collect()
}

fn covered(span: &Range<usize>, by: &[&Range<usize>]) -> bool {
    let inside = span.clone().filter(|at| by.iter().any(|other| other.contains(at))).count();
    inside * 2 >= span.len()
}

fn labels(sample: &Sample) -> Found {
    let offsets = byte_offsets(&sample.full_text);
    let labels = sample
        .spans
        .iter()
        .map(|label| (label.entity_type.clone(), offsets[label.start_position]..offsets[label.end_position]));
    labels.collect()
}

/// Prints and returns recall and precision per type.
fn table(name: &str, samples: &[Sample], found: &[Found]) -> Value {
    println!("\n{name:<24} {:>8} {:>8} {:>8} {:>10}", "labelled", "recall", "found", "precision");
    let mut rows = BTreeMap::new();
    for (theirs, kind, _, rest) in TYPES {
        let (mut wanted, mut hit, mut all, mut right) = (0, 0, 0, 0);
        for (sample, found) in samples.iter().zip(found) {
            let labels = labels(sample);
            let findings: Vec<_> =
                found.iter().filter(|(name, _)| name == theirs).map(|(_, span)| span).collect();
            let own: Vec<_> = labels
                .iter()
                .filter(|(name, _)| rest.contains(&name.as_str()))
                .map(|(_, span)| span)
                .collect();
            for (_, span) in labels.iter().filter(|(name, _)| name == theirs) {
                wanted += 1;
                hit += usize::from(covered(span, &findings));
            }
            all += findings.len();
            right += findings.iter().filter(|span| covered(span, &own)).count();
        }
        let share = |part: usize, whole: usize| {
            (whole > 0).then(|| (part as f64 / whole as f64 * 1000.0).round() / 1000.0)
        };
        let text = |share: Option<f64>| share.map_or("-".to_owned(), |share| format!("{share:.3}"));
        let (recall, precision) = (share(hit, wanted), share(right, all));
        println!("{:<24} {wanted:>8} {:>8} {all:>8} {:>10}", kind.name(), text(recall), text(precision));
        rows.insert(
            kind.name(),
            json!({ "labelled": wanted, "recall": recall, "found": all, "precision": precision }),
        );
    }
    json!(rows)
}

/// What was missed and what was too much.
fn show(samples: &[Sample], found: &[Found]) {
    for (sample, found) in samples.iter().zip(found) {
        let labels = labels(sample);
        for (theirs, _, _, rest) in TYPES {
            let findings: Vec<_> =
                found.iter().filter(|(name, _)| name == theirs).map(|(_, span)| span).collect();
            let own: Vec<_> = labels
                .iter()
                .filter(|(name, _)| rest.contains(&name.as_str()))
                .map(|(_, span)| span)
                .collect();
            for (_, span) in labels.iter().filter(|(name, span)| name == theirs && !covered(span, &findings))
            {
                println!("missed {theirs} {:?} in {:?}", &sample.full_text[span.clone()], sample.full_text);
            }
            for span in findings.iter().filter(|span| !covered(span, &own)) {
                println!("wrong {theirs} {:?} in {:?}", &sample.full_text[(*span).clone()], sample.full_text);
            }
        }
    }
}

/// Time this thread spent on a core, where the system tells; else the time that passed.
fn spent(since: Instant) -> Duration {
    fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split_whitespace().next()?.parse().ok())
        .map_or_else(|| since.elapsed(), Duration::from_nanos)
}

/// The median of some rounds over all messages.
fn speed(detector: &Detector, messages: &[String]) -> f64 {
    let bytes: usize = messages.iter().map(String::len).sum();
    let began = Instant::now();
    let mut findings = 0;
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let before = spent(began);
            findings = messages.iter().map(|message| black_box(detector.detect(message)).len()).sum();
            bytes as f64 / 1e6 / (spent(began) - before).as_secs_f64()
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    println!("{MESSAGES} messages of {MESSAGE_BYTES} bytes, {findings} findings");
    println!(
        "MB/s of one core: median {:.1}, worst {:.1}, best {:.1}",
        rounds[ROUNDS / 2],
        rounds[0],
        rounds[ROUNDS - 1]
    );
    (rounds[ROUNDS / 2] * 10.0).round() / 10.0
}

/// A small generator of numbers: the messages must be the same everywhere (splitmix64).
struct Seed(u64);

impl Seed {
    fn next(&mut self, below: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % below as u64) as usize
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.next(from.len())]
    }

    /// `#` becomes a digit, `$F` a first name, `$L` a last name, `$W` a thing.
    fn fill(&mut self, template: &str) -> String {
        const FIRST: [&str; 8] = ["Emily", "Tomasz", "Priya", "José", "Sarah", "Daniel", "Aiko", "Fatima"];
        const LAST: [&str; 8] =
            ["Carter", "Kowalski", "Sharma", "Garcia", "Johnson", "Okafor", "Tanaka", "Müller"];
        const THING: [&str; 8] =
            ["lamp", "desk", "invoice", "charger", "account", "parcel", "filter", "keyboard"];
        let mut text = String::new();
        let mut chars = template.chars();
        while let Some(char) = chars.next() {
            match char {
                '#' => text.push(char::from(b'0' + self.next(10) as u8)),
                '$' => text.push_str(match chars.next() {
                    Some('F') => self.pick(&FIRST),
                    Some('L') => self.pick(&LAST),
                    _ => self.pick(&THING),
                }),
                other => text.push(other),
            }
        }
        text
    }
}

/// Support messages: mostly prose, with the numbers and the data that customers put into them. One
/// in four is not pure ASCII.
fn messages() -> Vec<String> {
    const PROSE: [&str; 16] = [
        "I ordered the $W two weeks ago and it still has not arrived at my door.",
        "The page says that the payment went through, but nobody has confirmed it since.",
        "Could you please check what happened and tell me when I can expect an answer?",
        "When I open the app on my phone, it closes again after a few seconds.",
        "We have already tried to restart the router and to clear the cache of the browser.",
        "The $W that was delivered is not the one in the picture, and the colour is wrong as well.",
        "My colleague told me that a refund usually takes five working days, but it has been longer.",
        "Please cancel the subscription at the end of this month and send me a confirmation.",
        "The error appears only on Monday mornings, which makes it hard to show it to anyone.",
        "Order ####-#### was placed on 2026-0#-1# for #### units of the large $W.",
        "The invoice lists $W twice, at ##.## euros each, although only one was in the box.",
        "Otherwise I am very happy with the service, and the team in Support has been kind.",
        "Is there a way to change the plan without losing the history of the last year?",
        "Tracking says the parcel ########## is in transit, and has said so for a week.",
        "Version #.##.# of the firmware did not change anything about the noise of the fan.",
        "I would rather have a replacement than my money back, if that is possible at all.",
    ];
    const DATA: [&str; 10] = [
        "You can reach me at $F.$L##@example.com or on +1 202-456-####.",
        "My name is $F $L and the account is in the name of my wife, $F $L.",
        "I live at ### Long Acre Road, Springfield, IL #####.",
        "The card ends in ####, it was issued by the bank in March.",
        "Please transfer it to DE89 3704 0044 0532 0130 00.",
        "The login came from 192.0.2.## at 1#:##.",
        "I paid with 4111 1111 1111 1111 in the shop.",
        "Call me under 0## #### ##### after six.",
        "My customer number is C-######, and the ticket is ######.",
        "Kind regards,\n$F $L\n",
    ];
    let mut seed = Seed(20_26);
    (0..MESSAGES)
        .map(|_| {
            let name = seed.fill("$F");
            let mut message = format!("Hello {name},\n\n");
            let mut lines = 0;
            while message.len() < MESSAGE_BYTES {
                let template = if lines % 6 == 5 { seed.pick(&DATA) } else { seed.pick(&PROSE) };
                message.push_str(&seed.fill(template));
                message.push(if seed.next(4) == 0 { '\n' } else { ' ' });
                lines += 1;
            }
            message.truncate(message.floor_char_boundary(MESSAGE_BYTES));
            message
        })
        .collect()
}

/// The samples through Presidio, and its speed on a part of the messages. `None` when there is none.
fn presidio(samples: &[Sample], messages: &[String]) -> Result<Option<(Vec<Found>, f64)>> {
    let Some(python) = env::var_os("COUNTERSIGN_PRESIDIO").filter(|python| Path::new(python).exists()) else {
        return Ok(None);
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/presidio_pii.py");
    let run = |texts: Vec<&str>| -> Result<Vec<Value>> {
        let mut child = Command::new(&python)
            .arg(&script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("Python could not be started")?;
        let mut input = child.stdin.take().context("Python takes no input")?;
        let mut lines = String::new();
        for text in &texts {
            lines.push_str(&format!("{}\n", json!(text)));
        }
        input.write_all(lines.as_bytes())?;
        drop(input);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            bail!("Presidio failed; run scripts/presidio_pii.py by hand to see why");
        }
        let text = String::from_utf8(output.stdout)?;
        text.lines().map(|line| serde_json::from_str(line).context("Presidio said something else")).collect()
    };
    let some: Vec<&str> = messages.iter().take(100).map(String::as_str).collect();
    let bytes: usize = some.iter().map(|text| text.len()).sum();
    let timed = run(some)?;
    let seconds = timed.last().and_then(|line| line["seconds"].as_f64()).context("Presidio gave no time")?;
    let lines = run(samples.iter().map(|sample| sample.full_text.as_str()).collect())?;
    ensure!(lines.len() == samples.len() + 1, "Presidio left texts out");
    let found = samples.iter().zip(&lines).map(|(sample, line)| {
        let offsets = byte_offsets(&sample.full_text);
        let spans = line.as_array().into_iter().flatten().filter_map(|one| {
            let name = one["type"].as_str()?;
            // The analyzer gives what it is not sure of too; its own default for acting on it is 0.35.
            let (ours, ..) = TYPES.iter().find(|(_, _, theirs, _)| *theirs == name)?;
            let at = |key: &str| offsets.get(usize::try_from(one[key].as_u64()?).ok()?).copied();
            (one["score"].as_f64()? >= 0.35).then(|| Some(((*ours).to_owned(), at("start")?..at("end")?)))?
        });
        spans.collect()
    });
    Ok(Some((found.collect(), (bytes as f64 / 1e6 / seconds * 1000.0).round() / 1000.0)))
}
