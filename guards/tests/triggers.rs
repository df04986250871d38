//! What calls for a person is found, in seven languages, and what only sounds like it is not.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "tests, and one measures time")]

use std::{sync::LazyLock, time::Instant};

use guards::triggers::{ANGRY, Kind, MAX_FINDINGS, Report, Triggers};
use proptest::prelude::*;

static TRIGGERS: LazyLock<Triggers> = LazyLock::new(|| Triggers::new().unwrap());

fn look(text: &str) -> Report {
    TRIGGERS.look(text)
}

/// The kinds that count, anger from its line on.
fn kinds(text: &str) -> Vec<Kind> {
    let report = look(text);
    let counts =
        |kind: &Kind| report.best(*kind).is_some() && (*kind != Kind::Anger || report.anger >= ANGRY);
    Kind::ALL.into_iter().filter(counts).collect()
}

fn missed(kind: Kind, texts: &[&str]) -> Vec<String> {
    texts
        .iter()
        .filter(|text| !kinds(text).contains(&kind))
        .map(|text| format!("{text} ({:.2})", look(text).anger))
        .collect()
}

fn finds(kind: Kind, texts: &[&str]) {
    let missed = missed(kind, texts);
    assert!(missed.is_empty(), "{kind:?} misses {missed:#?}");
}

fn leaves(kind: Kind, texts: &[&str]) {
    let flagged: Vec<String> = texts
        .iter()
        .filter(|text| kinds(text).contains(&kind))
        .map(|text| format!("{text}: {:?} {:.2}", look(text).best(kind), look(text).anger))
        .collect();
    assert!(flagged.is_empty(), "{kind:?} is seen in {flagged:#?}");
}

#[test]
fn anger_is_heard() {
    finds(
        Kind::Anger,
        &[
            "This is unacceptable!!! Worst service ever.",
            "I am absolutely furious about this.",
            "Fuck you and your company",
            "You are a bunch of thieves",
            "what the fuck is wrong with you, this is ridiculous",
            "I'm sick and tired of waiting for my parcel",
            "WHERE IS MY ORDER YOU ARE USELESS!!! THIS IS PATHETIC",
            "This is bullshit. I have had enough.",
            "I am very angry. Three weeks and nothing!",
            "Das ist eine Frechheit, absolut inakzeptabel!!",
            "Ich bin stinksauer.",
            "Ihr seid alle Betrüger",
            "C'est un scandale, vous êtes des voleurs",
            "Je suis vraiment en colère",
            "Esto es una vergüenza, son unos ladrones",
            "Estoy muy enojado con ustedes",
            "Siete dei truffatori, che schifo",
            "Sono davvero arrabbiato",
            "Que vergonha, vocês são uns ladrões",
            "Estou muito irritada com isso",
            "Dit is schandalig, stelletje oplichters",
            "Ik ben echt woedend",
        ],
    );
}

#[test]
fn a_complaint_is_no_fit_of_anger() {
    leaves(
        Kind::Anger,
        &[
            "I'm really disappointed, the tent leaked on the first night.",
            "This delay is unacceptable. Where is my order?",
            "WHERE IS MY ORDER NF-10482",
            "HELLO!!! ARE YOU THERE???",
            "I'm not angry, just asking",
            "I am not really angry about it, but please check.",
            "Nobody is angry here.",
            "The zipper is useless after two weeks, I'd like a refund.",
            "The error page says \"fuck you\" in red, is that yours?",
            "My daughter said the worst case is a replacement",
            "Ich bin nicht wütend, nur verwundert",
            "Je ne suis pas en colère",
            "No estoy enojado, solo quiero saber",
            "Ik ben niet boos",
            "> you are all idiots\nI did not write that.",
            "The sour candy is sauer",
        ],
    );
}

#[test]
fn threats_of_violence_are_heard() {
    finds(
        Kind::Threat,
        &[
            "I'll kill you",
            "I swear I will come to your office and hurt someone",
            "I know where you live",
            "I'm going to burn your warehouse down",
            "you will regret this",
            "watch your back",
            "There is a bomb in your building",
            "We will find you",
            "Ich weiß, wo du wohnst",
            "Ich bringe dich um",
            "Ihr werdet das noch bereuen",
            "Je vais vous tuer",
            "Je sais où vous habitez",
            "Vous allez le regretter",
            "Te voy a matar",
            "Sé dónde vives",
            "Ti ammazzo",
            "So dove abiti",
            "Vou te matar",
            "Eu sei onde você mora",
            "Ik maak je af",
            "Ik weet waar je woont",
            "Jullie gaan hier spijt van krijgen",
        ],
    );
}

#[test]
fn talk_of_things_is_no_threat() {
    leaves(
        Kind::Threat,
        &[
            "How do I kill the app?",
            "The strap hurts my shoulder",
            "I don't want to hurt anyone's feelings but the manual is bad",
            "My phone is dead, please call back",
            "I regret this purchase",
            "How do I find you in Innsbruck?",
            "The bath bomb leaked in my bag",
            "Can you tell me where you live stream the event?",
            "Will it burn in the fire?",
            "I would never hurt you",
            "Ich bringe den Rucksack zurück",
            "Je vais vous envoyer une photo",
            "Ik maak een foto",
        ],
    );
}

#[test]
fn threats_to_leave_are_heard_and_questions_about_it_are_not() {
    finds(
        Kind::Leaving,
        &[
            "Refund me or I will file a chargeback",
            "I'll dispute the charge with my bank",
            "I'm switching to a competitor",
            "I will take my business elsewhere",
            "You just lost a customer",
            "Dann gehe ich zur Konkurrenz",
            "Sonst lasse ich das Geld zurückbuchen",
            "Je vais passer à la concurrence",
            "Me voy a la competencia",
            "Passo alla concorrenza",
            "Vou para a concorrência",
            "Dan stap ik over naar een concurrent",
        ],
    );
    leaves(
        Kind::Leaving,
        &[
            "How do I dispute a charge?",
            "What is a chargeback?",
            "I want to cancel my order",
            "How can I close my account?",
            "Are you cheaper than your competitor?",
        ],
    );
}

#[test]
fn words_of_the_law_are_heard() {
    finds(
        Kind::Legal,
        &[
            "You will hear from my lawyer",
            "I'll sue you",
            "I am going to take legal action",
            "See you in court",
            "I will take this to small claims court",
            "I'm filing a GDPR complaint",
            "I will report you to the regulator",
            "I have written to the ombudsman",
            "I'm contacting a solicitor tomorrow",
            "I will report this to trading standards",
            "Mein Anwalt wird sich melden",
            "Ich werde Sie verklagen",
            "Wir sehen uns vor Gericht",
            "Ich leite rechtliche Schritte ein",
            "Ich melde das der Verbraucherzentrale",
            "Das ist ein Verstoß gegen die DSGVO",
            "Mon avocat va vous contacter",
            "Je vais porter plainte",
            "Je saisirai la CNIL",
            "Voy a denunciarlos",
            "Hablaré con mi abogado",
            "Pondré una hoja de reclamaciones",
            "Mi rivolgerò al mio avvocato",
            "Procederò per vie legali",
            "Vou ao Procon",
            "Vou processar vocês",
            "Mijn advocaat neemt contact op",
            "Ik stap naar de rechter",
            "Ik onderneem juridische stappen",
        ],
    );
    leaves(
        Kind::Legal,
        &[
            "I am a lawyer and need an invoice for my office",
            "Hi Sue, thanks for the quick answer",
            "Is it legal to camp there?",
            "Do you sell shoes for the tennis court?",
            "Is the suede washable?",
            "I won't sue you, don't worry",
            "The Q&A says \"sue us if it breaks\" which is funny",
            "What is your legal name for the invoice?",
            "Un avocat mûr, s'il vous plaît",
            "Is the regulator of the stove included?",
        ],
    );
}

#[test]
fn words_of_the_press_are_heard() {
    finds(
        Kind::Press,
        &[
            "I'm going to the press with this",
            "I will contact a journalist",
            "I am a journalist at a daily paper and have questions",
            "I'll post this all over social media",
            "I'm going to expose you on TikTok",
            "Let me share this on Twitter and see what people say",
            "I will make this public",
            "Ich gehe damit an die Presse",
            "Ich werde einen Journalisten informieren",
            "Ich mache das öffentlich",
            "Je vais contacter la presse",
            "Je vais publier tout ça sur les réseaux sociaux",
            "Voy a ir a la prensa",
            "Lo publicaré en redes sociales",
            "Mi rivolgerò alla stampa",
            "Vou falar com a imprensa",
            "Vou postar isso nas redes sociais",
            "Ik ga naar de pers",
            "Ik zet dit op social media",
        ],
    );
    leaves(
        Kind::Press,
        &[
            "I saw the tent on Instagram",
            "Can I sign in with Facebook?",
            "Which coffee press do you sell?",
            "Do I press the button twice?",
            "Die French Press ist undicht",
            "Is there any news about my order?",
            "Is the route open to the public?",
        ],
    );
}

#[test]
fn words_of_self_harm_are_heard_also_when_they_are_denied() {
    finds(
        Kind::SelfHarm,
        &[
            "I want to kill myself",
            "i cant do this anymore, i want to die",
            "I'm thinking about ending my life",
            "I feel suicidal",
            "I don't want to live anymore.",
            "I have been cutting myself",
            "everyone would be better off without me",
            "I don't want to kill myself but nothing helps",
            "Ich will mich umbringen",
            "Ich möchte nicht mehr leben",
            "Ich denke an Selbstmord",
            "Ich will sterben",
            "J'ai envie de mourir",
            "Je veux me suicider",
            "Je veux mettre fin à mes jours",
            "Quiero morir",
            "Voy a quitarme la vida",
            "Pienso en suicidarme, el suicidio es la salida",
            "Voglio morire",
            "Voglio farla finita",
            "Quero morrer",
            "Estou pensando em me matar",
            "Ik wil dood",
            "Ik wil niet meer leven",
            "Ik denk aan zelfmoord",
        ],
    );
    leaves(
        Kind::SelfHarm,
        &[
            "Do you have the Suicide Squad poster?",
            "I cut myself on the edge of the lid, is that covered?",
            "I don't want to live in Vienna any longer than needed",
            "I want to end my subscription",
            "How do I kill the process myself?",
            "The battery died",
            "This jacket is to die for",
            "Can I install it myself?",
            "Mein Leben lang kaufe ich hier",
            "Ich lebe nicht mehr in Wien",
            "Toute ma vie j'ai voulu cette tente",
            "Ik woon niet meer in Gent",
        ],
    );
}

#[test]
fn signs_of_a_security_incident_are_heard() {
    finds(
        Kind::Security,
        &[
            "My account has been hacked",
            "Someone logged in to my account from Brazil",
            "There is an unauthorized payment on my card",
            "There are two charges that I didn't make",
            "I never placed this order",
            "I got a phishing mail in your name",
            "I received a fake email pretending to be from you",
            "I can see another customer's order details",
            "Was there a data breach?",
            "I found a vulnerability in your login page",
            "Mein Konto wurde gehackt",
            "Da ist eine nicht autorisierte Abbuchung",
            "Jemand hat Zugriff auf mein Konto",
            "Ich habe eine Phishing-Mail bekommen",
            "Mon compte a été piraté",
            "Il y a un prélèvement non autorisé",
            "Han hackeado mi cuenta",
            "Hay un cargo no autorizado",
            "Il mio account è stato hackerato",
            "C'è un addebito non autorizzato",
            "Minha conta foi hackeada",
            "Há uma compra não autorizada",
            "Mijn account is gehackt",
            "Er is een ongeautoriseerde betaling",
        ],
    );
    leaves(
        Kind::Security,
        &[
            "How do I change my password?",
            "I forgot my password",
            "Can someone else pick up my order?",
            "I did not receive the order confirmation",
            "Where do I find my account details?",
            "Is the fake fur warm?",
            "Ich habe mein Passwort vergessen",
        ],
    );
}

#[test]
fn several_ways_to_ask_for_a_person_are_heard() {
    finds(
        Kind::Person,
        &[
            "I want to speak to a human",
            "Can I talk to a real person please?",
            "can you connect me with an agent",
            "Please transfer me to customer service representative.",
            "HUMAN",
            "agent please",
            "real person please",
            "let me speak with someone",
            "let me talk to a person",
            "If nobody answers today, let me talk to a manager!",
            "Let me talk to a person. If you cannot help, say so.",
            "You cannot help, so connect me to an agent",
            "I'd like to talk to somebody about this",
            "I need a human being, not this",
            "I want the new one. But please a real person confirm me it is safe",
            "put me through to your manager",
            "Could I have a live agent?",
            "are you a bot?",
            "No, I want to speak to a human",
            "I don't want a bot I want a human",
            "this does not help, get me a real person",
            "is there a HUMAN there",
            "let me talk to your manager",
            "Ich möchte mit einem Menschen sprechen",
            "Verbinden Sie mich mit einem Mitarbeiter",
            "Kann ich mit jemandem sprechen?",
            "Je voudrais parler à un conseiller",
            "Passez-moi un responsable",
            "Quiero hablar con una persona",
            "Pásame con un agente",
            "Vorrei parlare con un operatore",
            "Quero falar com um atendente",
            "Ik wil met een medewerker spreken",
            "Een mens spreken graag",
        ],
    );
}

/// The wishes of `console/src/widget/words/`.
#[test]
fn what_the_widget_says_for_those_who_want_a_person_is_heard() {
    finds(
        Kind::Person,
        &[
            "I would like to talk to a person.",
            "Ich möchte mit einem Menschen sprechen.",
            "Quisiera hablar con una persona.",
            "Je voudrais parler à un conseiller.",
            "Vorrei parlare con un operatore.",
            "Ik wil graag met een medewerker praten.",
            "Gostaria de falar com uma pessoa.",
        ],
    );
}

#[test]
fn speaking_of_people_is_not_asking_for_one() {
    leaves(
        Kind::Person,
        &[
            "I spoke to someone yesterday and they said it was fine",
            "Is this tent big enough for one person?",
            "I need a tent for two people",
            "I don't want to talk to a person, just tell me",
            "I want a refund to my card, and if the agent cannot help, transfer to a human.",
            "If you can't do that please connect me to a colleague",
            "Connect me to an agent if that is not possible.",
            "The gas agent in my canister smells",
            "do you have a human size chart for kids?",
            "what is the agent in the waterproofing spray",
            "do i have to talk to someone to close an account or can i in the app",
            "my manager ordered this for the team, can I return it?",
            "I want to give this to someone as a gift",
            "where is my order NF-10482",
            "Die Hütte ist für eine Person",
            "J'ai parlé à un conseiller hier",
        ],
    );
}

#[test]
fn a_finding_names_its_words_and_their_language() {
    let text = "Bonjour. Je n'en peux plus, j’ai envie de mourir. Merci";
    let report = look(text);
    let finding = report.best(Kind::SelfHarm).unwrap();
    assert_eq!((&text[finding.span.clone()], finding.language), ("envie de mourir", "fr"));
}

#[test]
fn somebody_elses_words_are_not_the_customers() {
    for text in [
        "Your mail said \"we will sue you\" and I wonder why",
        "> I'll sue you\nWho wrote that?",
        "My neighbour is not going to take legal action, nor am I",
    ] {
        assert!(kinds(text).is_empty(), "{text}: {:?}", look(text));
    }
    // Who puts all they say between quotation marks says it.
    finds(Kind::Legal, &["\"I'll sue you\""]);
}

#[test]
fn words_in_disguise_are_read() {
    finds(Kind::Threat, &["Ι'll ｋｉｌｌ уou", "I\u{200B}'ll ki\u{AD}ll you"]);
}

#[test]
fn what_stands_late_in_a_long_text_is_found_once() {
    let filler = "The tent arrived on time and it is fine. ".repeat(4_000);
    let text = format!("{filler}I want to speak to a human. {filler}I'll sue you.");
    let report = look(&text);
    let found: Vec<&str> = report.findings.iter().map(|one| &text[one.span.clone()]).collect();
    assert_eq!(found, ["want to speak to a human", "I'll sue"]);
}

#[test]
fn time_grows_with_the_length_and_not_faster() {
    // Made of what each rule begins with.
    let worst = "my lawyer sue you \" kill someone i'll i'll hacked please agent not not not suicide press ";
    let of = |bytes: usize| {
        let text = worst.repeat(bytes / worst.len());
        look(&text);
        let start = Instant::now();
        look(&text);
        start.elapsed().as_secs_f64()
    };
    let (small, large) = (of(40_000), of(400_000));
    assert!(large < small.max(0.002) * 60.0, "{small} s and {large} s");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_text_is_read_and_what_is_found_stands_in_it(text in "(\\PC|\n|kill you |my lawyer |\"|suicide |é|agent |!!|I ){0,80}") {
        let report = look(&text);
        prop_assert!((0.0..=1.0).contains(&report.anger));
        prop_assert!(report.findings.len() <= MAX_FINDINGS);
        for finding in &report.findings {
            let words = text.get(finding.span.clone());
            prop_assert!(words.is_some_and(|words| !words.trim().is_empty()), "{finding:?}");
        }
        for pair in report.findings.windows(2) {
            prop_assert!(pair[0].span.start <= pair[1].span.start);
        }
    }

    #[test]
    fn words_around_it_do_not_hide_a_phrase(before in "[a-z ,]{0,200}", after in "[a-z ,]{0,200}") {
        let text = format!("{before}. I will sue you. {after}");
        prop_assert!(look(&text).best(Kind::Legal).is_some());
    }
}
