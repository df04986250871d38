//! Recognisers of the user's own: what they find, and what they may not be.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use guards::{
    Error,
    pii::{Custom, Detector, Kind, MAX_CUSTOM, MAX_PATTERN, MAX_WORDS, Matcher, Settings},
};

fn custom(name: &str, matcher: Matcher) -> Custom {
    Custom { name: name.into(), kind: name.into(), matcher, score: 0.6, near: Vec::new() }
}

fn pattern(text: &str) -> Custom {
    custom("own", Matcher::Pattern(text.into()))
}

fn detector(customs: Vec<Custom>) -> Result<Detector, Error> {
    Detector::new(Settings { custom: customs, ..Settings::default() })
}

#[test]
fn patterns_and_words_find_what_they_say() {
    let words = custom("project", Matcher::Words(vec!["Bluebird".into(), "Red Kite".into()]));
    let detector = detector(vec![pattern(r"\bEMP-\d{5}\b"), words]).unwrap();
    let text = "EMP-12345 works on bluebird and red kite, not on bluebirds";
    let found: Vec<_> = detector
        .detect(text)
        .into_iter()
        .map(|finding| (detector.name_of(finding.kind).to_owned(), &text[finding.span]))
        .collect();
    let own = |name: &str, value: &'static str| (name.to_owned(), value);
    assert_eq!(found, [own("own", "EMP-12345"), own("project", "bluebird"), own("project", "red kite")]);
}

#[test]
fn words_nearby_raise_a_score() {
    let weak = Custom { score: 0.3, near: vec!["badge".into()], ..pattern(r"\b\d{6}\b") };
    let detector = detector(vec![weak]).unwrap();
    assert!(detector.detect("it is 123456").is_empty());
    let found = detector.detect("my badge is 123456");
    assert_eq!(found[0].kind, Kind::Custom(0));
    assert!(found[0].context[0].raised);
}

#[test]
fn what_is_outside_the_limits_is_refused_with_a_reason() {
    assert!(matches!(detector(vec![pattern("(")]), Err(Error::Pattern { .. })));
    assert!(matches!(detector(vec![pattern(r"(\w{100}){100}")]), Err(Error::Pattern { .. })));
    assert!(matches!(
        detector(vec![pattern(&"a".repeat(MAX_PATTERN + 1))]),
        Err(Error::PatternTooLong { .. })
    ));
    assert!(matches!(
        detector(vec![custom("email", Matcher::Pattern("a".into()))]),
        Err(Error::Label { .. })
    ));
    assert!(matches!(detector(vec![pattern("a"), pattern("b")]), Err(Error::Name { .. })));
    assert!(matches!(detector(vec![custom("own", Matcher::Words(vec![]))]), Err(Error::Words { .. })));
    let many = vec!["word".to_owned(); MAX_WORDS + 1];
    assert!(matches!(detector(vec![custom("own", Matcher::Words(many))]), Err(Error::Words { .. })));
    let crowd =
        (0..=MAX_CUSTOM).map(|place| custom(&format!("own_{place}"), Matcher::Pattern("a".into()))).collect();
    assert!(matches!(detector(crowd), Err(Error::TooMany { .. })));
    assert!(matches!(detector(vec![Custom { score: f32::NAN, ..pattern("a") }]), Err(Error::Score { .. })));
}

#[test]
fn a_pattern_that_looks_everywhere_ends() {
    let detector = detector(vec![pattern(r".*[^A-Z]x|[A-Z]")]).unwrap();
    assert!(!detector.detect(&"A".repeat(20_000)).is_empty());
}

#[test]
fn a_match_at_the_edge_of_what_a_pattern_sees_is_whole() {
    let detector = detector(vec![pattern(r"EMP-\d+")]).unwrap();
    for shift in (2020..2060).chain(3550..3600) {
        let text = format!("{} EMP-1234567890 .", "-".repeat(shift));
        let found = detector.detect(&text);
        assert_eq!(found.len(), 1, "{shift}");
        assert_eq!(&text[found[0].span.clone()], "EMP-1234567890");
    }
}
