//! Each kind of data is found when it is right, hidden or not, and let alone when it is not.
//!
//! Numbers are those that issuers print in their documents as examples, or invented. Keys are put
//! together here, so that no scanner takes this file for a leak.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::LazyLock;

use guards::pii::{Detector, Kind, KindSet, Settings, Validator};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(Settings::default()).unwrap());

fn found(text: &str) -> Vec<(Kind, &str)> {
    DETECTOR.detect(text).into_iter().map(|finding| (finding.kind, &text[finding.span])).collect()
}

/// The text has this finding, whatever else it has.
#[track_caller]
fn has(text: &str, kind: Kind, value: &str) {
    let all = found(text);
    assert!(all.contains(&(kind, value)), "{value:?} is not found as {kind:?} in {text:?}, but {all:?}");
}

#[track_caller]
fn has_no(text: &str, kind: Kind) {
    let all = found(text);
    assert!(all.iter().all(|(other, _)| *other != kind), "{text:?} has no {kind:?}, but {all:?} was found");
}

#[test]
fn cards_are_found_by_brand_length_and_luhn() {
    for card in [
        "4111111111111111",
        "5555555555554444",
        "2223003122003222",
        "378282246310005",
        "6011111111111117",
        "30569309025904",
        "3530111333300000",
        "6759649826438453",
        "4111-1111-1111-1111",
        "4111 1111 1111 1111",
        "3782 822463 10005",
        "41111111\n11111111",
        "４１１１１１１１１１１１１１１１",
        "4111\u{200B}1111\u{200B}1111\u{200B}1111",
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111\u{2011}1111\u{2011}1111\u{2011}1111",
    ] {
        has(&format!("I paid with {card} yesterday"), Kind::PaymentCard, card);
    }
    has_no("1\t4\t123\n1949\t4\t123\n1982\n4111\n1111\n1111\n1111\n", Kind::PaymentCard);
    for wrong in ["4111111111111112", "9999999999999995", "411111111111111", "$4111111111111111"] {
        has_no(&format!("I paid with {wrong} yesterday"), Kind::PaymentCard);
    }
}

#[test]
fn ibans_are_found_by_country_form_and_check_digits() {
    for iban in [
        "DE89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
        "FR14 2004 1010 0505 0001 3M02 606",
        "gb82 west 1234 5698 7654 32",
        "NL91-ABNA-0417-1643-00",
        "DE89 3704 0044\n0532 0130 00",
        "ＤＥ８９ 3704 0044 0532 0130 00",
    ] {
        has(&format!("please pay to {iban} today"), Kind::Iban, iban);
    }
    has_no("please pay to DE89370400440532013001 today", Kind::Iban);
    has_no("please pay to ZZ89370400440532013000 today", Kind::Iban);
}

#[test]
fn a_number_is_an_ssn_by_its_form_and_by_the_words_beside_it() {
    has("it is 078-05-1120, thanks", Kind::UsSsn, "078-05-1120");
    has("my SSN is 078051120", Kind::UsSsn, "078051120");
    has("social security number: 078 05 1120", Kind::UsSsn, "078 05 1120");
    has("ssn 078\u{200B}-05\u{2011}1120", Kind::UsSsn, "078\u{200B}-05\u{2011}1120");
    for wrong in ["000-12-3456", "666-12-3456", "123-00-4567", "123-45-0000"] {
        has_no(&format!("my SSN is {wrong}"), Kind::UsSsn);
    }
    has_no("social sciences 1.5 2 3.3 3.4 3.5", Kind::UsSsn);
    has_no("order 078-05-1120 has not come", Kind::UsSsn);
    has_no("invoice number 078051120", Kind::UsSsn);
    has_no("the number 078051120", Kind::UsSsn);
    has("my ITIN is 900-70-0000", Kind::UsItin, "900-70-0000");
    has_no("my ITIN is 900-10-0000", Kind::UsItin);
}

#[test]
fn what_words_did_to_a_score_is_told() {
    let text = "my SSN is 078051120";
    let finding = DETECTOR.detect(text).into_iter().find(|finding| finding.kind == Kind::UsSsn).unwrap();
    assert_eq!(&text[finding.context[0].span.clone()], "SSN");
    assert!(finding.context[0].raised);
    assert_eq!(finding.validator, Validator::Structure);
    let card = |text: &str| DETECTOR.detect(text)[0].score;
    assert!(card("card 4111111111111111") > card("here 4111111111111111"));
    assert!(card("here 4111111111111111") > card("invoice 4111111111111111"));
}

#[test]
fn national_ids_are_found_by_their_check_digits() {
    for (kind, label, right, wrong) in [
        (Kind::UkNhs, "NHS number", "943 476 5919", "943 476 5918"),
        (Kind::DeTaxId, "Steuer-ID", "86 095 742 719", "86 095 742 718"),
        (Kind::DeTaxId, "Steuer-ID", "86095742719", "86095742710"),
        (Kind::FrNir, "NIR", "2 55 08 14 168 025 38", "2 55 08 14 168 025 39"),
        (Kind::FrNir, "numéro de sécurité sociale", "255081416802538", "255081416802537"),
        (Kind::EsDni, "DNI", "12345678Z", "12345678A"),
        (Kind::EsNie, "NIE", "X-1234567-L", "X-1234567-M"),
        (Kind::ItCodiceFiscale, "codice fiscale", "RSSMRA85T10A562S", "RSSMRA85T10A562T"),
        (Kind::InAadhaar, "Aadhaar", "2341 2341 2346", "2341 2341 2347"),
        (Kind::AuTfn, "TFN", "123 456 782", "123 456 783"),
        (Kind::AuMedicare, "Medicare", "2123 45670 1", "2123 45671 1"),
        (Kind::UkNino, "NI number", "AB 12 34 56 C", "QQ 12 34 56 C"),
        (Kind::InPan, "PAN", "ABCPE1234F", "ABCXE1234F"),
    ] {
        has(&format!("My {label} is {right}."), kind, right);
        has_no(&format!("My {label} is {wrong}."), kind);
    }
    has("codice fiscale ＲＳＳＭＲＡ85Т10А562Ѕ", Kind::ItCodiceFiscale, "ＲＳＳＭＲＡ85Т10А562Ѕ");
    has("Steuer-ID 860\u{2060}95742719", Kind::DeTaxId, "860\u{2060}95742719");
    has("aadhaar 2341-2341-2346", Kind::InAadhaar, "2341-2341-2346");
    has_no("ticket number 943 476 5919", Kind::UkNhs);
}

#[test]
fn documents_are_found_by_their_labels() {
    has("Passport number: C01X00T47", Kind::Passport, "C01X00T47");
    has("my passport is 123456789", Kind::Passport, "123456789");
    has_no("the hotel asked for my passport on 12 May", Kind::Passport);
    has("driver's license no. D1234567", Kind::DrivingLicence, "D1234567");
    has("licence MORGA657054SM9IJ", Kind::DrivingLicence, "MORGA657054SM9IJ");
    has("it says MORGA657054SM9IJ", Kind::DrivingLicence, "MORGA657054SM9IJ");
    has_no("it says MORGA699954SM9IJ", Kind::DrivingLicence);
    has("MRN: 00482913", Kind::MedicalRecordNumber, "00482913");
    has("medical record number AB-482913", Kind::MedicalRecordNumber, "AB-482913");
    has_no("my medical records are gone", Kind::MedicalRecordNumber);
}

#[test]
fn dates_of_birth_are_found_and_other_dates_are_not() {
    for date in [
        "1985-03-12",
        "12.03.1985",
        "03/12/85",
        "12 March 1985",
        "March 12, 1985",
        "12th of March 1985",
        "19850312",
        "１２.03.1985",
    ] {
        has(&format!("date of birth: {date}"), Kind::DateOfBirth, date);
    }
    has("ich bin geboren am 5. Mai 1990", Kind::DateOfBirth, "5. Mai 1990");
    has_no("the order was placed on 1985-03-12", Kind::DateOfBirth);
    has_no("date of birth: 1985-33-42", Kind::DateOfBirth);
    has_no("Birthday party\n\nDate: July 15th, 2024", Kind::DateOfBirth);
}

#[test]
fn phone_numbers_of_many_countries_are_found() {
    for phone in [
        "+1 202-456-1111",
        "+44 20 7946 0958",
        "+49 30 901820",
        "+33 1 42 68 53 00",
        "(202) 456-1111",
        "202-456-1111",
        "202.456.1111",
        "020 7946 0958",
        "0049 30 901820",
        "+49\u{200B}30901820",
        "+1 (202) 456-1111",
        "＋１ 202 456 1111",
        "202-456-1111 ext. 12",
        "+1-202\n456-1111",
    ] {
        has(&format!("please call {phone} tomorrow"), Kind::Phone, phone);
    }
    has("call me at 5551234567", Kind::Phone, "5551234567");
    has("fax 001-202-456-1111x382", Kind::Phone, "001-202-456-1111x382");
    for none in [
        "on 2017-03-29 at noon",
        "it cost 1234567",
        "order 1234567890 is late",
        "version 10.12.14.16",
        "years 2017-2018",
        "12,345,678 users",
        "call: 3.81 4.41 6.35",
    ] {
        has_no(none, Kind::Phone);
    }
}

#[test]
fn mail_addresses_are_found_as_they_are_and_spelt_out() {
    for mail in [
        "jane.doe@example.com",
        "jane.doe+tag@mail.example.co.uk",
        "ｊａｎｅ@example.com",
        "jane\u{200B}.doe@example.com",
        "jane (at) example (dot) com",
        "jane at example dot com",
        "jane @ example . com",
        "jane.doe@\nexample.com",
        "jаne@exаmple.com",
    ] {
        has(&format!("write to {mail} please"), Kind::Email, mail);
    }
    for none in ["meet @ noon", "@handle said", "a@b", "look at the dot on it", "jane@example"] {
        has_no(none, Kind::Email);
    }
}

#[test]
fn addresses_of_machines_and_places_are_found() {
    for ip in
        ["192.0.2.44", "2001:db8::1", "2001:db8:85a3:0:0:8a2e:370:7334", "192\u{200B}.0.2.44", "fe80::1"]
    {
        has(&format!("from {ip} today"), Kind::IpAddress, ip);
    }
    for none in ["version 1.2.3.4", "at 10:30:15 today", "192.0.2.256", "std::vec", "1.2.3.4.5"] {
        has_no(none, Kind::IpAddress);
    }
    for mac in ["00:00:5e:00:53:af", "00-00-5E-00-53-AF", "0000.5e00.53af"] {
        has(&format!("device {mac} is off"), Kind::MacAddress, mac);
    }
    has_no("00:00:5e:00:53:zz", Kind::MacAddress);
    for place in ["52.520008, 13.404954", "-33.868820, 151.209296", "40°26′46″N 79°58′56″W"] {
        has(&format!("I am at {place}"), Kind::GeoCoordinates, place);
    }
    has_no("between 1.50, 2.75 and", Kind::GeoCoordinates);
    has_no("at 95.520008, 13.404954", Kind::GeoCoordinates);
    has("see https://jane:hunter22@db.example.com/x", Kind::UrlCredentials, "jane:hunter22");
    has_no("see https://db.example.com/x:y@z", Kind::UrlCredentials);
}

#[test]
fn keys_and_tokens_are_found_by_their_beginnings_and_by_chance() {
    let body = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8";
    for (start, length) in
        [("ghp_", 36), ("sk_live_", 24), ("xoxb-", 24), ("glpat-", 20), ("AIza", 35), ("npm_", 36)]
    {
        let key = format!("{start}{}", &body[..length]);
        has(&format!("we use {key} there"), Kind::ApiKey, &key);
    }
    let aws = format!("AKIA{}", "IOSFODNN7EXAMPLE");
    has(&format!("key {aws}"), Kind::ApiKey, &aws);
    has(
        &format!("api_key={}", "9f8e7d6c5b4a39281706f5e4d3c2b1a0"),
        Kind::ApiKey,
        "9f8e7d6c5b4a39281706f5e4d3c2b1a0",
    );
    let random = "q7Zx9LmP2vKt8RbW4nYc6HdF3sJg5QaE";
    has(&format!("it is {random} now"), Kind::ApiKey, random);
    has_no("the sk-learn_and_other_python_packages", Kind::ApiKey);
    has_no("commit 9f8e7d6c5b4a39281706f5e4d3c2b1a0aabbccdd", Kind::ApiKey);
    has_no("AntidisestablishmentarianismAndMoreOfIt", Kind::ApiKey);
    has_no("https://click.example.com/q7Zx9LmP2vKt8RbW4nYc6HdF3sJg5QaE-2B", Kind::ApiKey);
    let jwt =
        ["eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "c2lnbmF0dXJlLWdvZXMtaGVyZQ"]
            .join(".");
    has(&format!("token {jwt}."), Kind::AccessToken, &jwt);
    has_no("eyJub3RhIjoidG9rZW4ifQ.x.y", Kind::AccessToken);
    has(&format!("Authorization: Bearer {body}"), Kind::AccessToken, body);
    let pem = format!(
        "-----{} PRIVATE KEY-----\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7AgEAAkEA\n-----END PRIVATE KEY-----",
        "BEGIN"
    );
    has(&format!("here: {pem} ok"), Kind::PrivateKey, &pem);
    has_no("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----", Kind::PrivateKey);
}

#[test]
fn passwords_are_found_in_prose() {
    has("my password is Tr0ub4dor&3, please reset", Kind::Password, "Tr0ub4dor&3");
    has("Password: correct-horse", Kind::Password, "correct-horse");
    has("the passwort lautet Geheim123!", Kind::Password, "Geheim123");
    has("pin: 4821", Kind::Password, "4821");
    has_no("my password is not working", Kind::Password);
    has_no("I forgot my password again", Kind::Password);
    has_no("password reset link", Kind::Password);
    has_no(
        "https://example.com/auth/password-reset/token=?fjah12 and password-reset-12bh12.com",
        Kind::Password,
    );
}

#[test]
fn crypto_addresses_are_found_by_their_checksums() {
    for (right, wrong) in [
        ("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
        ("bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
    ] {
        has(&format!("send it to {right}"), Kind::CryptoAddress, right);
        has_no(&format!("send it to {wrong}"), Kind::CryptoAddress);
    }
    has(
        "wallet 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
        Kind::CryptoAddress,
        "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed",
    );
}

#[test]
fn names_are_found_by_lists_titles_and_greetings() {
    for (text, name) in [
        ("I talked to Emily Carter about it", "Emily Carter"),
        ("My name is Wojtyla, hello", "Wojtyla"),
        ("please ask Mrs. Okonkwo for it", "Okonkwo"),
        ("Dear Priya,\nthanks", "Priya"),
        ("Kind regards,\nTomasz Zielinski", "Tomasz Zielinski"),
        ("name: Ludwig van Beethoven", "Ludwig van Beethoven"),
        ("signed by Mary O'Neil", "Mary O'Neil"),
        ("my name is jason", "jason"),
        ("I sent it to James", "James"),
        ("I met José García there", "José García"),
        ("I met Jose\u{301} Garci\u{301}a there", "Jose\u{301} Garci\u{301}a"),
        ("Ѕаrаh Johnson wrote", "Ѕаrаh Johnson"),
    ] {
        has(text, Kind::PersonName, name);
    }
    for none in [
        "Hi there, the Order was late",
        "Thank you for your help",
        "On Monday the Invoice came",
        "Is April too late?",
        "It fell on the Green in Paris",
        "I will mark it",
        "Please Cancel My Subscription",
        "We bank with Morgan Chase Bank",
        "we flew to San Diego",
        "a card under the name on it",
        "excuse me, sir bot, please",
    ] {
        has_no(none, Kind::PersonName);
    }
}

#[test]
fn a_part_of_a_uuid_is_nothing_by_itself() {
    // A given name twice, a card by its check digit, a phone number by its country.
    for uuid in [
        "e0b48479-0335-a1da-cade-1e82dc7ea8db",
        "fb04681b-2f57-ebba-0ec6-5b1ea1d631cb",
        "0190cade-beef-7abe-4329-898775804381",
        "0190cade-beef-7abe-8abe-004986938715",
    ] {
        let told = format!("run id={uuid} of delivery {uuid}: the mail has to wait");
        assert_eq!(found(&told), [], "{told}");
        let line = format!("2026-11-22T07:28:38Z WARN Engine: call me about {}", uuid.to_uppercase());
        assert_eq!(found(&line), [], "{line}");
    }
    // A whole one may be a secret, and what merely holds such groups is not one.
    let secret = "e0b48479-0335-a1da-cade-1e82dc7ea8db";
    has(&format!("password: {secret}"), Kind::Password, secret);
    has("card 4111-1111-1111-1111", Kind::PaymentCard, "4111-1111-1111-1111");
}

#[test]
fn postal_addresses_are_found_in_many_forms() {
    for (text, address) in [
        (
            "I live at 742 Evergreen Terrace, Springfield, IL 62704 now",
            "742 Evergreen Terrace, Springfield, IL 62704",
        ),
        ("write to Lindenstraße 5, 10969 Berlin please", "Lindenstraße 5, 10969 Berlin"),
        ("at 12 rue de la Paix, 75002 Paris today", "12 rue de la Paix, 75002 Paris"),
        ("it is PO Box 1234", "PO Box 1234"),
        ("our address:\n\n06 Monte Alegre 17\nSaarbach, JN 91851", "06 Monte Alegre 17\nSaarbach, JN 91851"),
        ("Calle Mayor 5 is the one", "Calle Mayor 5"),
        ("wir wohnen Am Markt 5, 10969 Berlin", "Am Markt 5, 10969 Berlin"),
        (
            "to 12 Long Acre Road, United States of America, please",
            "12 Long Acre Road, United States of America",
        ),
        ("the office in SW1A 1AA", "SW1A 1AA"),
        ("send to 12\u{200B} Main Street, Apt. 4", "12\u{200B} Main Street, Apt. 4"),
    ] {
        has(text, Kind::PostalAddress, address);
    }
    for none in [
        "2 items are on the way",
        "I waited 3 days in a row",
        "we met at the place",
        "10 people close to me",
        "he has 2 ways to drive",
        "at 10: 12 Items for Berlin",
        "from 9:00 to 10:00 AM. The event starts",
    ] {
        has_no(none, Kind::PostalAddress);
    }
}

#[test]
fn only_what_is_asked_for_is_looked_for() {
    let mails = Settings { kinds: KindSet::of(&[Kind::Email]), ..Settings::default() };
    let detector = Detector::new(mails).unwrap();
    let all = detector.detect("jane@example.com, 4111111111111111");
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].kind, Kind::Email);
}

#[test]
fn nothing_is_lost_at_the_edges_of_windows() {
    let filler = "and so it went on, ";
    for card in ["4111 1111 1111 1111", "４１１１１１１１１１１１１１１１"] {
        for shift in [0, 1, 7, 18] {
            let mut text = ".".repeat(shift);
            let mut places = Vec::new();
            while text.len() < 200_000 {
                text.push_str(&filler.repeat(if text.len() < 50_000 { 2900 } else { 60 }));
                places.push(text.len());
                text.push_str(card);
                text.push_str(", ");
            }
            let spans: Vec<usize> =
                DETECTOR.detect(&text).into_iter().map(|finding| finding.span.start).collect();
            assert_eq!(spans, places);
        }
    }
}

#[test]
fn a_spelt_out_domain_is_no_longer_than_a_domain_may_be() {
    let address =
        |labels: usize| format!("jane (at) {} (dot) com", vec!["a".repeat(60); labels].join(" (dot) "));
    has(&format!("write to {} today", address(3)), Kind::Email, &address(3));
    has_no(&format!("write to {} today", address(6)), Kind::Email);
}
