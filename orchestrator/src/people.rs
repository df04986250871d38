//! Colleagues, invitations and teams: what is done to them by the API and by the command line, and what is refused.
//!
//! Nobody gives what they do not hold, and nobody changes a colleague who may what they may not. Each change is in
//! the audit, by whoever did it. Whether somebody may come here at all is asked before.

use std::time::Duration;

use domain::{
    InvitationId, UserId,
    audit::{AuditAction, Deed},
    permission::Permissions,
    user::{Actor, Role, Team, TeamName, User},
};
use serde_json::{Value, json};
use store::{Invitation, PersonChange, PersonChanged, StoreError, WorkspaceStore};
use thiserror::Error;
use tokio::time::timeout;

use crate::{
    app::App,
    channels::letters::{self, Letter},
    sign_in::{Link, invitation_link},
    typed::optional,
};

/// How long somebody may take to accept.
const INVITATION_LIFE: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long the mail server may take before the link is shown instead.
const MAIL_WITHIN: Duration = Duration::from_secs(15);
/// Teams of one workspace, and colleagues in one team.
const MAX_TEAMS: i64 = 200;
const MAX_MEMBERS: usize = 500;
const MAX_TITLE: usize = 100;
const MAX_DESCRIPTION: usize = 300;

/// Why nothing was changed, in words for whoever asked.
#[derive(Debug, Error)]
pub enum Refused {
    #[error("{0}")]
    Forbidden(String),
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    Conflict(String),
    #[error("{0} does not exist")]
    Missing(&'static str),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Refuses to give, or to take from somebody, what the one who does it may not.
pub fn holds(held: Permissions, wanted: Permissions, who: &str) -> Result<(), String> {
    let lacks = wanted.without(held);
    if lacks.is_empty() { Ok(()) } else { Err(format!("{who} do what you may not: {}", lacks.words())) }
}

/// A colleague who looks after the others of their workspace.
pub struct Doer<'a> {
    pub app: &'a App,
    pub store: WorkspaceStore,
    pub actor: Actor,
    /// None for a program.
    pub person: Option<UserId>,
    pub permissions: Permissions,
}

/// Somebody was asked to join.
pub struct Asked {
    pub invitation: Invitation,
    /// A mail with the link is on its way.
    pub mailed: bool,
    /// To be handed over by other means, when no mail could be sent.
    pub link: Option<String>,
}

impl Doer<'_> {
    fn deed(&self, action: AuditAction, subject: impl Into<String>, detail: Value) -> Deed {
        let actor = self.actor.clone();
        Deed { at: self.app.clock.now(), actor, action, subject: subject.into(), detail }
    }

    fn holds(&self, wanted: Permissions, who: &str) -> Result<(), Refused> {
        holds(self.permissions, wanted, who).map_err(Refused::Forbidden)
    }

    /// Role, title, in or out.
    pub async fn change(&self, id: UserId, mut change: PersonChange) -> Result<User, Refused> {
        let store = &self.store;
        let before = store.user(id).await?.ok_or(Refused::Missing("the colleague"))?;
        if let Some(title) = &change.title {
            change.title = Some(optional("title", title, MAX_TITLE).map_err(Refused::Invalid)?);
        }
        self.holds(store.permissions_of(&before.role).await?, "this colleague may")?;
        if let Some(role) = change.role.as_ref().filter(|role| **role != before.role) {
            if let Role::Custom(name) = role
                && !store.own_roles().await?.iter().any(|own| own.name == *name)
            {
                return Err(Refused::Invalid(format!(
                    "there is no role {name}; GET /v1/roles names those there are"
                )));
            }
            self.holds(store.permissions_of(role).await?, "this role may")?;
        }
        if change.active == Some(false) && self.person == Some(id) {
            return Err(Refused::Conflict("nobody keeps out themselves: ask a colleague".to_owned()));
        }
        match store.change_person(id, change, (self.actor.clone(), self.app.clock.now())).await? {
            PersonChanged::Done(user) => Ok(user),
            PersonChanged::Nobody => Err(Refused::Missing("the colleague")),
            PersonChanged::LastOwner => Err(Refused::Conflict(
                "this is the last owner who is let in: make somebody else an owner first".to_owned(),
            )),
        }
    }

    /// Asks somebody to join. `address` was checked, `inviter` is what the mail calls the one who asks.
    pub async fn invite(&self, address: String, role: Role, inviter: &str) -> Result<Asked, Refused> {
        let permissions = self.store.permissions_of(&role).await?;
        if permissions.is_empty() {
            return Err(Refused::Invalid("there is no such role here".to_owned()));
        }
        self.holds(permissions, "people of this role")?;
        let (app, now) = (self.app, self.app.clock.now());
        let link = Link::new(&*app.ids);
        let invitation = Invitation {
            id: InvitationId::new(&*app.ids),
            email: address.clone(),
            role: role.clone(),
            invited_by: self.actor.clone(),
            created_at: now,
            expires_at: now.plus(INVITATION_LIFE),
        };
        let deed = self.deed(AuditAction::InvitationMade, address.clone(), json!({ "role": role }));
        self.store.invite(invitation.clone(), link.sha256, deed).await?;
        let shown = invitation_link(&app.config.public_url(), &link.token);
        let workspace = self.store.workspace().await?.map(|workspace| workspace.name).unwrap_or_default();
        let mailed = mail(app, &address, inviter, &workspace, &shown).await;
        Ok(Asked { invitation, mailed, link: Some(shown).filter(|_| !mailed) })
    }

    /// Makes a team, or says something else of one.
    pub async fn put_team(&self, name: TeamName, description: &str) -> Result<(), Refused> {
        let description = optional("description", description, MAX_DESCRIPTION).map_err(Refused::Invalid)?;
        let known = self.store.team(&name).await?;
        let many = self.store.teams(None, MAX_TEAMS).await?.len();
        if known.is_none() && i64::try_from(many).is_ok_and(|many| many >= MAX_TEAMS) {
            return Err(Refused::Conflict(format!(
                "a workspace has at most {MAX_TEAMS} teams: remove one first"
            )));
        }
        let deed = self.deed(AuditAction::TeamStored, name.as_str(), json!({ "description": description }));
        let created_at = known.map_or(deed.at, |team| team.created_at);
        Ok(self.store.put_team(Team { name, description, created_at }, deed).await?)
    }

    pub async fn remove_team(&self, name: TeamName) -> Result<(), Refused> {
        let deed = self.deed(AuditAction::TeamRemoved, name.as_str(), json!({}));
        if self.store.remove_team(name, deed).await? { Ok(()) } else { Err(Refused::Missing("the team")) }
    }

    /// Puts somebody into a team, or takes them out.
    pub async fn set_member(&self, name: TeamName, id: UserId, within: bool) -> Result<(), Refused> {
        let store = &self.store;
        store.team(&name).await?.ok_or(Refused::Missing("the team"))?;
        let user = store.user(id).await?.ok_or(Refused::Missing("the colleague"))?;
        if within && store.team_members(&name).await?.len() >= MAX_MEMBERS {
            return Err(Refused::Conflict(format!("a team has at most {MAX_MEMBERS} members")));
        }
        let detail = json!({ "user": user.id, "within": within });
        let deed = self.deed(AuditAction::TeamStored, name.as_str(), detail);
        store.set_team_member(name, user.id, within, deed).await?;
        Ok(())
    }
}

async fn mail(app: &App, address: &str, inviter: &str, workspace: &str, link: &str) -> bool {
    if !letters::possible(&app.config.email) {
        return false;
    }
    let text = format!(
        "{inviter} invites you to work on the desk of {workspace} in Countersign. Accept within seven days:\n\n{link}\n\n\
         The link works once. If you do not know what this is about, do nothing.\n"
    );
    let subject = format!("You are invited to {workspace}");
    let letter = Letter { to: address.to_owned(), subject, text };
    match timeout(MAIL_WITHIN, letters::send(app, &letter)).await {
        Ok(Ok(())) => true,
        Ok(Err(why)) => {
            tracing::warn!(why, "an invitation could not be mailed");
            false
        }
        Err(_) => {
            tracing::warn!("an invitation could not be mailed: the mail server takes too long");
            false
        }
    }
}
