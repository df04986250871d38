//! Accounts: who can sign in, how they prove it, where they belong and what ends.

use std::time::Duration;

use domain::{
    AccountId, InvitationId, PasskeyId, SessionId, UserId, WorkspaceId,
    audit::{AuditAction, Deed},
    user::{Actor, Role, User},
};
use serde_json::json;
use store::{AccountDeed, Invitation, Joining, Passkey, Session, StoreError, WorkspaceStore};

use crate::fixture::{Fixture, elsewhere};

fn user(f: &Fixture, email: &str) -> User {
    User {
        id: f.id(UserId::new),
        email: email.to_owned(),
        name: "Eve".to_owned(),
        role: Role::Admin,
        title: String::new(),
        created_at: f.now(),
        deactivated_at: None,
    }
}

fn deed(f: &Fixture, action: AuditAction) -> Deed {
    Deed { at: f.now(), actor: Actor::System, action, subject: "eve".to_owned(), detail: json!({}) }
}

fn happened(f: &Fixture, action: AuditAction) -> AccountDeed {
    AccountDeed { at: f.now(), action, detail: json!({}), by_themselves: true }
}

/// A person of the desk and their account.
async fn eve(f: &Fixture) -> (User, AccountId) {
    let user = user(f, "eve@example.com");
    f.desk.create_user(user.clone(), "argon2".to_owned()).await.unwrap();
    let account = f.store.account_by_email("Eve@Example.com").await.unwrap().unwrap();
    assert_eq!(account.password_hash.as_deref(), Some("argon2"));
    (user, account.id)
}

async fn south(f: &Fixture) -> WorkspaceStore {
    f.store.workspace(f.store.create_workspace("south", "South").await.unwrap().id)
}

fn session(f: &Fixture, account_id: AccountId, user_id: UserId) -> Session {
    Session {
        id: f.id(SessionId::new),
        account_id,
        user_id,
        device: "Firefox".to_owned(),
        address: "10.0.0.1".to_owned(),
        second_factor: false,
        created_at: f.now(),
        seen_at: f.now(),
        expires_at: f.now().plus(Duration::from_secs(60)),
    }
}

async fn begun(f: &Fixture, account: AccountId, user: UserId) -> Session {
    let session = session(f, account, user);
    f.desk.begin_session(session.clone(), deed(f, AuditAction::SessionOpened)).await.unwrap();
    session
}

async fn deeds(desk: &WorkspaceStore) -> Vec<AuditAction> {
    desk.audit_after(0, 100).await.unwrap().into_iter().map(|entry| entry.deed.action).collect()
}

pub async fn one_address_is_one_account_in_several_workspaces(f: Fixture) {
    let (first, account) = eve(&f).await;
    let south = south(&f).await;
    f.clock.advance(Duration::from_secs(1));
    let second = user(&f, "EVE@example.com");
    south.create_user(second.clone(), "another".to_owned()).await.unwrap();
    // Whoever adds a member does not choose their password.
    let kept = f.store.account(account).await.unwrap().unwrap();
    assert_eq!(kept.password_hash.as_deref(), Some("argon2"));
    assert!(!format!("{kept:?}").contains("argon2"));
    let again = user(&f, "eve@example.com");
    assert!(matches!(south.create_user(again, String::new()).await, Err(StoreError::Taken(_))));

    let there = f.store.memberships(account).await.unwrap();
    let ids: Vec<_> = there.iter().map(|m| (m.workspace.slug.as_str(), m.user.id)).collect();
    assert_eq!(ids, [("north", first.id), ("south", second.id)]);
    assert_eq!(f.store.memberships(f.id(AccountId::new)).await.unwrap(), []);
    assert_eq!(f.store.account_by_email("nobody@example.com").await.unwrap(), None);
    // Another workspace's person is nobody here.
    assert_eq!(f.desk.user(second.id).await.unwrap(), None);
    f.store.rename_account(account, "Evelyn".to_owned()).await.unwrap();
    assert_eq!(f.desk.user(first.id).await.unwrap().unwrap().name, "Evelyn");
    assert_eq!(south.user(second.id).await.unwrap().unwrap().name, "Evelyn");
}

pub async fn a_session_is_there_until_it_ends(f: Fixture) {
    let (user, account) = eve(&f).await;
    let one = begun(&f, account, user.id).await;
    let other = begun(&f, account, user.id).await;
    assert_eq!(f.desk.session(one.id, f.now()).await.unwrap().as_ref(), Some(&one));
    assert_eq!(elsewhere(&f).session(one.id, f.now()).await.unwrap(), None);
    assert!(!elsewhere(&f).end_session(one.id, deed(&f, AuditAction::SessionClosed)).await.unwrap());
    assert!(f.desk.end_session(one.id, deed(&f, AuditAction::SessionClosed)).await.unwrap());
    assert!(!f.desk.end_session(one.id, deed(&f, AuditAction::SessionClosed)).await.unwrap());
    assert_eq!(f.desk.session(one.id, f.now()).await.unwrap(), None);
    assert!(f.desk.session(other.id, f.now()).await.unwrap().is_some());
    assert_eq!(f.desk.session(other.id, other.expires_at).await.unwrap(), None);
    // Those that are over are not kept for ever.
    f.clock.advance(Duration::from_secs(60));
    begun(&f, account, user.id).await;
    assert_eq!(f.desk.session(other.id, other.created_at).await.unwrap(), None);
    // What did not end is not said to have ended.
    use AuditAction::{SessionClosed, SessionOpened};
    assert_eq!(deeds(&f.desk).await, [SessionOpened, SessionOpened, SessionClosed, SessionOpened]);
    assert_eq!(deeds(&elsewhere(&f)).await, []);
}

pub async fn a_session_that_is_used_goes_on_and_moves_between_workspaces(f: Fixture) {
    let (user, account) = eve(&f).await;
    let south = south(&f).await;
    let there = self::user(&f, "eve@example.com");
    south.create_user(there.clone(), String::new()).await.unwrap();
    let stranger = self::user(&f, "mallory@example.com");
    south.create_user(stranger.clone(), "theirs".to_owned()).await.unwrap();
    let session = begun(&f, account, user.id).await;
    f.clock.advance(Duration::from_secs(30));
    let until = f.now().plus(Duration::from_secs(60));
    let see = |address: &str, until| f.desk.see_session(session.id, address.to_owned(), f.now(), until);
    see("10.0.0.2", until).await.unwrap();
    f.clock.advance(Duration::from_secs(40));
    let seen = f.desk.session(session.id, f.now()).await.unwrap().unwrap();
    assert_eq!((seen.address.as_str(), seen.expires_at), ("10.0.0.2", until));
    f.desk.strengthen_session(session.id).await.unwrap();

    let both = || (deed(&f, AuditAction::SessionSwitched), deed(&f, AuditAction::SessionSwitched));
    // Nobody comes in as somebody else, or where they do not belong.
    assert!(!f.desk.switch_session(session.id, south.id(), stranger.id, both()).await.unwrap());
    assert!(!f.desk.switch_session(session.id, f.id(WorkspaceId::new), user.id, both()).await.unwrap());
    assert!(f.desk.switch_session(session.id, south.id(), there.id, both()).await.unwrap());
    assert_eq!(f.desk.session(session.id, f.now()).await.unwrap(), None);
    let moved = south.session(session.id, f.now()).await.unwrap().unwrap();
    assert_eq!((moved.user_id, moved.second_factor), (there.id, true));
    assert_eq!(deeds(&south).await, [AuditAction::SessionSwitched]);
    let listed = f.store.sessions_of(account, f.now()).await.unwrap();
    assert_eq!(listed, [(south.id(), moved)]);
    // One that is over does not come back by being used.
    f.clock.advance(Duration::from_secs(60));
    south
        .see_session(session.id, String::new(), f.now(), f.now().plus(Duration::from_secs(60)))
        .await
        .unwrap();
    assert_eq!(south.session(session.id, f.now()).await.unwrap(), None);
}

pub async fn a_new_password_ends_the_other_sessions(f: Fixture) {
    let (user, account) = eve(&f).await;
    let (mine, other) = (begun(&f, account, user.id).await, begun(&f, account, user.id).await);
    let changed = happened(&f, AuditAction::PasswordChanged);
    f.store.set_password(account, "new".to_owned(), Some(mine.id), changed).await.unwrap();
    assert!(f.desk.session(mine.id, f.now()).await.unwrap().is_some());
    assert_eq!(f.desk.session(other.id, f.now()).await.unwrap(), None);
    assert_eq!(f.store.account(account).await.unwrap().unwrap().password_hash.as_deref(), Some("new"));
    let entries = f.desk.audit_after(0, 10).await.unwrap();
    assert_eq!(entries[2].deed.action, AuditAction::SessionClosed);
    assert_eq!(entries[3].deed.action, AuditAction::PasswordChanged);
    assert_eq!(entries[3].deed.actor, Actor::User { user_id: user.id, name: "Eve".to_owned() });
    let third = begun(&f, account, user.id).await;
    let closed = happened(&f, AuditAction::SessionClosed);
    assert_eq!(f.store.end_sessions(account, Some(mine.id), closed).await.unwrap(), 1);
    assert_eq!(f.desk.session(third.id, f.now()).await.unwrap(), None);
}

pub async fn a_reset_link_works_once_and_for_a_while(f: Fixture) {
    let (user, account) = eve(&f).await;
    let session = begun(&f, account, user.id).await;
    let hour = Duration::from_secs(3600);
    let offer = |digest: &str| f.store.offer_reset(account, digest.to_owned(), f.now(), f.now().plus(hour));
    let reset = |digest: &str| {
        let deed = happened(&f, AuditAction::PasswordReset);
        f.store.reset_password(digest.to_owned(), "new".to_owned(), deed)
    };
    offer("one").await.unwrap();
    offer("two").await.unwrap();
    assert_eq!(f.store.reset_of("one", f.now()).await.unwrap().map(|a| a.id), Some(account));
    assert!(!reset("three").await.unwrap());
    assert!(reset("one").await.unwrap());
    assert!(!reset("one").await.unwrap());
    // Earlier links are worth nothing with the new password.
    assert!(!reset("two").await.unwrap());
    assert_eq!(f.desk.session(session.id, f.now()).await.unwrap(), None);
    offer("late").await.unwrap();
    f.clock.advance(hour);
    assert_eq!(f.store.reset_of("late", f.now()).await.unwrap(), None);
    assert!(!reset("late").await.unwrap());
}

pub async fn a_code_is_taken_once_and_a_recovery_code_too(f: Fixture) {
    let (_, account) = eve(&f).await;
    assert!(f.store.offer_totp(account, "sealed".to_owned()).await.unwrap());
    assert!(!f.store.take_totp_step(account, 9).await.unwrap(), "it was not confirmed");
    let set = || happened(&f, AuditAction::SecondFactorSet);
    let confirm = |sealed: &str| {
        let codes = vec!["a".to_owned(), "b".to_owned()];
        f.store.confirm_totp(account, sealed.to_owned(), 10, codes, set())
    };
    assert!(!confirm("another").await.unwrap());
    assert!(confirm("sealed").await.unwrap());
    assert!(!confirm("sealed").await.unwrap());
    assert!(!f.store.offer_totp(account, "replaced".to_owned()).await.unwrap());
    assert!(!f.store.take_totp_step(account, 10).await.unwrap(), "the code of the confirmation is used");
    let tries = futures::future::join_all((0..8).map(|_| f.store.take_totp_step(account, 11))).await;
    assert_eq!(tries.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);

    let code = || f.store.take_recovery_code(account, "a".to_owned());
    let tries = futures::future::join_all((0..8).map(|_| code())).await;
    assert_eq!(tries.into_iter().filter(|taken| *taken.as_ref().unwrap()).count(), 1);
    assert_eq!(f.store.recovery_codes_left(account).await.unwrap(), 1);
    let made = happened(&f, AuditAction::RecoveryCodesMade);
    f.store.replace_recovery_codes(account, vec!["c".to_owned()], made).await.unwrap();
    assert!(!f.store.take_recovery_code(account, "b".to_owned()).await.unwrap());

    f.store.reseal_totp(account, "sealed".to_owned(), "again".to_owned()).await.unwrap();
    let totp = f.store.account(account).await.unwrap().unwrap().totp.unwrap();
    assert!(totp.confirmed && totp.sealed == "again");
    assert!(f.store.remove_totp(account, happened(&f, AuditAction::SecondFactorRemoved)).await.unwrap());
    assert!(f.store.account(account).await.unwrap().unwrap().totp.is_none());
    assert_eq!(f.store.recovery_codes_left(account).await.unwrap(), 0);
}

pub async fn failures_are_counted_for_all_processes_and_forgotten(f: Fixture) {
    let f = &f;
    let window = Duration::from_secs(900);
    let subjects = || vec!["place".to_owned(), "account".to_owned()];
    // An embedded database has one process.
    let shared = f.url.starts_with("postgres");
    let other = if shared { f.another_process("two", 0).await } else { f.store.clone() };
    let one = f.store.clone();
    let count =
        |store: store::Store| async move { store.count_sign_in(subjects(), f.now(), window).await.unwrap() };
    assert_eq!(count(one.clone()).await, [1, 1]);
    assert_eq!(count(other.clone()).await, [2, 2]);
    one.forget_sign_ins(vec!["place".to_owned()]).await.unwrap();
    assert_eq!(count(other.clone()).await, [1, 3]);
    f.clock.advance(window);
    assert_eq!(count(one).await, [1, 1]);

    let soon = f.now().plus(window);
    assert!(f.store.spend_challenge("x".to_owned(), f.now(), soon).await.unwrap());
    assert!(!other.spend_challenge("x".to_owned(), f.now(), soon).await.unwrap());
}

pub async fn a_passkey_belongs_to_one_account(f: Fixture) {
    let (_, account) = eve(&f).await;
    let passkey = Passkey {
        id: f.id(PasskeyId::new),
        account_id: account,
        credential_id: "cred".to_owned(),
        credential: "{}".to_owned(),
        name: "Laptop".to_owned(),
        created_at: f.now(),
        used_at: None,
    };
    let added = || happened(&f, AuditAction::PasskeyAdded);
    f.store.add_passkey(passkey.clone(), added()).await.unwrap();
    let again = Passkey { id: f.id(PasskeyId::new), ..passkey.clone() };
    assert!(matches!(f.store.add_passkey(again, added()).await, Err(StoreError::Taken(_))));
    assert_eq!(f.store.passkey_by_credential("cred").await.unwrap(), Some(passkey.clone()));
    let stranger = f.id(AccountId::new);
    assert!(!f.store.rename_passkey(stranger, passkey.id, "Mine".to_owned()).await.unwrap());
    assert!(f.store.rename_passkey(account, passkey.id, "Phone".to_owned()).await.unwrap());
    let used = |before: &str| f.store.use_passkey(passkey.id, before.to_owned(), "{1}".to_owned(), f.now());
    assert!(used("{}").await.unwrap());
    assert!(!used("{}").await.unwrap(), "two signatures with one counter");
    let listed = f.store.passkeys(account).await.unwrap();
    assert_eq!((listed[0].name.as_str(), listed[0].used_at), ("Phone", Some(f.now())));
    let removed = || happened(&f, AuditAction::PasskeyRemoved);
    assert!(!f.store.remove_passkey(stranger, passkey.id, removed()).await.unwrap());
    assert!(f.store.remove_passkey(account, passkey.id, removed()).await.unwrap());
    assert_eq!(f.store.passkeys(account).await.unwrap(), []);
    assert_eq!(deeds(&f.desk).await, [AuditAction::PasskeyAdded, AuditAction::PasskeyRemoved]);
}

pub async fn an_invitation_is_accepted_once(f: Fixture) {
    let (_, eve) = eve(&f).await;
    let week = Duration::from_secs(7 * 24 * 3600);
    let invitation = |email: &str| Invitation {
        id: f.id(InvitationId::new),
        email: email.to_owned(),
        role: Role::Agent,
        invited_by: Actor::System,
        created_at: f.now(),
        expires_at: f.now().plus(week),
    };
    let made = || deed(&f, AuditAction::InvitationMade);
    let member = f.desk.invite(invitation("Eve@example.com"), "m".to_owned(), made()).await;
    assert!(matches!(member, Err(StoreError::Taken(_))), "{member:?}");
    let first = invitation("ada@example.com");
    f.desk.invite(first.clone(), "a1".to_owned(), made()).await.unwrap();
    f.desk.invite(invitation("ada@example.com"), "a2".to_owned(), made()).await.unwrap();
    assert_eq!(f.desk.invitations().await.unwrap().len(), 1);
    assert_eq!(f.store.invitation_of("a1", f.now()).await.unwrap(), None, "a later one takes its place");
    let (workspace, found) = f.store.invitation_of("a2", f.now()).await.unwrap().unwrap();
    assert_eq!((workspace, found.email.as_str()), (f.desk.id(), "ada@example.com"));

    let joining = |email: &str, password: Option<&str>| Joining {
        user: user(&f, email),
        password_hash: password.map(str::to_owned),
        deed: deed(&f, AuditAction::InvitationAccepted),
    };
    let accept = |desk: &WorkspaceStore, digest: &str, joining| {
        let (desk, digest) = (desk.clone(), digest.to_owned());
        async move { desk.accept_invitation(digest, joining).await }
    };
    let there = elsewhere(&f);
    assert_eq!(accept(&there, "a2", joining("ada@example.com", Some("h"))).await.unwrap(), None);
    let without = accept(&f.desk, "a2", joining("ada@example.com", None)).await;
    assert!(matches!(without, Err(StoreError::Taken(_))), "nobody joins as an account that is not there");
    let joined = accept(&f.desk, "a2", joining("ada@example.com", Some("h"))).await.unwrap().unwrap();
    assert_eq!(f.store.account(joined).await.unwrap().unwrap().password_hash.as_deref(), Some("h"));
    assert_eq!(accept(&f.desk, "a2", joining("ada@example.com", None)).await.unwrap(), None);

    // Who has an account joins with it, and nobody gives it another password.
    let south = south(&f).await;
    south.invite(invitation("eve@example.com"), "e".to_owned(), made()).await.unwrap();
    let seized = accept(&south, "e", joining("eve@example.com", Some("mine now"))).await;
    assert!(matches!(seized, Err(StoreError::Taken(_))), "{seized:?}");
    let joined = accept(&south, "e", joining("eve@example.com", None)).await.unwrap();
    assert_eq!(joined, Some(eve));
    assert_eq!(f.store.account(eve).await.unwrap().unwrap().password_hash.as_deref(), Some("argon2"));

    f.desk.invite(first.clone(), "b".to_owned(), made()).await.unwrap_err();
    let late = invitation("late@example.com");
    f.desk.invite(late.clone(), "l".to_owned(), made()).await.unwrap();
    let revoked = || deed(&f, AuditAction::InvitationRevoked);
    assert!(!there.revoke_invitation(late.id, revoked()).await.unwrap());
    f.clock.advance(week);
    assert_eq!(accept(&f.desk, "l", joining("late@example.com", Some("h"))).await.unwrap(), None);
    assert!(f.desk.revoke_invitation(late.id, revoked()).await.unwrap());
}

pub async fn whoever_a_company_vouches_for_is_known_by_its_subject(f: Fixture) {
    let (_, account) = eve(&f).await;
    let link = |subject: &str| {
        let deed = happened(&f, AuditAction::IdentityLinked);
        f.store.link_identity(account, "https://id.example".to_owned(), subject.to_owned(), deed)
    };
    link("42").await.unwrap();
    link("42").await.unwrap();
    let known = |issuer: &'static str| f.store.account_by_identity(issuer, "42");
    assert_eq!(known("https://id.example").await.unwrap().map(|a| a.id), Some(account));
    assert_eq!(known("https://evil.example").await.unwrap(), None);
    assert_eq!(deeds(&f.desk).await, [AuditAction::IdentityLinked]);

    let joined = f.desk.join(user(&f, "new@example.com"), deed(&f, AuditAction::InvitationAccepted)).await;
    let joined = f.store.account(joined.unwrap()).await.unwrap().unwrap();
    assert_eq!(joined.password_hash, None);
    let again = f.desk.join(user(&f, "new@example.com"), deed(&f, AuditAction::InvitationAccepted)).await;
    assert!(matches!(again, Err(StoreError::Taken(_))));
}
