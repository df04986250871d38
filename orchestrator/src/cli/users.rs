//! People's accounts, for who runs the service: what somebody needs who cannot sign in any more.

use std::process::ExitCode;

use anyhow::Context as _;
use clap::Subcommand;
use domain::audit::AuditAction;
use serde_json::json;
use store::AccountDeed;

use super::output::Output;
use crate::{app::App, http::reset_link_for};

#[derive(Subcommand)]
pub(super) enum UsersCommand {
    /// Make a link to choose a new password, and print it once: for who cannot get mail. It works for an hour.
    ResetLink { email: String },
    /// Remove somebody's authenticator app and recovery codes: for who has lost both.
    RemoveSecondFactor { email: String },
}

pub(super) async fn run(app: &App, command: UsersCommand, out: Output) -> anyhow::Result<ExitCode> {
    match command {
        UsersCommand::ResetLink { email } => {
            let link = reset_link_for(app, &email).await?;
            let link = link.with_context(|| format!("there is no account {email}"))?;
            out.either(&json!({ "link": link }), || {
                out.line(format!("{link}\nIt works once, for an hour. Hand it to the person alone."))
            })?;
        }
        UsersCommand::RemoveSecondFactor { email } => {
            let account = app.store.account_by_email(&email).await?;
            let account = account.with_context(|| format!("there is no account {email}"))?;
            let deed = AccountDeed {
                at: app.clock.now(),
                action: AuditAction::SecondFactorRemoved,
                detail: json!({ "by": "the command line" }),
                by_themselves: false,
            };
            let removed = app.store.remove_totp(account.id, deed).await?;
            out.either(&json!({ "removed": removed }), || {
                out.line(if removed {
                    format!("{email} signs in with the password alone now.")
                } else {
                    format!("{email} has no authenticator app.")
                })
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
