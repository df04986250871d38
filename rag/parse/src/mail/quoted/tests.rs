//! What is new in mails as people's programs write them.

use proptest::prelude::*;

use super::*;

fn new(text: &str) -> String {
    split(text).new
}

#[test]
fn what_is_above_a_quoted_mail_is_new() {
    let headers = [
        "On Tue, Sep 25, 2012 at 8:59 AM, Chris Wanstrath\n<notifications@github.com>wrote:",
        "On 9 Jan 2014, at 2:47, George Plymale wrote:",
        "Am 13.12.2017 um 21:11 schrieb Ada Byron <ada@example.com>:",
        "Am Mo., 3. Feb. 2025 um 09:12 Uhr schrieb Nordfell Support <\nsupport@nordfell.example>:",
        "Le lun. 15 nov. 2021 à 19:42, John - Acme <john@acme.example>\na écrit :",
        "Il giorno gio 8 dic 2016 alle ore 10:00 Ada <ada@example.com> ha scritto:",
        "El mar, 4 mar 2025 a las 10:15, Ada (<ada@example.com>) escribió:",
        "Em 10 de julho de 2017 às 16:32:35, Ada (ada@example.com) escreveu:",
        "Op 12 december 2016 19:05 schreef Ada <\nada@example.com>:",
        "W dniu 2017-01-09 11:59:39 użytkownik Ada <ada@example.com> napisał:",
        "Den tis 4 mars 2025 kl 10:15 skrev Ada <ada@example.com>:",
        "tir. 18. apr. 2017 kl. 13:09 skrev Test user <test@example.com\n>:",
        "pe 20. lokakuuta 2017 klo 17.50 Ada\n<ada@example.com> kirjoitti:",
        "ср, 30 апр. 2025 г. в 15:19, Ada <ada@example.com>:",
        "2017-11-24 16:32 GMT+01:00 Ada <ada@example.com>:",
        "---- On Wed, 24 Feb 2021 14:02:50 +0530 ada@example.com wrote ----",
        "2025年3月4日(火) 10:15 Ada <ada@example.com>:",
        "On Nov 26, 2013 you wrote:",
        "On Nov 21, 2014,\nat 10:18,\nAda <ada@example.com> wrote:",
        "At 10:18 AM 1/2/2003, Ada wrote:",
    ];
    for header in headers {
        for quote in ["> It was sent.\n> \n> Ada", "It was sent.\n\nAda"] {
            let text = format!("It never came.\n\nWhere is it?\n\n{header}\n\n{quote}\n");
            assert_eq!(new(&text), "It never came.\n\nWhere is it?", "{header}");
            assert!(split(&text).stripped);
        }
    }
}

#[test]
fn what_is_above_a_quoted_header_is_new() {
    let headers = [
        "From: Ada <ada@example.com>\nSent: Monday, August 26, 2019 4:37 PM\nTo: Bo\nSubject: Boots",
        "________________________________\nVon: Ada <ada@example.com>\nGesendet: Donnerstag, 23. März 2023 17:11\nAn: Bo <bo@example.com>\nBetreff: AW: Stiefel",
        "*From:* Ada [mailto:ada@example.com]\n*Sent:* Thursday, February 09, 2012 1:36 PM\n*To:* bo@example.com\n*Subject:* Boots",
        "De : Ada <ada@example.com>\nEnvoyé le :jeudi 15 décembre 2016 09:35\nÀ : bo@example.com\nObjet :Bottes",
        "-----Original Message-----\nFrom: ada@example.com",
        "-----Ursprüngliche Nachricht-----\nVon: Ada",
        "-------- Message d'origine --------\nDe : Ada",
        "-------- Oprindelig besked --------\nFra: Ada",
        "From: Human Resources \n<a-really-long-address@example.com> \nSent: Monday, August 26, 2019 4:37 PM\nTo: Bo\nSubject: Hi",
    ];
    for header in headers {
        let text = format!(
            "It never came.\r\n\r\n{}\r\n\r\nDear Bo,\r\nit was sent.\r\n",
            header.replace('\n', "\r\n")
        );
        assert_eq!(new(&text), "It never came.", "{header}");
    }
}

#[test]
fn signatures_are_not_new() {
    assert_eq!(new("Thanks!\n\n-- \nAda Byron\nAnalyst\n\n+44 1"), "Thanks!");
    assert_eq!(new("Thanks!\n--\nAda"), "Thanks!");
    assert_eq!(new("🎉\n\n—\nAda Byron\n@ada"), "🎉");
    for device in [
        "Sent from my iPhone",
        "Sent from my Verizon Wireless BlackBerry",
        "Get Outlook for iOS<https://aka.ms/o0ukef>",
        "Gesendet von Outlook für Android<https://aka.ms/x>",
        "Von meinem iPhone gesendet",
        "Envoyé de mon iPhone",
        "Enviado desde mi iPhone",
        "Inviato da iPhone",
        "Verstuurd vanaf mijn iPhone",
        "Sendt fra min iPhone",
    ] {
        assert_eq!(new(&format!("It broke.\n\n{device}\n")), "It broke.", "{device}");
        let quoting = format!(
            "It broke.\n\n{device}\n\nOn Dec 16, 2011, at 12:47 PM, Ada <a@b.example> wrote:\n\n> Hm?\n"
        );
        assert_eq!(new(&quoting), "It broke.", "{device}");
    }
}

#[test]
fn what_only_looks_like_quotes_and_signatures_stays() {
    for text in [
        "On the surface, this looks like a quote header.\nOn average, it is not.\n\nOn a separate note: it works.",
        "From: our database, not From: others.\nTo: nobody in particular.",
        "From: Berlin\nTo: Hamburg\nDate: 12.5.",
        "Sent from my desk, is much easier than my phone.",
        "Sent via DHL yesterday",
        "Get a refund",
        "The order:\n-- first point\n-- second point\n\nThanks!",
        "Results:\n----\n\n1. Faster\n\n====\n\nDone.",
        "2024-01-15 14:30:25\n15.01.2024 14:30\nJan 15, 2024 at 14:30\n\nAre these free?",
        "Hier meine Daten vom 12.12.2016:\nKundennummer 4711",
        "On 12 May at 14:30 I wrote:\n\nwhere is my order?\n\nNobody answered.",
        "I am with regards to the payment at a loss.\n\nRegards,\nAda",
        "Please see https://example.com/on-date-someone-wrote:about",
    ] {
        assert_eq!(new(text), text);
        assert!(!split(text).stripped, "{text}");
    }
}

#[test]
fn text_below_a_quote_is_new() {
    let text =
        "On Tue, 2011-03-01 at 18:02 +0530, Ada wrote:\n> How?\n>\n> Ada\n\nLike this.\n\n> --\n> list\n";
    assert_eq!(new(text), "Like this.");
}

#[test]
fn answers_given_one_by_one_keep_what_they_answer() {
    let text = "On Dec 15, 2024, at 2:00 PM, Ada <ada@example.com> wrote:\n> Red or blue?\n\nRed.\n\n> Which size?\n\n42.\n";
    assert_eq!(new(text), "> Red or blue?\n\nRed.\n\n> Which size?\n\n42.");
}

#[test]
fn prose_right_above_a_quote_header_stays() {
    let text = "On 3 May I ordered boots.\nOn Dec 15, 2024, at 3:00 PM, John Smith <john@example.com> wrote:\n> quote\n";
    assert_eq!(new(text), "On 3 May I ordered boots.");
}

#[test]
fn a_forward_is_told_apart() {
    let text = "See below.\n\n---------- Forwarded message ---------\nFrom: Ada <ada@example.com>\nSubject: Boots\n\nHello";
    let split = split(text);
    assert_eq!((split.new.as_str(), split.forwards), ("See below.", true));
}

#[test]
fn nothing_is_lost_when_nothing_is_new() {
    for text in ["> only\n> quotes", "-- \nAda", "Sent from my iPhone", "On Nov 26, 2013 you wrote:\n\nHello"]
    {
        assert_eq!(new(text), text.replace("-- ", "--"));
    }
    assert_eq!(new(" \n\n"), "");
}

proptest! {
    #[test]
    fn any_text_is_split_and_kept_unless_blank(text in "(?s).{0,300}") {
        let split = split(&text);
        prop_assert_eq!(split.new.is_empty(), text.trim().is_empty() || split.new.is_empty() && text.lines().all(|l| l.trim_end_matches(['\r', '\u{feff}']).trim().is_empty()));
    }

    #[test]
    fn any_mail_like_soup_is_split(parts in prop::collection::vec(
        prop_oneof![
            Just("> quoted\n"), Just("\n"), Just("text\n"), Just("-- \n"), Just("--\n"), Just("__\n"),
            Just("On Nov 26, 2013 you wrote:\n"), Just("wrote:\n"), Just("From: a@b.example\n"), Just("Date: today\n"),
            Just("Subject: x\n"), Just("Sent from my iPhone\n"), Just("-----Original Message-----\n"), Just(":"),
        ], 0..30)) {
        let text = parts.concat();
        let once = new(&text);
        prop_assert_eq!(once.is_empty(), text.trim().is_empty());
        // Every line that is new was said.
        for line in once.lines() {
            prop_assert!(text.contains(line));
        }
    }
}
