//! A look at what a policy says of personal and secret data: what it lets out, and what it says in vain.

use guards::{
    masking::{Border, CREDENTIALS, Own, Said, Treatment},
    pii::{Kind, Settings},
};

use super::{Finding, Flaw, Level};

pub(super) fn look(own: &Own, findings: &mut Vec<Finding>) {
    let mut say = |level: Level, flaw: Flaw, text: String| {
        findings.push(Finding { level, flaw, rule: None, text });
    };
    for (border, said) in own.said() {
        of_border(border, said, &mut say);
    }
    let line = Settings::default().min_score;
    for (name, kind, most) in own.listed() {
        if most < line {
            let text = format!(
                "[masking] recogniser `{name}` finds nothing: its matches score {most} at most, and {line} is the \
                 line; raise `score`, or give words in `near`"
            );
            say(Level::Warning, Flaw::Unreachable, text);
        }
        let allowed = own.said().filter(|(_, said)| said.kinds.get(kind) == Some(&Treatment::Allow)).count();
        if allowed == Border::ALL.len() {
            let text =
                format!("[masking] recogniser `{name}` is in vain: `{kind}` is allowed at every border");
            say(Level::Warning, Flaw::Unreachable, text);
        }
    }
}

fn of_border(border: Border, said: &Said, say: &mut impl FnMut(Level, Flaw, String)) {
    let at = border.name();
    if said.default == Some(Treatment::Allow) {
        let text = format!(
            "[masking.{at}] lets every kind of personal and secret data go {border} that is not named in `kinds`; \
             let the default be `mask` and name what is allowed"
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
    let secrets: Vec<&str> = [Kind::PaymentCard]
        .iter()
        .chain(&CREDENTIALS)
        .map(|kind| kind.name())
        .filter(|kind| said.kinds.get(*kind) == Some(&Treatment::Allow))
        .collect();
    if !secrets.is_empty() {
        let text = format!(
            "[masking.{at}] lets secrets go {border}: `{}`; whoever reads them there can use them. Mask or block them",
            secrets.join("`, `")
        );
        say(Level::Warning, Flaw::Dangerous, text);
    }
    let placeholders = said.default == Some(Treatment::Placeholder)
        || said.kinds.values().any(|treatment| *treatment == Treatment::Placeholder);
    if border == Border::Customer && placeholders {
        let text = "[masking.customer] lets customers read placeholders such as `<EMAIL_48213077>`; `mask` shows them \
                    as much as they need"
            .to_owned();
        say(Level::Warning, Flaw::Unreachable, text);
    }
    if border == Border::Model && said.default == Some(Treatment::Block) {
        let text = "[masking.model] stops every request with a kind that is not named in `kinds`: the offline model \
                    answers instead, where there is one"
            .to_owned();
        say(Level::Note, Flaw::HeldBack, text);
    }
}
