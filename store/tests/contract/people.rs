//! Colleagues, their roles and teams, and the keys that requests are made with.

use std::time::Duration;

use domain::{
    ApiKeyId, ServiceAccountId, SessionId, UserId,
    audit::{AuditAction, Deed},
    permission::{OwnRole, Permission, Permissions},
    user::{Actor, Role, RoleName, Team, TeamName, User},
};
use serde_json::json;
use store::{ApiKey, AuditFilter, KeyOwner, PersonChange, PersonChanged, ServiceAccount, Session};

use crate::fixture::{Fixture, elsewhere};

async fn colleague(f: &Fixture, name: &str, role: Role) -> User {
    let user = User {
        id: f.id(UserId::new),
        email: format!("{name}@example.com"),
        name: name.to_owned(),
        role,
        title: String::new(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_user(user.clone(), "argon2".to_owned()).await.unwrap();
    user
}

fn deed(f: &Fixture, action: AuditAction) -> Deed {
    Deed { at: f.now(), actor: Actor::System, action, subject: "it".to_owned(), detail: json!({}) }
}

fn to(role: Role) -> PersonChange {
    PersonChange { role: Some(role), ..PersonChange::default() }
}

async fn told(f: &Fixture, action: AuditAction) -> usize {
    let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
    f.desk.audit_entries(&filter, None, 100).await.unwrap().len()
}

pub async fn the_last_owner_stays_one(f: Fixture) {
    let owner = colleague(&f, "ola", Role::Owner).await;
    let other = colleague(&f, "ava", Role::Admin).await;
    let by = || (Actor::System, f.now());
    let out = PersonChange { active: Some(false), ..PersonChange::default() };
    for change in [to(Role::Admin), out.clone()] {
        let kept = f.desk.change_person(owner.id, change, by()).await.unwrap();
        assert_eq!(kept, PersonChanged::LastOwner);
    }
    assert_eq!(told(&f, AuditAction::PersonChanged).await, 0, "what is refused is not written down");
    let named = PersonChange { title: Some("Head".to_owned()), ..PersonChange::default() };
    let PersonChanged::Done(after) = f.desk.change_person(owner.id, named, by()).await.unwrap() else {
        panic!("a title is no reason");
    };
    assert_eq!((after.title.as_str(), &after.role), ("Head", &Role::Owner));
    f.desk.change_person(other.id, to(Role::Owner), by()).await.unwrap();
    assert!(matches!(f.desk.change_person(owner.id, out, by()).await.unwrap(), PersonChanged::Done(_)));
    assert_eq!(
        f.desk.change_person(other.id, to(Role::Viewer), by()).await.unwrap(),
        PersonChanged::LastOwner
    );
    assert_eq!(told(&f, AuditAction::PersonChanged).await, 3);
    // Of another workspace there is nobody.
    let south = elsewhere(&f);
    let gone = south.change_person(owner.id, to(Role::Owner), by()).await.unwrap();
    assert_eq!(gone, PersonChanged::Nobody);
}

pub async fn of_two_owners_who_put_out_each_other_one_stays(f: Fixture) {
    let (one, other) = (colleague(&f, "one", Role::Owner).await, colleague(&f, "two", Role::Owner).await);
    let by = || (Actor::System, f.now());
    let changes = [one.id, other.id].map(|id| f.desk.change_person(id, to(Role::Agent), by()));
    let [first, second] = changes;
    let (first, second) = futures::join!(first, second);
    let done =
        [first.unwrap(), second.unwrap()].iter().filter(|it| matches!(it, PersonChanged::Done(_))).count();
    assert_eq!(done, 1);
}

pub async fn who_is_kept_out_is_out_with_sessions_and_keys(f: Fixture) {
    colleague(&f, "ola", Role::Owner).await;
    let user = colleague(&f, "eve", Role::Agent).await;
    let account = f.store.account_by_email(&user.email).await.unwrap().unwrap();
    let session = Session {
        id: f.id(SessionId::new),
        account_id: account.id,
        user_id: user.id,
        device: "Firefox".to_owned(),
        address: "10.0.0.1".to_owned(),
        second_factor: false,
        created_at: f.now(),
        seen_at: f.now(),
        expires_at: f.now().plus(Duration::from_secs(60)),
    };
    f.desk.begin_session(session.clone(), deed(&f, AuditAction::SessionOpened)).await.unwrap();
    let service = ServiceAccount {
        id: f.id(ServiceAccountId::new),
        name: "shop".to_owned(),
        description: "orders".to_owned(),
        created_at: f.now(),
        deactivated_at: None,
    };
    f.desk.create_service_account(service.clone(), deed(&f, AuditAction::ServiceAccountMade)).await.unwrap();
    assert_eq!(f.desk.service_account(service.id).await.unwrap(), Some(service.clone()));
    assert_eq!(f.desk.service_accounts(10, None).await.unwrap().items, std::slice::from_ref(&service));
    let mut keys = Vec::new();
    for (name, owner) in [("hers", KeyOwner::User(user.id)), ("shop", KeyOwner::ServiceAccount(service.id))] {
        let key = ApiKey {
            id: f.id(ApiKeyId::new),
            name: name.to_owned(),
            owner,
            scopes: [Permission::ReadTickets].into_iter().collect(),
            hint: "cs_live_abcd".to_owned(),
            created_at: f.now(),
            expires_at: Some(f.now().plus(Duration::from_secs(3600))),
            revoked_at: None,
            last_used_at: None,
        };
        f.desk.create_api_key(key.clone(), name.to_owned(), deed(&f, AuditAction::ApiKeyMade)).await.unwrap();
        assert_eq!(f.store.api_key_by_hash(name).await.unwrap(), Some((f.desk.id(), key.clone())));
        keys.push(key);
    }
    assert_eq!(f.store.api_key_by_hash("another").await.unwrap(), None);
    f.desk.api_key_used(keys[1].id, f.now()).await.unwrap();
    assert_eq!(f.desk.api_key(keys[1].id).await.unwrap().unwrap().last_used_at, Some(f.now()));

    let out = PersonChange { active: Some(false), ..PersonChange::default() };
    let by = (Actor::System, f.now());
    let PersonChanged::Done(after) = f.desk.change_person(user.id, out, by.clone()).await.unwrap() else {
        panic!("an agent can be kept out");
    };
    assert_eq!(after.deactivated_at, Some(f.now()));
    assert_eq!(f.desk.session(session.id, f.now()).await.unwrap(), None);
    assert_eq!(f.store.api_key_by_hash("hers").await.unwrap(), None);
    assert!(f.store.api_key_by_hash("shop").await.unwrap().is_some());
    let back = PersonChange { active: Some(true), ..PersonChange::default() };
    f.desk.change_person(user.id, back, by).await.unwrap();
    assert!(f.store.api_key_by_hash("hers").await.unwrap().is_some());
    assert_eq!(f.desk.session(session.id, f.now()).await.unwrap(), None, "the session stays over");

    let south = elsewhere(&f);
    let revoke = || deed(&f, AuditAction::ApiKeyRevoked);
    assert!(!south.revoke_api_key(keys[0].id, revoke()).await.unwrap());
    assert!(f.desk.revoke_api_key(keys[0].id, revoke()).await.unwrap());
    assert!(!f.desk.revoke_api_key(keys[0].id, revoke()).await.unwrap(), "once");
    assert_eq!(f.store.api_key_by_hash("hers").await.unwrap(), None);
    let stop = || deed(&f, AuditAction::ServiceAccountDeactivated);
    assert!(!south.deactivate_service_account(service.id, stop()).await.unwrap());
    assert!(f.desk.deactivate_service_account(service.id, stop()).await.unwrap());
    assert_eq!(f.store.api_key_by_hash("shop").await.unwrap(), None);
    let all = f.desk.api_keys(1, None).await.unwrap();
    assert_eq!(all.items.len() + f.desk.api_keys(9, all.next.as_deref()).await.unwrap().items.len(), 2);
    assert!(south.api_keys(9, None).await.unwrap().items.is_empty());
    for action in [AuditAction::ApiKeyRevoked, AuditAction::ServiceAccountDeactivated] {
        assert_eq!(told(&f, action).await, 1);
    }
    assert!(f.desk.verify_audit().await.unwrap().broken.is_none());
}

pub async fn a_workspaces_own_roles_are_its_own(f: Fixture) {
    let name = RoleName::parse("refund_desk").unwrap();
    let role = OwnRole {
        name: name.clone(),
        description: "refunds".to_owned(),
        permissions: [Permission::ReadApprovals, Permission::DecideApprovals].into_iter().collect(),
    };
    let stored = || deed(&f, AuditAction::RoleStored);
    f.desk.put_role(role.clone(), f.now(), stored()).await.unwrap();
    assert_eq!(f.desk.own_roles().await.unwrap(), std::slice::from_ref(&role));
    let named = Role::Custom(name.clone());
    assert_eq!(f.desk.permissions_of(&named).await.unwrap(), role.permissions);
    let south = elsewhere(&f);
    assert_eq!(south.permissions_of(&named).await.unwrap(), Permissions::NONE);
    let user = colleague(&f, "eve", named.clone()).await;
    assert_eq!(f.desk.user(user.id).await.unwrap().unwrap().role, named);
    assert!(f.desk.standing(&user).await.unwrap().answers_for(&named));
    let removed = || deed(&f, AuditAction::RoleRemoved);
    assert_eq!(f.desk.remove_role(name.clone(), removed()).await.unwrap(), Some(1), "somebody has it");
    f.desk.change_person(user.id, to(Role::Viewer), (Actor::System, f.now())).await.unwrap();
    assert_eq!(south.remove_role(name.clone(), removed()).await.unwrap(), None);
    assert_eq!(f.desk.remove_role(name.clone(), removed()).await.unwrap(), Some(0));
    assert_eq!(f.desk.remove_role(name, removed()).await.unwrap(), None);
    assert_eq!(told(&f, AuditAction::RoleRemoved).await, 1);
}

pub async fn teams_have_members_until_they_do_not(f: Fixture) {
    let (refunds, users) = (TeamName::parse("refunds").unwrap(), ["one", "two"]);
    let team = Team { name: refunds.clone(), description: "money".to_owned(), created_at: f.now() };
    let stored = || deed(&f, AuditAction::TeamStored);
    f.desk.put_team(team.clone(), stored()).await.unwrap();
    let other = Team { name: TeamName::parse("shipping").unwrap(), ..team.clone() };
    f.desk.put_team(other.clone(), stored()).await.unwrap();
    assert_eq!(f.desk.teams(None, 1).await.unwrap(), std::slice::from_ref(&team));
    assert_eq!(f.desk.teams(Some("refunds"), 9).await.unwrap(), [other]);
    for name in users {
        let user = colleague(&f, name, Role::Reviewer).await;
        assert!(f.desk.set_team_member(refunds.clone(), user.id, true, stored()).await.unwrap());
        assert!(!f.desk.set_team_member(refunds.clone(), user.id, true, stored()).await.unwrap());
        assert_eq!(f.desk.standing(&user).await.unwrap().teams, std::slice::from_ref(&refunds));
    }
    let members = f.desk.team_members(&refunds).await.unwrap();
    assert_eq!(members.iter().map(|user| user.name.as_str()).collect::<Vec<_>>(), users);
    let first = members[0].id;
    assert!(f.desk.set_team_member(refunds.clone(), first, false, stored()).await.unwrap());
    assert_eq!(f.desk.teams_of(first).await.unwrap(), Vec::<TeamName>::new());
    let south = elsewhere(&f);
    let removed = || deed(&f, AuditAction::TeamRemoved);
    assert!(!south.remove_team(refunds.clone(), removed()).await.unwrap());
    assert_eq!(south.team(&refunds).await.unwrap(), None);
    assert!(f.desk.remove_team(refunds.clone(), removed()).await.unwrap());
    assert!(!f.desk.remove_team(refunds.clone(), removed()).await.unwrap());
    assert_eq!(f.desk.team(&refunds).await.unwrap(), None);
}
