//! Colleagues, their roles and teams, and the keys that requests are made with.

use std::time::Duration;

use domain::{
    ApiKeyId, ServiceAccountId, SessionId, UserId,
    approval::{ApprovalStatus, DecisionKind},
    audit::{AuditAction, Deed},
    permission::{OwnRole, Permission, Permissions},
    ticket::{EventBody, TicketStatus},
    user::{Actor, Role, RoleName, Team, TeamName, User},
};
use serde_json::json;
use store::{
    ApiKey, ApprovalFilter, Assigned, AuditFilter, KeyOwner, PersonChange, PersonChanged, ServiceAccount,
    Session, TicketFilter,
};

use crate::{
    fixture::{Fixture, append, decided, elsewhere, one},
    inbox::{actions, asked},
};

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

pub async fn who_is_kept_out_leaves_what_was_theirs_to_others(mut f: Fixture) {
    let owner = colleague(&f, "ola", Role::Owner).await;
    let eve = colleague(&f, "eve", Role::Reviewer).await;
    let adam = colleague(&f, "adam", Role::Reviewer).await;
    let (run, hers) = asked(&mut f, |approval| approval.assignee = Some(eve.id)).await;
    let (_, his) = asked(&mut f, |approval| approval.assignee = Some(adam.id)).await;
    let (_, over) = asked(&mut f, |approval| approval.assignee = Some(eve.id)).await;
    f.desk.commit(one(decided(f.decision(&over, DecisionKind::Approve)))).await.unwrap();
    let now = f.now();
    let (_, late) = asked(&mut f, |approval| {
        approval.assignee = Some(eve.id);
        approval.expires_at = now;
    })
    .await;
    let (open, resolved, other) = (f.open("open").await, f.open("resolved").await, f.open("his").await);
    for (ticket, who) in [(open, &eve), (resolved, &eve), (other, &adam)] {
        let assigned = f.event(Actor::System, EventBody::Assigned { assignee: Some(who.id) });
        f.desk.commit(append(ticket, vec![assigned])).await.unwrap();
    }
    let status = EventBody::StatusChanged { status: TicketStatus::Resolved, reason: "done".to_owned() };
    f.desk.commit(append(resolved, vec![f.event(Actor::System, status)])).await.unwrap();
    let until = f.now().plus(Duration::from_secs(3_600));
    for (from, to) in [(&eve, &adam), (&adam, &eve), (&owner, &adam)] {
        let who = (from.id, from.name.clone());
        f.desk.delegate_approvals(who, Some((to.id, until)), f.now()).await.unwrap();
    }
    let signals = f.desk.run(run.id).await.unwrap().unwrap().signals;

    let mut notices = f.store.notices();
    let by = Actor::User { user_id: owner.id, name: owner.name.clone() };
    let out = PersonChange { active: Some(false), ..PersonChange::default() };
    f.desk.change_person(eve.id, out, (by.clone(), f.now())).await.unwrap();

    let whose = async |id| f.desk.approval(id).await.unwrap().unwrap().assignee;
    assert_eq!((whose(hers.id).await, whose(his.id).await), (None, Some(adam.id)));
    assert_eq!(whose(over.id).await, Some(eve.id), "whose it was when it was decided");
    let last = async |ticket| f.desk.events(ticket, 0, 100).await.unwrap().pop().unwrap();
    let told = last(hers.ticket_id.unwrap()).await;
    assert!(
        matches!(&told.body, EventBody::ApprovalAssigned { to: None, note, .. } if note == "eve was kept out"),
        "{told:?}"
    );
    assert_eq!(told.actor, by);
    let told = last(open).await;
    assert_eq!((&told.body, &told.actor), (&EventBody::Assigned { assignee: None }, &by));
    let assignee = async |id| f.desk.ticket(id).await.unwrap().unwrap().assignee;
    assert_eq!((assignee(open).await, assignee(other).await), (None, Some(adam.id)));
    assert_eq!(assignee(resolved).await, Some(eve.id), "who saw to it");
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap().signals, signals, "no run is woken by it");
    let left = f.desk.approval_delegations(f.now()).await.unwrap();
    assert_eq!(left.iter().map(|one| one.user_id).collect::<Vec<_>>(), [owner.id]);

    // What has still her name on it is nobody's all the same.
    let nobodys = TicketFilter { assigned: Some(Assigned::Nobody), ..TicketFilter::default() };
    let listed = f.desk.tickets(&nobodys, 100, None).await.unwrap().items;
    let listed: Vec<_> = listed.iter().map(|ticket| ticket.id).collect();
    assert!(listed.contains(&open) && listed.contains(&resolved) && !listed.contains(&other));
    let pending = ApprovalFilter {
        status: Some(ApprovalStatus::Pending),
        assigned: Some(Assigned::Nobody),
        ..ApprovalFilter::default()
    };
    let waiting = f.desk.approvals(&pending, 100, None).await.unwrap().items;
    let mut waiting: Vec<_> = waiting.iter().map(|approval| approval.id).collect();
    waiting.sort_unstable();
    assert_eq!(waiting, [hers.id, late.id]);

    let said = actions(&f).await;
    let expected = [
        AuditAction::ApprovalAssigned,
        AuditAction::ApprovalsDelegated,
        AuditAction::ApprovalsDelegated,
        AuditAction::PersonChanged,
    ];
    assert_eq!(said[said.len() - expected.len()..], expected);
    let heard = [notices.recv().await.unwrap(), notices.recv().await.unwrap()];
    let heard: Vec<_> = heard.iter().flat_map(|notice| &notice.receipt.events).map(|e| e.ticket_id).collect();
    assert_eq!(heard, [hers.ticket_id.unwrap(), open]);
    assert!(f.desk.verify_audit().await.unwrap().broken.is_none());
    assert_eq!(f.desk.verify_tickets().await.unwrap(), vec![]);
    let people: Vec<_> = f.desk.standings().await.unwrap().into_iter().map(|(user, _)| user.id).collect();
    assert_eq!(people, [owner.id, adam.id]);

    let back = PersonChange { active: Some(true), ..PersonChange::default() };
    f.desk.change_person(eve.id, back, (by, f.now())).await.unwrap();
    assert_eq!(whose(hers.id).await, None, "what was given back stays so");
    let people = f.desk.standings().await.unwrap();
    for (user, standing) in people {
        assert_eq!(standing, f.desk.standing(&user).await.unwrap());
    }
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
