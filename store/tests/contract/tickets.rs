//! Appending, numbering and listing.

use std::collections::BTreeSet;

use domain::{
    MessageId, TicketId, UserId, WorkspaceId,
    commit::{Commit, CommitError, Op},
    presence::{Doing, PRESENT_FOR},
    ticket::{Channel, EventBody, Priority, TicketStatus},
    user::{Actor, Role, User},
};
use futures::future::join_all;
use store::{Assigned, Store, TicketFilter, WorkspaceStore};

use crate::{
    fixture::{Fixture, append, customer, decided, elsewhere, one, options},
    inbox::person,
};

pub async fn versions_and_positions_are_gapless_under_64_concurrent_commits(f: Fixture) {
    let tickets = [f.open("a").await, f.open("b").await];
    let commits = (0..64).map(|n| {
        // Every fourth is refused: its key is used by the one before.
        let mut event = f.said(customer(), &format!("message {n}"));
        if n % 4 == 3 {
            event.idempotency_key = Some("the same".to_owned());
        }
        f.desk.commit(append(tickets[n % 2], vec![event, f.noted()]))
    });
    let results = join_all(commits).await;
    let written = results.iter().filter(|result| result.is_ok()).count();
    assert_eq!(written, 48 + 1);
    assert!(
        results.iter().flat_map(|r| r.as_ref().err()).all(|e| matches!(e, CommitError::Duplicate { .. }))
    );

    let events = f.desk.events_after(0, 500).await.unwrap();
    let total = i64::try_from(2 + 2 * written).unwrap();
    assert_eq!(events.iter().map(|e| e.position).collect::<Vec<_>>(), (1..=total).collect::<Vec<_>>());
    assert_eq!(f.desk.last_position().await.unwrap(), total);
    for ticket in tickets {
        let versions: Vec<i64> =
            f.desk.events(ticket, 0, 500).await.unwrap().iter().map(|e| e.version).collect();
        let snapshot = f.desk.ticket(ticket).await.unwrap().unwrap();
        assert_eq!(versions, (1..=snapshot.version).collect::<Vec<_>>());
        assert_eq!(f.desk.messages(ticket, None).await.unwrap().len(), versions.len() - 1);
    }
    // Receipts say what was stored.
    for receipt in results.into_iter().flatten() {
        for event in receipt.events {
            assert_eq!(Some(&event), events.iter().find(|e| e.position == event.position));
        }
    }
}

pub async fn tickets_are_numbered_from_one_in_each_workspace(f: Fixture) {
    let other = f.store.create_workspace("south", "South").await.unwrap();
    let other = f.store.workspace(other.id);
    for number in 1..=3 {
        let id = f.open("here").await;
        assert_eq!(f.desk.ticket(id).await.unwrap().unwrap().number, number);
    }
    let id = f.open_in(&other, Channel::Api, "there").await;
    assert_eq!(other.ticket_by_number(1).await.unwrap().unwrap().id, id);
    assert_eq!(other.last_position().await.unwrap(), 1);
    assert!(other.ticket_by_number(2).await.unwrap().is_none());
}

pub async fn an_event_with_a_known_idempotency_key_is_not_written_again(f: Fixture) {
    let ticket = f.open("once").await;
    let mut event = f.said(customer(), "hello");
    event.idempotency_key = Some("mail-1".to_owned());
    f.desk.commit(append(ticket, vec![event.clone()])).await.unwrap();

    let other = f.open("another").await;
    let mut again = f.said(customer(), "hello again");
    again.idempotency_key = Some("mail-1".to_owned());
    let before = f.desk.last_position().await.unwrap();
    let refused = f.desk.commit(append(other, vec![f.noted(), again.clone()])).await.unwrap_err();
    assert_eq!(refused, CommitError::Duplicate { ticket_id: ticket, event_id: event.id });
    assert_eq!(f.desk.last_position().await.unwrap(), before);

    // A key belongs to its workspace.
    let south = f.store.workspace(f.store.create_workspace("south", "South").await.unwrap().id);
    let there = f.open_in(&south, Channel::Api, "there").await;
    south.commit(append(there, vec![again])).await.unwrap();
}

pub async fn a_commit_is_written_whole_or_not_at_all(f: Fixture) {
    let ticket = f.id(TicketId::new);
    let commit = Commit {
        ops: vec![
            Op::Append {
                ticket_id: ticket,
                events: vec![f.created(Channel::Api, "x"), f.said(customer(), "y")],
            },
            Op::EnsureRun(f.new_run(Some(ticket))),
            Op::Append { ticket_id: f.id(TicketId::new), events: vec![f.said(customer(), "to nowhere")] },
        ],
    };
    assert!(matches!(f.desk.commit(commit).await, Err(CommitError::NotFound(_))));
    assert!(f.desk.ticket(ticket).await.unwrap().is_none());
    assert!(f.desk.active_run(ticket).await.unwrap().is_none());
    assert_eq!(f.desk.last_position().await.unwrap(), 0);
    let opened = f.open("the first to stay").await;
    assert_eq!(f.desk.ticket(opened).await.unwrap().unwrap().number, 1);
}

pub async fn a_commit_of_any_length_is_written_as_it_is(f: Fixture) {
    for length in [1, 2, 3, 4, 5, 11, 12, 13, 31, 33, 95, 96, 97, 200] {
        let ticket = f.open("long").await;
        let said: Vec<String> = (0..length).map(|n| format!("{n} of {length}")).collect();
        let events = said.iter().map(|body| f.said(customer(), body)).collect();
        f.desk.commit(append(ticket, events)).await.unwrap();
        let written = f.desk.messages(ticket, None).await.unwrap();
        assert_eq!(written.into_iter().map(|message| message.body).collect::<Vec<_>>(), said);
    }
}

pub async fn a_poisoned_commit_does_not_hurt_its_neighbours(f: Fixture) {
    let ticket = f.open("busy").await;
    let taken = f.said(customer(), "the first");
    let EventBody::MessageAdded { message } = taken.body.clone() else { panic!() };
    f.desk.commit(append(ticket, vec![taken])).await.unwrap();
    // A message id that exists passes every rule of the domain, and only the schema refuses it.
    let commits = (0..40).map(|n| {
        let mut event = f.said(customer(), "another");
        if n == 20 {
            event.body = EventBody::MessageAdded { message: message.clone() };
        }
        f.desk.commit(append(ticket, vec![event]))
    });
    let results = join_all(commits).await;
    for (n, result) in results.iter().enumerate() {
        assert_eq!(result.is_ok(), n != 20, "{n}: {result:?}");
    }
    assert!(matches!(results[20], Err(CommitError::Conflict(_))));
    assert_eq!(f.desk.ticket(ticket).await.unwrap().unwrap().version, 1 + 1 + 39);
    assert!(f.desk.verify_tickets().await.unwrap().is_empty());
}

pub async fn another_workspaces_ids_behave_as_if_they_did_not_exist(mut f: Fixture) {
    let (ticket, run) = f.working().await;
    let approval = f.approval(&run, 1);
    let effect = f.effect(&run, "c");
    let ops = vec![Op::AddApproval(Box::new(approval.clone())), Op::AddEffect(Box::new(effect.clone()))];
    f.desk.commit(Commit { ops }).await.unwrap();
    let south = f.store.workspace(f.store.create_workspace("south", "South").await.unwrap().id);

    assert!(south.ticket(ticket).await.unwrap().is_none());
    assert!(south.events(ticket, 0, 10).await.unwrap().is_empty());
    assert!(south.messages(ticket, None).await.unwrap().is_empty());
    assert!(south.run(run.id).await.unwrap().is_none());
    assert!(south.active_run(ticket).await.unwrap().is_none());
    assert!(south.steps(run.id).await.unwrap().is_empty());
    assert!(south.approval(approval.id).await.unwrap().is_none());
    assert!(south.effect(effect.id).await.unwrap().is_none());
    assert_eq!(south.pending_count().await.unwrap(), 0);

    let decision = f.decision(&approval, domain::approval::DecisionKind::Approve);
    let foreign = vec![
        Op::Append { ticket_id: ticket, events: vec![f.said(customer(), "x")] },
        Op::EnsureRun(f.new_run(Some(ticket))),
        Op::Run(Box::new(f.change(&run, crate::fixture::answered()))),
        decided(decision),
        Op::EndApproval {
            approval_id: approval.id,
            status: domain::approval::ApprovalStatus::Expired,
            at: f.now(),
        },
        Op::RetryRun { run_id: run.id, at: f.now() },
    ];
    for op in foreign {
        let refused = south.commit(one(op.clone())).await;
        assert!(matches!(refused, Err(CommitError::NotFound(_))), "{op:?}: {refused:?}");
    }
    // A workspace that does not exist takes nothing.
    let nowhere = elsewhere(&f);
    let opened = nowhere.commit(append(f.id(TicketId::new), vec![f.created(Channel::Api, "x")])).await;
    assert!(matches!(opened, Err(CommitError::NotFound(_))));
    assert_eq!(f.desk.run(run.id).await.unwrap().unwrap(), run);
}

pub async fn snapshots_are_the_fold_of_their_events(f: Fixture) {
    for n in 0..7 {
        let ticket = f.open(&format!("ticket {n}")).await;
        for _ in 0..n * 90 / 6 {
            f.desk.commit(append(ticket, vec![f.said(customer(), "more"), f.noted()])).await.unwrap();
        }
    }
    assert_eq!(f.desk.verify_tickets().await.unwrap(), vec![]);
}

pub async fn a_changed_snapshot_is_found(f: Fixture) {
    let ticket = f.open("as it was").await;
    f.open("untouched").await;
    if f.url.contains(":memory:") {
        // Nobody else can reach a database in memory.
        return;
    }
    sqlx_execute(&f.url, "UPDATE tickets SET snapshot = replace(snapshot, 'as it was', 'as it never was')")
        .await;
    let differences = f.desk.verify_tickets().await.unwrap();
    assert_eq!(differences.len(), 1);
    assert_eq!(differences[0].ticket_id, ticket);
    assert!(differences[0].why.contains("as it never was"), "{}", differences[0].why);
}

pub async fn sqlx_execute(url: &str, sql: &'static str) {
    use sqlx::{Connection as _, Executor as _};
    let mut connection = sqlx::AnyConnection::connect(url).await.unwrap();
    connection.execute(sql).await.unwrap();
    connection.close().await.unwrap();
}

pub async fn lists_of_tickets_are_filtered_and_continued(f: Fixture) {
    let mut opened = Vec::new();
    for n in 0..25 {
        // Several share a time, so that only the id tells them apart.
        if n % 4 == 0 {
            f.clock.advance(std::time::Duration::from_secs(1));
        }
        let channel = if n % 2 == 0 { Channel::Chat } else { Channel::Email };
        opened.push(f.open_in(&f.desk, channel, &format!("Parcel {n} is 100% LATE")).await);
    }
    let mut listed = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let page = f.desk.tickets(&TicketFilter::default(), 7, cursor.as_deref()).await.unwrap();
        assert!(page.items.len() <= 7);
        listed.extend(page.items);
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(listed.len(), 25);
    assert!(
        listed.windows(2).all(|pair| (pair[0].updated_at, pair[0].id) > (pair[1].updated_at, pair[1].id))
    );

    let found = async |filter: TicketFilter| f.desk.tickets(&filter, 100, None).await.unwrap().items.len();
    assert_eq!(found(TicketFilter { channel: Some(Channel::Chat), ..Default::default() }).await, 13);
    assert_eq!(found(TicketFilter { text: Some("parcel 1".to_owned()), ..Default::default() }).await, 11);
    assert_eq!(found(TicketFilter { text: Some("100% late".to_owned()), ..Default::default() }).await, 25);
    assert_eq!(found(TicketFilter { text: Some("100_".to_owned()), ..Default::default() }).await, 0);
    assert_eq!(found(TicketFilter { text: Some("#25".to_owned()), ..Default::default() }).await, 1);
    let escalated = EventBody::escalated("angry", "");
    f.desk.commit(append(opened[3], vec![f.event(Actor::System, escalated)])).await.unwrap();
    assert_eq!(found(TicketFilter { waiting_for_staff: true, ..Default::default() }).await, 1);
    assert_eq!(found(TicketFilter { status: Some(TicketStatus::Open), ..Default::default() }).await, 24);
    let counts = f.desk.counts().await.unwrap();
    assert_eq!(counts.tickets, [("open".to_owned(), 24), ("waiting_for_staff".to_owned(), 1)]);
}

pub async fn lists_of_tickets_are_narrowed_by_whose_they_are_and_how_urgent(f: Fixture) {
    let (eve, adam) = (person(&f, "eve").await, person(&f, "adam").await);
    for n in 0..24 {
        if n % 5 == 0 {
            f.clock.advance(std::time::Duration::from_secs(1));
        }
        let ticket = f.open(&format!("Parcel {n}")).await;
        let assignee = [None, Some(eve), Some(adam)][n % 3];
        let mut changes: Vec<EventBody> =
            assignee.map(|_| EventBody::Assigned { assignee }).into_iter().collect();
        if n % 4 == 0 {
            changes.push(EventBody::PrioritySet { priority: Priority::Urgent });
        }
        if !changes.is_empty() {
            let events = changes.into_iter().map(|body| f.event(Actor::System, body)).collect();
            f.desk.commit(append(ticket, events)).await.unwrap();
        }
    }
    let walked = async |filter: TicketFilter| {
        let (mut all, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = f.desk.tickets(&filter, 3, cursor.as_deref()).await.unwrap();
            all.extend(page.items);
            cursor = page.next;
            if cursor.is_none() {
                return all;
            }
        }
    };
    let whose = |assigned| TicketFilter { assigned: Some(assigned), ..TicketFilter::default() };
    let of = |priority| TicketFilter { priority: Some(priority), ..TicketFilter::default() };
    for (filter, count) in [
        (whose(Assigned::To(vec![eve])), 8),
        (whose(Assigned::To(vec![eve, adam])), 16),
        (whose(Assigned::To(Vec::new())), 0),
        (whose(Assigned::Nobody), 8),
        (of(Priority::Urgent), 6),
        (of(Priority::Normal), 18),
        (of(Priority::Low), 0),
        (TicketFilter { priority: Some(Priority::Urgent), ..whose(Assigned::To(vec![eve])) }, 2),
    ] {
        let found = walked(filter.clone()).await;
        assert_eq!(found.len(), count, "{filter:?}");
        assert!(
            found.windows(2).all(|pair| (pair[0].updated_at, pair[0].id) > (pair[1].updated_at, pair[1].id)),
            "{filter:?}: each once and in order"
        );
        assert!(found.iter().all(|ticket| {
            let whose = match &filter.assigned {
                None => true,
                Some(Assigned::Nobody) => ticket.assignee.is_none(),
                Some(Assigned::To(people)) => ticket.assignee.is_some_and(|id| people.contains(&id)),
            };
            whose && filter.priority.is_none_or(|priority| ticket.priority == priority)
        }));
    }
    let first = walked(whose(Assigned::To(vec![eve]))).await.remove(0).id;
    let nobodys = f.event(Actor::System, EventBody::Assigned { assignee: None });
    f.desk.commit(append(first, vec![nobodys])).await.unwrap();
    assert_eq!(walked(whose(Assigned::To(vec![eve]))).await.len(), 7);
    assert_eq!(walked(whose(Assigned::Nobody)).await.len(), 9);
}

pub async fn notices_come_in_the_order_of_positions(f: Fixture) {
    let mut notices = f.store.notices();
    let ticket = f.open("watched").await;
    let commits = (0..30).map(|_| f.desk.commit(append(ticket, vec![f.noted()])));
    join_all(commits).await;
    // A commit without events is not announced.
    f.desk.commit(Commit::default()).await.unwrap();
    for position in 1..=31 {
        let notice = notices.recv().await.unwrap();
        assert_eq!(notice.workspace_id, f.desk.id());
        assert_eq!(notice.receipt.events[0].position, position);
    }
    assert!(notices.try_recv().is_err());
}

pub async fn a_full_queue_says_when_to_come_back(f: Fixture) {
    let ticket = f.open("busy").await;
    let mut small = options("small", 0);
    small.queue = 2;
    if f.url.contains(":memory:") {
        return;
    }
    let store = Store::open(&f.url, small, f.clock.clone(), f.ids.clone()).await.unwrap();
    let desk = store.workspace(f.desk.id());
    // Nothing lets the writer run between the polls of a `join_all`, but on other threads it may;
    // many more than the queue holds are refused whatever it does.
    let results = join_all((0..2000).map(|_| desk.commit(append(ticket, vec![f.noted()])))).await;
    let busy = results.iter().filter(|r| matches!(r, Err(CommitError::Busy { .. }))).count();
    let written = results.iter().filter(|r| r.is_ok()).count();
    assert_eq!(busy + written, 2000);
    assert!(busy > 0 && written > 0, "{busy} {written}");
    let version = f.desk.ticket(ticket).await.unwrap().unwrap().version;
    assert_eq!(version, 1 + i64::try_from(written).unwrap());
}

pub async fn a_crowded_queue_refuses_new_tickets_before_what_goes_on(f: Fixture) {
    let ticket = f.open("goes on").await;
    let mut small = options("small", 0);
    small.queue = 8;
    if f.url.contains(":memory:") {
        return;
    }
    let store = Store::open(&f.url, small, f.clock.clone(), f.ids.clone()).await.unwrap();
    let desk = store.workspace(f.desk.id());
    // Of each poll of a `join_all` the first are queued and the rest refused; those that go on come last.
    for _ in 0..20 {
        let new: Vec<_> =
            (0..200).map(|_| append(f.id(TicketId::new), vec![f.created(Channel::Api, "new")])).collect();
        let new = join_all(new.into_iter().map(|commit| desk.commit(commit)));
        let noted = desk.commit(append(ticket, vec![f.noted()]));
        let (new, noted) = tokio::join!(new, noted);
        assert!(noted.is_ok(), "{noted:?}");
        assert!(new.iter().any(Result::is_ok));
        assert!(new.iter().any(|result| matches!(result, Err(CommitError::Busy { .. }))));
    }
}

pub async fn closing_writes_what_is_queued(f: Fixture) {
    let ticket = f.open("last words").await;
    let commits: Vec<_> = (0..50)
        .map(|_| {
            let (desk, commit) = (f.desk.clone(), append(ticket, vec![f.noted()]));
            async move { desk.commit(commit).await }
        })
        .collect();
    let all = tokio::join!(join_all(commits), f.store.clone().close()).0;
    assert!(all.iter().all(Result::is_ok));
    let late = f.desk.commit(append(ticket, vec![f.noted()])).await;
    assert!(matches!(late, Err(CommitError::Unavailable(_))));
}

pub async fn a_restart_keeps_everything(f: Fixture) {
    let ticket = f.open("durable").await;
    f.desk.commit(append(ticket, vec![f.said(customer(), "hello")])).await.unwrap();
    let workspace: WorkspaceId = f.desk.id();
    f.store.clone().close().await;
    let again = Store::open(&f.url, options("two", 1), f.clock.clone(), f.ids.clone()).await.unwrap();
    again.migrate().await.unwrap();
    let desk = again.workspace(workspace);
    assert_eq!(desk.messages(ticket, None).await.unwrap().len(), 1);
    let ids: BTreeSet<MessageId> = desk.messages(ticket, None).await.unwrap().iter().map(|m| m.id).collect();
    assert_eq!(ids.len(), 1);
    assert!(desk.verify_tickets().await.unwrap().is_empty());
    again.ping().await.unwrap();
}

pub async fn events_and_tickets_are_read_by_their_ids(f: Fixture) {
    let (one, other) = (f.open("one").await, f.open("other").await);
    let noted = f.noted();
    let receipt = f.desk.commit(append(one, vec![noted.clone()])).await.unwrap();
    assert_eq!(f.desk.event(one, noted.id).await.unwrap().as_ref(), receipt.events.first());
    assert_eq!(f.desk.event(other, noted.id).await.unwrap(), None);
    assert_eq!(elsewhere(&f).event(one, noted.id).await.unwrap(), None);

    let mut found = f.desk.tickets_by_id(&[other, one, f.id(TicketId::new)]).await.unwrap();
    found.sort_by_key(|ticket| ticket.number);
    assert_eq!(found.iter().map(|ticket| ticket.id).collect::<Vec<_>>(), [one, other]);
    assert!(f.desk.tickets_by_id(&[]).await.unwrap().is_empty());
    assert!(elsewhere(&f).tickets_by_id(&[one]).await.unwrap().is_empty());
}

pub async fn colleagues_see_each_other_at_a_ticket_while_they_are_there(f: Fixture) {
    let ticket = f.open("one question").await;
    let mut people = Vec::new();
    for name in ["ada", "bo", "cy"] {
        let user = User {
            id: f.id(UserId::new),
            email: format!("{name}@north.example"),
            name: name.to_owned(),
            role: Role::Agent,
            title: String::new(),
            created_at: f.now(),
            deactivated_at: None,
        };
        people.push(user.id);
        f.desk.create_user(user, "-".to_owned()).await.unwrap();
    }
    let others = async |desk: &WorkspaceStore, but: UserId| -> Vec<(String, Doing)> {
        let present = desk.present(ticket, but).await.unwrap();
        present.into_iter().map(|one| (one.name, one.doing)).collect()
    };
    for (user, doing) in people.iter().zip([Doing::Viewing, Doing::Viewing, Doing::Writing]) {
        f.desk.be_present(ticket, *user, Some(doing)).await.unwrap();
    }
    let all = [("cy".to_owned(), Doing::Writing), ("bo".to_owned(), Doing::Viewing)];
    assert_eq!(others(&f.desk, people[0]).await, all, "those who write first");
    // Another process sees the same, another workspace nobody.
    if !f.url.contains(":memory:") {
        let other = f.another_process("two", 0).await;
        assert_eq!(others(&other.workspace(f.desk.id()), people[0]).await, all);
    }
    let south = f.store.workspace(f.store.create_workspace("south", "South").await.unwrap().id);
    assert!(others(&south, people[0]).await.is_empty());
    assert!(south.be_present(ticket, people[0], Some(Doing::Viewing)).await.is_err(), "no ticket of theirs");

    f.desk.be_present(ticket, people[2], None).await.unwrap();
    f.clock.advance(PRESENT_FOR / 2);
    f.desk.be_present(ticket, people[1], Some(Doing::Writing)).await.unwrap();
    f.clock.advance(PRESENT_FOR / 2);
    assert_eq!(
        others(&f.desk, people[2]).await,
        [("bo".to_owned(), Doing::Writing)],
        "ada is gone by herself"
    );
}
