//! Mails to people about what waits for them: after a while in which nobody looked at it, one for each approval and
//! person, and what is beyond so many an hour in one list.
//!
//! A row says that a mail is this process's to hand over before it is. What surely was not handed over is tried
//! again; what may have been is not, because a person with two mails about one thing trusts neither.

use std::{collections::HashMap, sync::Arc, time::Duration};

use domain::{
    ApprovalId, TicketId, Timestamp, UserId,
    approval::Approval,
    approval_mail::{ApprovalMail, Mailed},
    excerpt::cut,
    permission::Permission,
    user::User,
};
use guards::masking::Border;
use serde_json::Value;
use store::{StoreError, ToMail, WorkspaceStore};
use tokio::time;
use tracing::{info, warn};

use super::letters::{self, Letter};
use crate::{
    app::App,
    sign_in::{APPROVAL_LINK_PREFIX, Link, SecondFactor, approval_link},
};

const TICK: Duration = Duration::from_secs(2);
/// How long nobody is mailed anything again whose mail was put off.
const REST: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Approvals that one list names.
const MAX_LISTED: usize = 50;
/// Characters of what an approval says of itself.
const MAX_LINE: usize = 200;

/// Mails what is due until the service stops.
pub async fn run(app: Arc<App>) {
    // Whose mail was put off, and until when.
    let mut resting: HashMap<UserId, Timestamp> = HashMap::new();
    loop {
        tokio::select! {
            () = app.stopping() => return,
            () = time::sleep(TICK) => {}
        }
        let now = app.clock.now();
        resting.retain(|_, until| now < *until);
        if let Err(error) = round(&app, &mut resting).await {
            warn!(%error, "it could not be looked up who is to be mailed what waits for them");
        }
    }
}

async fn round(app: &App, resting: &mut HashMap<UserId, Timestamp>) -> Result<(), StoreError> {
    for workspace in app.store.workspaces().await? {
        let store = app.store.workspace(workspace.id);
        for (user, mailed) in store.mailed_people().await? {
            if resting.contains_key(&user.id) {
                continue;
            }
            let id = user.id;
            let person = Person { app, store: &store, workspace: &workspace.name, user };
            if !person.mail(mailed).await? {
                resting.insert(id, app.clock.now().plus(REST));
            }
        }
    }
    Ok(())
}

/// A link to decide with, for one person and one approval as it is now; none where the person goes to the console.
/// The mail is not handed over.
pub async fn offer(
    app: &App,
    store: &WorkspaceStore,
    user: &User,
    approval: &Approval,
) -> Result<Option<String>, StoreError> {
    let person = Person { app, store, workspace: "", user: user.clone() };
    if !person.decides_by_link().await? {
        return Ok(None);
    }
    let link = Link::naming(APPROVAL_LINK_PREFIX, &*app.ids, store.id());
    let mail = person.about(approval, Some(link.sha256), false);
    let begun = store.begin_mails(vec![mail]).await?;
    Ok((!begun.is_empty()).then(|| approval_link(&app.config.public_url(), &link.token)))
}

/// Whether somebody's account takes more than a mailbox: they decide in the console alone.
pub async fn takes_second_factor(app: &App, user: &User) -> Result<bool, StoreError> {
    if app.sign_in.second_factor == SecondFactor::Required {
        return Ok(true);
    }
    let account = app.store.account_by_email(&user.email).await?;
    Ok(account.is_none_or(|account| account.totp.is_some_and(|totp| totp.confirmed)))
}

struct Person<'a> {
    app: &'a App,
    store: &'a WorkspaceStore,
    workspace: &'a str,
    user: User,
}

impl Person<'_> {
    async fn decides_by_link(&self) -> Result<bool, StoreError> {
        Ok(self.app.config.approvals.mail.links && !takes_second_factor(self.app, &self.user).await?)
    }

    fn about(&self, approval: &Approval, sha256: Option<String>, listed: bool) -> ApprovalMail {
        ApprovalMail {
            approval_id: approval.id,
            user_id: self.user.id,
            sha256,
            listed,
            digest: approval.digest.clone(),
            created_at: self.app.clock.now(),
            sent_at: None,
            expires_at: approval.expires_at,
        }
    }

    /// False when a mail was put off.
    async fn mail(&self, mailed: Mailed) -> Result<bool, StoreError> {
        let config = &self.app.config.approvals.mail;
        let permissions = self.store.permissions_of(&self.user.role).await?;
        if !permissions.contains(Permission::DecideApprovals) {
            return Ok(true);
        }
        let now = self.app.clock.now();
        let near = now.plus(Duration::from_secs(config.pressing_minutes * 60));
        let to = ToMail {
            standing: self.store.standing(&self.user).await?,
            now,
            asked_before: now.minus(Duration::from_secs(config.after_seconds)),
            pressing: (mailed == Mailed::Pressing).then_some((config.pressing_cents, near)),
        };
        let most = i64::from(config.at_most_an_hour);
        let mut due = self.store.approvals_to_mail(&to, most + MAX_LISTED as i64).await?;
        due.retain(|approval| {
            approval.asks(&to.standing, now).is_ok() && !approval.requesters.contains(&self.user.id)
        });
        if due.is_empty() {
            return Ok(true);
        }
        let (written, listed) = self.store.mails_since(self.user.id, now.minus(HOUR)).await?;
        let room = usize::try_from(most - written).unwrap_or(0).min(due.len());
        let rest = due.split_off(room);
        let words = Words::of(self, permissions.contains(Permission::SeePersonalData));
        for approval in &due {
            if !self.letter(approval, &words).await? {
                return Ok(false);
            }
        }
        if rest.is_empty() || listed {
            return Ok(true);
        }
        self.list(&rest, &words).await
    }

    async fn letter(&self, approval: &Approval, words: &Words<'_>) -> Result<bool, StoreError> {
        let link = match self.decides_by_link().await? {
            true => Some(Link::naming(APPROVAL_LINK_PREFIX, &*self.app.ids, self.store.id())),
            false => None,
        };
        let sha256 = link.as_ref().map(|link| link.sha256.clone());
        if self.store.begin_mails(vec![self.about(approval, sha256, false)]).await?.is_empty() {
            return Ok(true);
        }
        let url = self.app.config.public_url();
        let said = words.said(approval).await?;
        let ways = match &link {
            Some(link) => format!(
                "Look at it and decide:\n\n{}\n\nThe link is yours alone, for this one decision, until the deadline. Do \
                 not forward it. To change what is proposed, open the console:\n\n{}",
                approval_link(&url, &link.token),
                console_link(&url, approval.id),
            ),
            None => format!("Look at it and decide in the console:\n\n{}", console_link(&url, approval.id)),
        };
        let text = format!(
            "{} waits for a person in {}.\n\n{said}\n\n{ways}\n\n{}\n",
            words.agent(approval),
            self.workspace,
            settings(&url)
        );
        let subject = format!("Waits for you: {}", words.subject(approval).await?);
        self.hand_over(&[approval.id], subject, text).await
    }

    async fn list(&self, approvals: &[Approval], words: &Words<'_>) -> Result<bool, StoreError> {
        let shown = &approvals[..approvals.len().min(MAX_LISTED)];
        let mails = shown.iter().map(|approval| self.about(approval, None, true)).collect();
        let begun = self.store.begin_mails(mails).await?;
        let shown: Vec<&Approval> = shown.iter().filter(|approval| begun.contains(&approval.id)).collect();
        if shown.is_empty() {
            return Ok(true);
        }
        let url = self.app.config.public_url();
        let mut lines = String::new();
        for approval in &shown {
            let said = words.said(approval).await?;
            lines.push_str(&format!("{said}\n  {}\n\n", console_link(&url, approval.id)));
        }
        let count = shown.len();
        let text = format!(
            "{count} more proposals wait for a person in {}. You get no more than {} mails an hour, so here they are \
             together:\n\n{lines}{}\n",
            self.workspace,
            self.app.config.approvals.mail.at_most_an_hour,
            settings(&url)
        );
        self.hand_over(&begun, format!("{count} more wait for you"), text).await
    }

    async fn hand_over(
        &self,
        about: &[ApprovalId],
        subject: String,
        text: String,
    ) -> Result<bool, StoreError> {
        let letter = Letter { to: self.user.email.clone(), subject, text };
        let sent_at = match letters::hand_over(self.app, &letter).await {
            Ok(()) => Some(self.app.clock.now()),
            Err(unsent) if unsent.again => {
                info!(why = unsent.why, "a mail about what waits was put off");
                None
            }
            Err(unsent) => {
                warn!(why = unsent.why, "a mail about what waits is not tried again");
                return Ok(true);
            }
        };
        self.store.end_mails(self.user.id, about.to_vec(), sent_at).await?;
        Ok(sent_at.is_some())
    }
}

fn console_link(public_url: &str, approval: ApprovalId) -> String {
    format!("{public_url}/approvals/{approval}")
}

fn settings(public_url: &str) -> String {
    format!("You get this because you asked for it: {public_url}/settings/account")
}

/// What an approval says of itself in a mail, as its reader may see it. Nothing that was said in the conversation
/// is in it, and no secret.
struct Words<'a> {
    person: &'a Person<'a>,
    sees_personal_data: bool,
}

impl<'a> Words<'a> {
    fn of(person: &'a Person<'a>, sees_personal_data: bool) -> Self {
        Self { person, sees_personal_data }
    }

    /// Subjects stand on locked screens: masked for everybody.
    async fn subject(&self, approval: &Approval) -> Result<String, StoreError> {
        let masked = self.masked(&approval.preview.title, approval.ticket_id).await?;
        Ok(line(&masked))
    }

    fn agent(&self, approval: &Approval) -> String {
        format!("A proposal of the agent {}", line(&approval.agent))
    }

    async fn said(&self, approval: &Approval) -> Result<String, StoreError> {
        let title = self.shown(&approval.preview.title, approval.ticket_id).await?;
        let why = self.shown(&approval.why, approval.ticket_id).await?;
        let why = if why.trim().is_empty() { "no rule lets this run by itself".to_owned() } else { why };
        Ok(format!(
            "  What: {}\n  Why it stopped: {}\n  Deadline: {}",
            line(&title),
            line(&why),
            deadline(approval.expires_at)
        ))
    }

    async fn shown(&self, text: &str, ticket: Option<TicketId>) -> Result<String, StoreError> {
        if !self.sees_personal_data {
            return self.masked(text, ticket).await;
        }
        // What may go to a mailbox outside of the house: no passwords, keys and card numbers.
        let protector = self.person.app.protections.of(self.person.store.id());
        Ok(protector.redact(Border::Customer, text).into_owned())
    }

    async fn masked(&self, text: &str, ticket: Option<TicketId>) -> Result<String, StoreError> {
        let about: Vec<TicketId> = ticket.into_iter().collect();
        let names = self.person.store.names_of(&about).await?.into_iter().map(|(_, name)| name);
        let mut value = Value::String(text.to_owned());
        let served = self.person.app.personal.of(self.person.store.id());
        served.mask(&mut value, &names.collect::<Vec<_>>());
        Ok(value.as_str().unwrap_or_default().to_owned())
    }
}

/// One line, not too long, in which nothing is a link: what an agent wrote of itself must not lead anywhere.
fn line(text: &str) -> String {
    let mut words = String::new();
    for word in text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty()) {
        if !words.is_empty() {
            words.push(' ');
        }
        words.push_str(word);
    }
    let words = words.replace("://", "[:]//").replace("www.", "www[.]");
    cut(&words, MAX_LINE - 1)
}

/// `2026-11-22 16:00 UTC`.
fn deadline(at: Timestamp) -> String {
    let at = at.rfc3339();
    let (day, time) = at.split_once('T').unwrap_or((&at, ""));
    format!("{day} {} UTC", time.get(..5).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_agent_calls_its_proposal_leads_nowhere_and_stays_on_its_line() {
        let title = "Reply\r\nBcc: x\n\nhttps://evil.example  www.evil.example";
        assert_eq!(line(title), "Reply Bcc: x https[:]//evil.example www[.]evil.example");
        assert_eq!(line(&"ä".repeat(500)).chars().count(), MAX_LINE);
    }

    #[test]
    fn a_deadline_is_said_in_utc() {
        assert_eq!(deadline(Timestamp(0)), "1970-01-01 00:00 UTC");
    }
}
