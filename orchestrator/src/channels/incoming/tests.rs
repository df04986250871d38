//! Mails as they arrive.

use proptest::prelude::*;

use super::*;
use crate::config::Config;

fn config() -> EmailConfig {
    Config::with(
        "[email]\naddress = \"help@nordfell.example\"\nmax_attachments = 2\nmax_attachment_bytes = 100",
    )
    .unwrap()
    .email
}

fn mail(raw: &str) -> Mail {
    read(raw.replace('\n', "\r\n").as_bytes(), &config()).unwrap()
}

fn plain(headers: &str) -> Mail {
    mail(&format!(
        "From: Ada Byron <Ada@Example.com>\nTo: help@nordfell.example\n{headers}\nSubject: Boots\n\nWhere are they?\n"
    ))
}

#[test]
fn a_plain_mail_is_read() {
    let mail = plain("Message-ID: <one@mail.example>\nIn-Reply-To: <b@x>\nReferences: <a@x>\n <b@x>");
    assert_eq!(mail.message_id, "one@mail.example");
    assert_eq!((mail.from.as_str(), mail.from_name.as_str()), ("ada@example.com", "Ada Byron"));
    assert_eq!(mail.to, "help@nordfell.example");
    assert_eq!(
        (mail.answers.as_slice(), mail.references.as_slice()),
        (&["b@x".to_owned(), "a@x".to_owned()][..], &["a@x".to_owned(), "b@x".to_owned()][..])
    );
    assert_eq!((mail.subject.as_str(), mail.text.trim()), ("Boots", "Where are they?"));
    assert_eq!((mail.files, mail.automatic), (vec![], None));
}

#[test]
fn a_mail_without_an_id_gets_the_same_one_each_time() {
    let (once, again) = (plain("X: 1"), plain("X: 1"));
    assert!(once.message_id.ends_with(MADE_UP));
    assert_eq!(once.message_id, again.message_id);
    assert_ne!(once.message_id, plain("X: 2").message_id);
}

#[test]
fn letters_and_encodings_of_all_kinds_are_read() {
    let mail = mail(
        "From: =?UTF-8?Q?J=C3=B6rg_M=C3=BCller?= <joerg@example.de>\nSubject: =?utf-8?B?U3RpZWZlbCDwn6W+?=\n\
         Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\nGr=FC=DFe aus K=F6ln\n",
    );
    assert_eq!((mail.from_name.as_str(), mail.subject.as_str()), ("Jörg Müller", "Stiefel 🥾"));
    assert_eq!(mail.text.trim(), "Grüße aus Köln");
}

#[test]
fn html_alone_becomes_text_and_beside_text_is_left_out() {
    let html = mail(
        "From: a@x.example\nContent-Type: text/html\n\n<div>No boots</div><blockquote>Sent</blockquote>\n",
    );
    assert_eq!(html.text, "No boots\n> Sent");
    let both = mail(
        "From: a@x.example\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n\
         --b\nContent-Type: text/html\n\n<p>html</p>\n--b--\n",
    );
    assert_eq!((both.text.trim(), both.files.len()), ("plain", 0));
}

#[test]
fn attachments_are_named_safely_and_kept_within_limits() {
    let part = |name: &str, body: &str| {
        format!(
            "--b\nContent-Type: application/pdf\nContent-Disposition: attachment; filename=\"{name}\"\n\n{body}\n"
        )
    };
    let mail = mail(&format!(
        "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nhello\n{}{}{}{}--b--\n",
        part("../../etc/.pass\u{202e}wd", "one"),
        part("big.pdf", &"x".repeat(200)),
        part("", "two"),
        part("third.pdf", "three"),
    ));
    let names: Vec<&str> = mail.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["passwd", "attachment-3"]);
    assert_eq!(
        (mail.files[0].content.as_slice(), mail.files[0].content_type.as_str()),
        (&b"one"[..], "application/pdf")
    );
    assert_eq!(mail.left_out.len(), 2);
    assert!(
        mail.left_out[0].starts_with("big.pdf") && mail.left_out[1].starts_with("third.pdf"),
        "{:?}",
        mail.left_out
    );
}

#[test]
fn a_mail_inside_a_mail_is_an_attachment() {
    let mail = mail(
        "From: a@x.example\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nsee this\n--b\nContent-Type: message/rfc822\n\n\
         From: b@y.example\nSubject: inner\n\nhi\n--b--\n",
    );
    assert_eq!(mail.text.trim(), "see this");
    assert_eq!(
        (mail.files[0].name.as_str(), mail.files[0].content_type.as_str()),
        ("attachment-1.eml", "message/rfc822")
    );
    assert!(mail.files[0].content.starts_with(b"From: b@y.example"));
}

#[test]
fn machines_are_told_apart_from_people() {
    for headers in [
        "Auto-Submitted: auto-replied",
        "Auto-Submitted: auto-generated; type=x",
        "Precedence: bulk",
        "Precedence: junk",
        "Precedence: list",
        "X-Autoreply: yes",
        "X-Autorespond: Out of office",
        "Return-Path: <>",
    ] {
        assert!(plain(headers).automatic.is_some(), "{headers}");
    }
    for headers in [
        "Auto-Submitted: no",
        "Precedence: first-class",
        "Return-Path: <ada@example.com>",
        "X-Auto-Response-Suppress: All",
    ] {
        assert_eq!(plain(headers).automatic, None, "{headers}");
    }
    for from in ["MAILER-DAEMON@mx.example", "postmaster@mx.example", "Help@Nordfell.example"] {
        assert!(mail(&format!("From: {from}\nSubject: x\n\nhi\n")).automatic.is_some(), "{from}");
    }
    let bounce = "From: mx@x.example\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nno such user\n--b--\n";
    assert!(mail(bounce).automatic.is_some());
}

#[test]
fn what_cannot_be_answered_is_refused_with_a_reason() {
    for raw in ["", "\n\n", "hello", "Subject: x\n\nhi", "From: nobody\n\nhi", "From: a b@c d\n\nhi"] {
        let error = read(raw.as_bytes(), &config()).unwrap_err();
        assert!(error.is_permanent(), "{raw:?}: {error}");
    }
    let config = EmailConfig { max_message_bytes: 10, ..config() };
    assert!(matches!(
        read(b"From: a@x.example\n\nhi", &config),
        Err(MailError::TooLarge { bytes: 21, limit: 10 })
    ));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(raw in prop::collection::vec(any::<u8>(), 0..600)) {
        read(&raw, &config()).ok();
    }

    #[test]
    fn any_soup_of_mail_is_read_or_refused(parts in prop::collection::vec(prop_oneof![
        Just("From: a@x.example\n"), Just("Content-Type: multipart/mixed; boundary=b\n"), Just("Content-Type: text/html\n"),
        Just("Content-Type: message/rfc822\n"), Just("Content-Transfer-Encoding: base64\n"), Just("\n"), Just("--b\n"), Just("--b--\n"),
        Just("Subject: =?utf-8?B?U3Rp"), Just("?=\n"), Just("References: <a@b> <\n"), Just("Date: x\n"), Just("<p>&amp"), Just("aGVsbG8=\n"),
        Just("Content-Disposition: attachment; filename*0*=utf-8''%e2%82; filename*1=x\n"), Just("\r"), Just("ü"),
    ], 0..40)) {
        read(parts.concat().as_bytes(), &config()).ok();
    }
}
