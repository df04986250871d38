//! Whether somebody is who they say: an address with its password and, where the account asks for one, a code.
//!
//! Whoever fails learns nothing of why: a right password without the code that belongs to it is answered like a
//! wrong one and like an address that nobody has, after as long.

use std::time::Duration;

use domain::{
    AccountId,
    audit::{AuditAction, Deed},
    user::Actor,
};
use store::Account;
use tokio::sync::{OnceCell, Semaphore};
use tracing::warn;
use uuid::Uuid;

use super::{
    Http,
    caller::{Arrival, Person},
    limits,
    problem::{Kind, Problem},
};
use crate::{
    password,
    sign_in::{MAX_PASSWORD, codes, digest},
};

/// Password checks at once: each takes 19 MiB and most of a core.
static CHECKS: Semaphore = Semaphore::const_new(4);
/// Failures of one address from one place before it is closed to that place.
const FAILURES_FROM_A_PLACE: i64 = 5;
/// Failures of one address from anywhere before it is closed to passwords.
const FAILURES: i64 = 20;
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// Who has no password shows that they have just signed in.
const RECENT: Duration = Duration::from_secs(15 * 60);

/// Who it is.
pub struct Proven {
    pub account: Account,
    /// A code was shown besides the password.
    pub second_factor: bool,
}

pub fn wrong() -> Problem {
    Problem::new(
        Kind::Unauthorized,
        "the address, the password or the code is wrong, or a code is needed: if you have set up an authenticator \
         app, enter its code as well",
    )
}

/// Tries are counted before they are looked at, so that tries side by side cannot pass the limit. They are
/// forgotten once one is right.
struct Tries<'a> {
    http: &'a Http,
    subjects: Vec<String>,
}

impl<'a> Tries<'a> {
    async fn count(http: &'a Http, address: &str, arrival: &Arrival) -> Result<Self, Problem> {
        let place = limits::place(arrival.from.0);
        let subjects =
            vec![digest(&format!("place\0{address}\0{place}")), digest(&format!("account\0{address}"))];
        let now = http.app.clock.now();
        let counts = http.app.store.count_sign_in(subjects.clone(), now, WINDOW).await?;
        if counts.iter().zip([FAILURES_FROM_A_PLACE, FAILURES]).any(|(count, most)| *count > most) {
            return Err(Problem::new(
                Kind::TooManyRequests,
                "too many failed sign-ins; wait a quarter of an hour and try again",
            )
            .retry_after(WINDOW));
        }
        Ok(Self { http, subjects })
    }

    async fn forget(self) -> Result<(), Problem> {
        Ok(self.http.app.store.forget_sign_ins(self.subjects).await?)
    }
}

/// Checks what somebody shows who is not signed in.
pub async fn prove(
    http: &Http,
    address: &str,
    password: String,
    code: Option<&str>,
    arrival: &Arrival,
) -> Result<Proven, Problem> {
    if password.len() > MAX_PASSWORD {
        return Err(wrong());
    }
    let _place = CHECKS.acquire().await.map_err(|error| Problem::internal(&error))?;
    let tries = Tries::count(http, address, arrival).await?;
    let found = http.app.store.account_by_email(address).await?;
    let fits = fits(http, password, found.as_ref()).await?;
    let code = code.map(str::trim).filter(|code| !code.is_empty());
    let shown = shows_code(http, found.as_ref().filter(|_| fits), code).await?;
    let Some(account) = found else { return Err(wrong()) };
    let asked = account.totp.as_ref().is_some_and(|totp| totp.confirmed);
    if !fits || (asked && !shown) {
        // The first of two steps is no failure of anybody.
        if !(fits && code.is_none()) {
            refused(http, account.id);
        }
        return Err(wrong());
    }
    tries.forget().await?;
    Ok(Proven { account, second_factor: asked })
}

/// Checks the password of somebody who is signed in and is about to change how they prove who they are.
pub async fn confirm(
    http: &Http,
    person: &Person,
    password: Option<&str>,
    arrival: &Arrival,
) -> Result<Account, Problem> {
    let account = person.account(http).await?;
    if account.password_hash.is_none() {
        let age = http.app.clock.now().since(person.stay.row.created_at);
        return if age <= RECENT {
            Ok(account)
        } else {
            Err(Problem::forbidden(
                "this takes a fresh sign-in: sign out, sign in again, and do it within a quarter of an hour",
            ))
        };
    }
    let password = password.unwrap_or_default();
    if password.len() > MAX_PASSWORD {
        return Err(Problem::invalid("the password is wrong"));
    }
    let _place = CHECKS.acquire().await.map_err(|error| Problem::internal(&error))?;
    let tries = Tries::count(http, &account.email, arrival).await?;
    if !fits(http, password.to_owned(), Some(&account)).await? {
        return Err(Problem::invalid("the password is wrong: this takes your present one"));
    }
    tries.forget().await?;
    Ok(account)
}

/// A hash of a password that somebody chose, if it may be one.
pub async fn hash(http: &Http, password: &str, email: &str) -> Result<String, Problem> {
    http.app.sign_in.acceptable(password, email).await.map_err(Problem::invalid)?;
    let _place = CHECKS.acquire().await.map_err(|error| Problem::internal(&error))?;
    password::hash(password.to_owned(), &*http.app.ids).await.map_err(|error| Problem::internal(&error))
}

/// What the password of an address that nobody has is checked against, so that it takes as long as
/// any other.
static NOBODY: OnceCell<String> = OnceCell::const_new();

/// Whether the password fits; without one it takes as long and does not.
async fn fits(http: &Http, password: String, account: Option<&Account>) -> Result<bool, Problem> {
    // Made in both cases, so that the first failure takes no longer than others.
    let nobody = NOBODY
        .get_or_try_init(|| password::hash("nobody signs in with this".to_owned(), &*http.app.ids))
        .await
        .map_err(|error| Problem::internal(&error))?;
    let hash = account.and_then(|account| account.password_hash.clone());
    let known = hash.is_some();
    let fits = password::verify(password, hash.unwrap_or_else(|| nobody.clone())).await;
    Ok(fits && known)
}

/// Whether the code is one of the account's, which is used up by that.
async fn shows_code(http: &Http, account: Option<&Account>, code: Option<&str>) -> Result<bool, Problem> {
    let Some(code) = code else { return Ok(false) };
    let store = &http.app.store;
    // Asked of the store whoever it is, so that it takes as long.
    let id = account.map_or(AccountId(Uuid::nil()), |account| account.id);
    if let Some(kept) = codes::recovery_digest(id, code) {
        return Ok(store.take_recovery_code(id, kept).await?);
    }
    let Some(totp) = account.and_then(|account| account.totp.as_ref()) else { return Ok(false) };
    if !totp.confirmed {
        return Ok(false);
    }
    let sealing = &http.app.sign_in.sealing;
    let purpose = codes::purpose(id);
    let opened = sealing.open(&purpose, &totp.sealed).map_err(|error| Problem::internal(&error))?;
    let email = account.map(|account| account.email.as_str()).unwrap_or_default();
    let app = codes::app(&opened.plain, email).map_err(|error| Problem::internal(&error))?;
    let Some(step) = codes::step(&app, code, http.app.clock.now()) else { return Ok(false) };
    if !store.take_totp_step(id, step).await? {
        return Ok(false);
    }
    if opened.stale {
        let sealed = sealing.seal(&purpose, &opened.plain, &*http.app.ids);
        let sealed = sealed.map_err(|error| Problem::internal(&error))?;
        store.reseal_totp(id, totp.sealed.clone(), sealed).await?;
    }
    Ok(true)
}

/// Nobody waits for it: an address that somebody has must not take longer than any other.
fn refused(http: &Http, account: AccountId) {
    let http = http.clone();
    tokio::spawn(async move {
        let told = async {
            for membership in http.app.store.memberships(account).await? {
                let deed = http.of_session(AuditAction::SessionRefused, &membership.user);
                // Whoever tried is not who the address belongs to, as far as anybody knows.
                let deed = Deed { actor: Actor::System, ..deed };
                http.app.store.workspace(membership.workspace.id).audit(deed).await?;
            }
            Ok::<_, store::StoreError>(())
        };
        if let Err(error) = told.await {
            warn!(%error, "a refused sign-in could not be written down");
        }
    });
}
