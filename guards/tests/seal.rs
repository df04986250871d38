//! What is sealed opens only with its key, where it belongs, and as it was.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use guards::seal::{Error, Keys, MAX_KEYS};
use proptest::prelude::*;

const OLD: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const NEW: &str = "ffeeddccbbaa99887766554433221100ffeeddccbbaa99887766554433221100";

fn keys(text: &str) -> Keys {
    Keys::parse(text).unwrap()
}

#[test]
fn what_was_sealed_before_a_new_key_came_opens_and_wants_to_be_sealed_anew() {
    let before = keys(OLD);
    let sealed = before.seal(b"acme/run-1", [7; 12], b"secret").unwrap();
    assert!(before.is_current(&sealed));
    let after = keys(&format!("# since March\n2026-03: {NEW}\n\ndefault:{OLD}\n"));
    assert_eq!(after.ids().collect::<Vec<_>>(), ["2026-03", "default"]);
    assert_eq!(after.open(b"acme/run-1", &sealed).unwrap(), b"secret");
    assert!(!after.is_current(&sealed));
    let anew = after.seal(b"acme/run-1", [8; 12], b"secret").unwrap();
    assert!(after.is_current(&anew));
    let missing = before.open(b"acme/run-1", &anew).unwrap_err();
    assert_eq!(missing, Error::MissingKey { id: "2026-03".into() });
    assert!(missing.to_string().contains("`2026-03`"));
}

#[test]
fn another_key_of_the_same_name_opens_nothing() {
    let sealed = keys(OLD).seal(b"", [0; 12], b"secret").unwrap();
    assert_eq!(keys(NEW).open(b"", &sealed), Err(Error::Refused { id: "default".into() }));
}

#[test]
fn keys_that_cannot_be_used_are_refused_by_their_line_and_not_shown() {
    let named = |text: String| Keys::parse(&text).unwrap_err();
    let many: String = (1..=MAX_KEYS + 1).map(|place| format!("k{place}:{place:064x}\n")).collect();
    assert_eq!(named(String::new()), Error::NoKey);
    assert_eq!(named("# nothing\n".into()), Error::NoKey);
    for (line, text) in [
        (1, "00112233".to_owned()),
        (1, format!("{OLD}00")),
        (1, format!("{}zz", &OLD[2..])),
        (2, format!("a:{OLD}\nb:{OLD}")),
        (2, format!("a:{OLD}\na:{NEW}")),
        (3, format!("a:{OLD}\n\nA b:{NEW}")),
        (1, format!(":{OLD}")),
        (1, format!("{}:{OLD}", "a".repeat(33))),
        (1, "00".repeat(32)),
        (2, format!("{OLD}\n{NEW}")),
        (1, "é".repeat(32)),
    ] {
        let error = named(text.clone());
        assert!(matches!(error, Error::Line { line: at, .. } if at == line), "{text}: {error}");
        let told = format!("{error} {error:?}");
        assert!(!told.contains(&OLD[..8]) && !told.contains(&NEW[..8]), "{told}");
    }
    assert_eq!(named(many), Error::TooMany { most: MAX_KEYS });
}

#[test]
fn keys_are_not_shown() {
    let shown = format!("{:?}", keys(&format!("new:{NEW}\nold:{OLD}")));
    assert_eq!(shown, r#"["new", "old"]"#);
}

#[test]
fn what_is_not_sealed_is_told_from_what_was_changed() {
    let keys = keys(OLD);
    let sealed = keys.seal(b"row", [1; 12], b"").unwrap();
    assert_eq!(keys.open(b"row", &sealed).unwrap(), b"");
    for wrong in [&b""[..], b"plain text", &[2], &sealed[..sealed.len() - 1], &[1, 255, b'a'], &[1, 0]] {
        assert_eq!(keys.open(b"row", wrong), Err(Error::Form), "{wrong:?}");
        assert!(!keys.is_current(wrong));
    }
    assert_eq!(keys.open_text(b"row", "not base64!"), Err(Error::Form));
    assert!(!keys.is_current_text("not base64!"));
}

#[test]
fn what_it_belongs_to_cannot_borrow_from_the_name_of_its_key() {
    let one = keys(&format!("a:{OLD}"));
    let other = keys(&format!("ab:{OLD}"));
    let mut sealed = one.seal(b"bc", [1; 12], b"secret").unwrap();
    // The same key under the name `ab`, with the rest moved into what it belongs to.
    sealed.splice(1..3, [2, b'a', b'b']);
    assert!(matches!(other.open(b"c", &sealed), Err(Error::Refused { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn opening_gives_back_what_was_sealed(
        plain in prop::collection::vec(any::<u8>(), 0..300),
        belongs_to in prop::collection::vec(any::<u8>(), 0..40),
        nonce in any::<[u8; 12]>(),
    ) {
        let keys = keys(OLD);
        let sealed = keys.seal(&belongs_to, nonce, &plain).unwrap();
        prop_assert_eq!(keys.open(&belongs_to, &sealed).unwrap(), &plain[..]);
        let text = keys.seal_text(&belongs_to, nonce, &plain).unwrap();
        prop_assert!(keys.is_current_text(&text));
        prop_assert_eq!(keys.open_text(&belongs_to, &text).unwrap(), &plain[..]);
    }

    #[test]
    fn nothing_that_was_changed_or_moved_opens(
        plain in prop::collection::vec(any::<u8>(), 0..60),
        place in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let keys = keys(OLD);
        let sealed = keys.seal(b"acme/run-1", [3; 12], &plain).unwrap();
        prop_assert!(keys.open(b"acme/run-2", &sealed).is_err());
        let mut changed = sealed.clone();
        changed[place.index(sealed.len())] ^= 1 << bit;
        prop_assert!(keys.open(b"acme/run-1", &changed).is_err());
    }

    #[test]
    fn no_bytes_make_it_stumble(bytes in prop::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,120}") {
        let keys = keys(OLD);
        prop_assert!(keys.open(b"", &bytes).is_err());
        prop_assert!(keys.open_text(b"", &text).is_err());
        if let Err(error) = Keys::parse(&text) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
