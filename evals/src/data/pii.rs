//! Personal data in texts: how much of what is labelled is found, and how much of what is found is labelled.
//!
//! The collection's types and ours are in [`TYPES`]. It labels the parts of an address one by one and its town as
//! LOCATION; so a finding of an address may rest on LOCATION too, which itself is not asked for, because a town
//! alone is no address. ORGANIZATION, TITLE, DATE_TIME and DOMAIN_NAME are not personal data here. A labelled span
//! is found when findings of its type cover half of it; a finding is right when labels of its type cover half of it.

use std::ops::Range;

use guards::pii::{Detector, Kind, Settings};
use serde::Deserialize;

use super::{Files, Item, Measured, named, share};

/// The collection's type, ours, and which labels a finding may rest on.
const TYPES: [(&str, Kind, &[&str]); 9] = [
    ("CREDIT_CARD", Kind::PaymentCard, &["CREDIT_CARD"]),
    ("PHONE_NUMBER", Kind::Phone, &["PHONE_NUMBER"]),
    ("EMAIL_ADDRESS", Kind::Email, &["EMAIL_ADDRESS"]),
    ("US_SSN", Kind::UsSsn, &["US_SSN"]),
    ("IP_ADDRESS", Kind::IpAddress, &["IP_ADDRESS"]),
    ("IBAN_CODE", Kind::Iban, &["IBAN_CODE"]),
    ("US_DRIVER_LICENSE", Kind::DrivingLicence, &["US_DRIVER_LICENSE"]),
    ("PERSON", Kind::PersonName, &["PERSON"]),
    ("ADDRESS", Kind::PostalAddress, &["ADDRESS", "LOCATION"]),
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

/// Counts of one type.
#[derive(Default)]
struct Counts {
    labelled: usize,
    hit: usize,
    found: usize,
    right: usize,
}

pub(super) fn measure(files: &Files<'_>) -> anyhow::Result<Measured> {
    let detector = Detector::new(Settings::default())?;
    let samples: Vec<Sample> = files.json("samples")?;
    let mut measured = Measured::default();
    let mut counts: Vec<Counts> = TYPES.iter().map(|_| Counts::default()).collect();
    for (at, sample) in samples.iter().enumerate() {
        let offsets: Vec<usize> =
            sample.full_text.char_indices().map(|(at, _)| at).chain([sample.full_text.len()]).collect();
        let place = |at: usize| offsets.get(at).copied().unwrap_or(sample.full_text.len());
        let labels: Vec<(&str, Range<usize>)> = sample
            .spans
            .iter()
            .map(|label| (label.entity_type.as_str(), place(label.start_position)..place(label.end_position)))
            .collect();
        let found = detector.detect(&sample.full_text);
        let mut wrong = Vec::new();
        for ((theirs, kind, rest), counts) in TYPES.iter().zip(&mut counts) {
            let findings: Vec<&Range<usize>> =
                found.iter().filter(|finding| finding.kind == *kind).map(|finding| &finding.span).collect();
            let own: Vec<&Range<usize>> =
                labels.iter().filter(|(name, _)| rest.contains(name)).map(|(_, span)| span).collect();
            for (_, span) in labels.iter().filter(|(name, _)| name == theirs) {
                counts.labelled += 1;
                if covered(span, &findings) {
                    counts.hit += 1;
                } else {
                    wrong.push(format!("missed {theirs} “{}”", &sample.full_text[span.clone()]));
                }
            }
            for span in findings {
                counts.found += 1;
                if covered(span, &own) {
                    counts.right += 1;
                } else {
                    wrong.push(format!("took “{}” for {theirs}", &sample.full_text[span.clone()]));
                }
            }
        }
        let finding = (!wrong.is_empty()).then(|| wrong.join("; "));
        measured.items.push(Item::of(named("text", at, &sample.full_text), "texts", finding));
    }
    let mut all = Counts::default();
    for ((_, kind, _), one) in TYPES.iter().zip(&counts) {
        if one.labelled > 0 {
            measured.measures.insert(format!("recall_{}", kind.name()), share(one.hit, one.labelled));
        }
        all.labelled += one.labelled;
        all.hit += one.hit;
        all.found += one.found;
        all.right += one.right;
    }
    let (recall, precision) = (share(all.hit, all.labelled), share(all.right, all.found));
    measured.measures.insert("recall".to_owned(), recall);
    measured.measures.insert("precision".to_owned(), precision);
    // What is missed weighs twice (F-measure with beta 2, van Rijsbergen 1979).
    let f2 = 5.0 * precision * recall / (4.0 * precision + recall).max(f64::MIN_POSITIVE);
    measured.measures.insert("f2".to_owned(), f2);
    Ok(measured)
}

fn covered(span: &Range<usize>, by: &[&Range<usize>]) -> bool {
    let inside = span.clone().filter(|at| by.iter().any(|other| other.contains(at))).count();
    inside * 2 >= span.len()
}
