//! Commands on colleagues, roles and teams; and a way in for a customer who gets no mail.

use std::process::ExitCode;

use anyhow::{Context as _, bail};
use clap::Subcommand;
use domain::{
    audit::AuditAction,
    permission::{Permission, Permissions},
    user::{Actor, Role, TeamName, User},
};
use serde_json::{Value, json};
use store::{PersonChange, WorkspaceStore};

use super::{
    output::Output,
    records::{by_hand, member},
    safety::may,
};
use crate::{
    app::App,
    http::{CUSTOMER_LINK_LIFE, customer_link_for},
    people::{Asked, Doer},
    typed,
};

/// Colleagues that are read at once.
const PAGE: i64 = 100;

#[derive(Subcommand)]
pub(super) enum PeopleCommand {
    /// Colleagues with their roles, those who are kept out among them.
    List,
    /// Ask somebody to join. The link is mailed, or printed where there is no mail server.
    Invite {
        email: String,
        #[arg(long, default_value = "agent")]
        role: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Give somebody another role.
    Role {
        email: String,
        role: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Keep somebody out: their sessions end and their keys stop. What they did stays.
    Remove {
        email: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
}

#[derive(Subcommand)]
pub(super) enum RolesCommand {
    /// The built-in roles and the workspace's own.
    List,
    /// What a role may, permission by permission.
    Show { name: String },
}

#[derive(Subcommand)]
pub(super) enum TeamsCommand {
    List,
    /// Make a team, or say something else of one.
    Add {
        name: String,
        #[arg(long, default_value = "")]
        description: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Remove a team. What was asked of it is decided by who may everything.
    Remove {
        name: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Put somebody into a team.
    Join {
        name: String,
        email: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
    /// Take somebody out of a team.
    Leave {
        name: String,
        email: String,
        /// The member of staff who does it, by email address.
        #[arg(long = "as")]
        by: String,
    },
}

#[derive(Subcommand)]
pub(super) enum CustomersCommand {
    /// Make a link for a customer to sign in with, and print it once: for who cannot get mail. It works for a quarter
    /// of an hour.
    Link { email: String },
}

/// The person, when they may.
async fn doer<'a>(
    app: &'a App,
    store: &WorkspaceStore,
    by: &str,
    takes: Permission,
) -> anyhow::Result<(Doer<'a>, User)> {
    let user = may(store, by, takes).await?;
    let doer = Doer {
        app,
        store: store.clone(),
        actor: Actor::User { user_id: user.id, name: user.name.clone() },
        person: Some(user.id),
        permissions: store.permissions_of(&user.role).await?,
    };
    Ok((doer, user))
}

/// A colleague, let in or not.
async fn colleague(store: &WorkspaceStore, email: &str) -> anyhow::Result<User> {
    let all = store.users().await?.into_iter();
    let mut found = all.filter(|user| user.email.eq_ignore_ascii_case(email));
    found.next().with_context(|| format!("nobody in this workspace has the address {email}"))
}

fn role_of(name: &str) -> anyhow::Result<Role> {
    Role::parse(name)
        .with_context(|| format!("`{name}` is no role; `countersign roles list` names those there are"))
}

fn team_of(name: &str) -> anyhow::Result<TeamName> {
    TeamName::parse(name)
        .with_context(|| format!("`{name}` is no team's name: small letters, digits and underscores"))
}

pub(super) async fn people(
    app: &App,
    store: &WorkspaceStore,
    command: PeopleCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        PeopleCommand::List => {
            let mut all: Vec<User> = Vec::new();
            let mut cursor = None;
            loop {
                let page = store.colleagues(PAGE, cursor.as_deref()).await?;
                all.extend(page.items);
                cursor = page.next;
                if cursor.is_none() {
                    break;
                }
            }
            let row = |user: &User| {
                let state = if user.deactivated_at.is_some() { "kept out" } else { "in" };
                vec![
                    user.email.clone(),
                    user.name.clone(),
                    user.role.as_str().to_owned(),
                    user.title.clone(),
                    state.to_owned(),
                ]
            };
            let rows: Vec<Vec<String>> = all.iter().map(row).collect();
            out.either(&all, || out.table(&["EMAIL", "NAME", "ROLE", "TITLE", "STATE"], &rows))?;
        }
        PeopleCommand::Invite { email, role, by } => {
            let (doer, user) = doer(app, store, &by, Permission::ManagePeople).await?;
            let address = typed::email("the address", &email).map_err(anyhow::Error::msg)?;
            let Asked { invitation, mailed, link } =
                doer.invite(address, role_of(&role)?, &user.name).await?;
            let value = json!({
                "id": invitation.id, "email": invitation.email, "role": invitation.role, "mailed": mailed,
                "link": link, "expires_at": invitation.expires_at,
            });
            out.either(&value, || match &link {
                None => out.line(format!("{} is invited by mail.", invitation.email)),
                Some(link) => out.line(format!(
                    "{link}\nIt works once, for seven days, and is not shown again. Hand it to {} alone.",
                    invitation.email
                )),
            })?;
        }
        PeopleCommand::Role { email, role, by } => {
            let (doer, _) = doer(app, store, &by, Permission::ManagePeople).await?;
            let change = PersonChange { role: Some(role_of(&role)?), ..PersonChange::default() };
            let user = doer.change(colleague(store, &email).await?.id, change).await?;
            out.either(&user, || out.line(format!("{} is {} now.", user.email, user.role.as_str())))?;
        }
        PeopleCommand::Remove { email, by } => {
            let (doer, _) = doer(app, store, &by, Permission::ManagePeople).await?;
            let change = PersonChange { active: Some(false), ..PersonChange::default() };
            let user = doer.change(colleague(store, &email).await?.id, change).await?;
            out.either(&user, || out.line(format!("{} is kept out, with sessions and keys.", user.email)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn roles(
    store: &WorkspaceStore,
    command: RolesCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let built_in = Role::BUILT_IN.into_iter().map(|role| {
        let permissions = Permissions::of(&role).unwrap_or_default();
        (role.as_str().to_owned(), true, String::new(), permissions)
    });
    let own = store.own_roles().await?.into_iter();
    let own = own.map(|role| (role.name.as_str().to_owned(), false, role.description, role.permissions));
    let all: Vec<(String, bool, String, Permissions)> = built_in.chain(own).collect();
    let value = |(name, built_in, description, permissions): &(String, bool, String, Permissions)| -> Value {
        json!({ "name": name, "built_in": built_in, "description": description, "permissions": permissions })
    };
    match command {
        RolesCommand::List => {
            let rows: Vec<Vec<String>> = all
                .iter()
                .map(|(name, built_in, description, permissions)| {
                    let kind = if *built_in { "built in" } else { "own" };
                    let many = permissions.iter().count().to_string();
                    vec![name.clone(), kind.to_owned(), many, description.clone()]
                })
                .collect();
            let values: Vec<Value> = all.iter().map(value).collect();
            out.either(&values, || out.table(&["ROLE", "KIND", "MAY", "FOR"], &rows))?;
        }
        RolesCommand::Show { name } => {
            let found = all.iter().find(|(known, ..)| *known == name);
            let found = found.with_context(|| {
                format!("there is no role {name}; `countersign roles list` names those there are")
            })?;
            let rows: Vec<Vec<String>> = Permission::ALL
                .into_iter()
                .filter(|permission| found.3.contains(*permission))
                .map(|permission| vec![permission.as_str().to_owned(), permission.means().to_owned()])
                .collect();
            out.either(&value(found), || out.table(&["MAY", "WHICH MEANS"], &rows))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn teams(
    app: &App,
    store: &WorkspaceStore,
    command: TeamsCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    match command {
        TeamsCommand::List => {
            let mut values = Vec::new();
            let mut rows = Vec::new();
            let mut after: Option<String> = None;
            loop {
                let page = store.teams(after.as_deref(), PAGE).await?;
                for team in &page {
                    let members = store.team_members(&team.name).await?;
                    let emails: Vec<String> = members.into_iter().map(|user| user.email).collect();
                    rows.push(vec![team.name.to_string(), team.description.clone(), emails.join(", ")]);
                    values.push(json!({
                        "name": team.name, "description": team.description, "members": emails,
                    }));
                }
                after = page.last().map(|team| team.name.to_string());
                if after.is_none() {
                    break;
                }
            }
            out.either(&values, || match rows.is_empty() {
                true => out.line("There are no teams."),
                false => out.table(&["TEAM", "FOR", "MEMBERS"], &rows),
            })?;
        }
        TeamsCommand::Add { name, description, by } => {
            let (doer, _) = doer(app, store, &by, Permission::ManageTeams).await?;
            let name = team_of(&name)?;
            doer.put_team(name.clone(), &description).await?;
            out.either(&json!({ "team": name }), || out.line(format!("There is a team {name}.")))?;
        }
        TeamsCommand::Remove { name, by } => {
            let (doer, _) = doer(app, store, &by, Permission::ManageTeams).await?;
            let name = team_of(&name)?;
            doer.remove_team(name.clone()).await?;
            out.either(&json!({ "removed": name }), || {
                out.line(format!("There is no team {name} any more."))
            })?;
        }
        TeamsCommand::Join { name, email, by } => {
            member_of(app, store, (&name, &email, &by), true, out).await?;
        }
        TeamsCommand::Leave { name, email, by } => {
            member_of(app, store, (&name, &email, &by), false, out).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn member_of(
    app: &App,
    store: &WorkspaceStore,
    (name, email, by): (&str, &str, &str),
    within: bool,
    out: Output,
) -> anyhow::Result<()> {
    let (doer, _) = doer(app, store, by, Permission::ManageTeams).await?;
    let name = team_of(name)?;
    // Who is kept out leaves a team and joins none.
    let user = if within { member(store, email).await? } else { colleague(store, email).await? };
    doer.set_member(name.clone(), user.id, within).await?;
    let is = if within { "is in" } else { "is not in" };
    let value = json!({ "team": name, "email": user.email, "within": within });
    out.either(&value, || out.line(format!("{} {is} {name} now.", user.email)))
}

pub(super) async fn customers(
    app: &App,
    store: &WorkspaceStore,
    command: CustomersCommand,
    out: Output,
) -> anyhow::Result<ExitCode> {
    let CustomersCommand::Link { email } = command;
    let Some((contact, link)) = customer_link_for(app, store.id(), &email).await? else {
        bail!("no contact of this workspace has the address {email}");
    };
    let detail = json!({ "minutes": CUSTOMER_LINK_LIFE.as_secs() / 60 });
    let subject = contact.id.to_string();
    store.audit(by_hand(app, AuditAction::CustomerLinkMade, &subject, detail)).await?;
    out.either(&json!({ "link": link }), || {
        out.line(format!(
            "{link}\nIt works once, for a quarter of an hour. Hand it to {} alone.",
            contact.name
        ))
    })?;
    Ok(ExitCode::SUCCESS)
}
