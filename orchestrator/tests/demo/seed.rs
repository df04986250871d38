//! What the seeded workspace promises.

use std::{collections::BTreeSet, sync::Arc};

use domain::{
    Ids, Timestamp,
    run::RunStatus,
    ticket::{Channel, EventBody, Ticket, TicketStatus, Visibility},
    user::Actor,
};
use orchestrator::demo::{
    self, CUSTOMERS, ORDERS, Plan, SeedError, SeedOptions, SeedReport, TOUR_EMAIL, TOUR_ORDER,
    shop::{OrderStatus, Shop},
};
use rag::Knowledge;
use store::{RunFilter, Store, StoreOptions, TicketFilter, WorkspaceStore};

use tokio::sync::Notify;

use crate::{NOW, clock, ids};

struct House {
    store: Store,
    knowledge: Knowledge,
    shop: Shop,
    ids: Arc<dyn Ids>,
}

impl House {
    async fn new() -> Self {
        let options = StoreOptions { max_claimed: 0, ..StoreOptions::default() };
        let ids = ids();
        let store = Store::open("sqlite::memory:", options, clock(), Arc::clone(&ids)).await.unwrap();
        store.migrate().await.unwrap();
        let shop = Shop::open("sqlite::memory:", clock(), Arc::clone(&ids)).await.unwrap();
        Self { store, knowledge: Knowledge::in_memory(), shop, ids }
    }

    async fn seed(&self) -> SeedReport {
        let options = SeedOptions { seed: 42, password_hash: "hash", progress: &|_| {} };
        self.seed_with(&options).await.unwrap()
    }

    async fn seed_with(&self, options: &SeedOptions<'_>) -> Result<SeedReport, SeedError> {
        demo::seed(&self.store, &self.knowledge, &self.shop, clock(), Arc::clone(&self.ids), options).await
    }

    async fn desk(&self) -> WorkspaceStore {
        self.store.workspace(self.store.workspaces().await.unwrap()[0].id)
    }
}

async fn tickets(desk: &WorkspaceStore) -> Vec<Ticket> {
    let page = desk.tickets(&TicketFilter::default(), 100, None).await.unwrap();
    assert!(page.next.is_none());
    page.items
}

#[test]
fn the_same_seed_gives_the_same_plan_and_another_gives_another() {
    let plan = |seed| Plan::demo(seed, NOW).unwrap();
    assert_eq!(plan(42), plan(42));
    assert_ne!(plan(42).customers, plan(43).customers);
}

#[test]
fn every_seed_gives_a_believable_shop() {
    for seed in 0..50 {
        let plan = Plan::demo(seed, NOW).unwrap();
        assert_eq!(
            (plan.staff.len(), plan.customers.len(), plan.orders.len(), plan.tickets.len()),
            (8, CUSTOMERS, ORDERS, 60)
        );
        let emails: BTreeSet<_> = plan.customers.iter().map(|customer| &customer.email).collect();
        assert_eq!(emails.len(), CUSTOMERS);
        let numbers: BTreeSet<_> = plan.orders.iter().map(|order| &order.number).collect();
        assert_eq!(numbers.len(), ORDERS);
        assert!(
            plan.orders
                .windows(2)
                .all(|pair| pair[0].placed_at <= pair[1].placed_at && pair[0].number < pair[1].number)
        );
        for order in &plan.orders {
            assert!(emails.contains(&order.email));
            assert!(
                order.placed_at < NOW && order.delivered_at.is_none_or(|at| order.placed_at < at && at < NOW),
                "{order:?}"
            );
            let delivered = matches!(order.status, OrderStatus::Delivered | OrderStatus::Refunded);
            assert_eq!(order.delivered_at.is_some(), delivered, "{order:?}");
            assert_eq!(
                order.tracking.is_some(),
                delivered || order.status == OrderStatus::Shipped,
                "{order:?}"
            );
        }
        for ticket in &plan.tickets {
            for entry in &ticket.entries {
                assert!(
                    entry.at < NOW && entry.at > Timestamp(NOW.0 - 16 * 86_400_000_000),
                    "{}",
                    ticket.subject
                );
                assert!(!entry.body.contains(['{', '}']), "{}", entry.body);
            }
            assert!(!ticket.subject.contains('{'));
        }
    }
}

#[tokio::test]
async fn the_workspace_is_whole_and_its_tickets_fold_from_their_events() {
    let house = House::new().await;
    let report = house.seed().await;
    assert!(report.seeded);
    assert_eq!(
        (report.staff, report.articles, report.customers, report.orders, report.tickets),
        (8, 46, CUSTOMERS, ORDERS, 60)
    );
    assert!(report.chunks >= report.articles);
    let desk = house.desk().await;
    let tickets = tickets(&desk).await;
    assert_eq!(tickets.len(), 60);
    for channel in [Channel::Chat, Channel::Email, Channel::Api] {
        assert!(tickets.iter().any(|ticket| ticket.channel == channel));
    }
    for status in [
        TicketStatus::Open,
        TicketStatus::WaitingForStaff,
        TicketStatus::WaitingForCustomer,
        TicketStatus::Resolved,
        TicketStatus::Closed,
    ] {
        assert!(tickets.iter().any(|ticket| ticket.status == status), "{status:?}");
    }
    let mut cited = 0;
    for ticket in &tickets {
        assert!(ticket.updated_at <= NOW, "{} is from the future", ticket.subject);
        let events = desk.events(ticket.id, 0, 100).await.unwrap();
        assert!(events.windows(2).all(|pair| pair[0].at <= pair[1].at), "{}", ticket.subject);
        let mut folded = None;
        for event in &events {
            folded = Some(Ticket::apply(folded, ticket.id, ticket.number, &event.body, event.at).unwrap());
        }
        assert_eq!(folded.as_ref(), Some(ticket));
        for message in desk.messages(ticket.id, None).await.unwrap() {
            if matches!(message.author, Actor::Customer { .. }) {
                assert_eq!(message.visibility, Visibility::Public);
            }
            for source in &message.sources {
                let document = desk.document(source.document_id).await.unwrap().unwrap();
                let chunks = desk.chunks(&document).await.unwrap();
                let span = source.span.unwrap();
                let quoted = span.of(&document.body);
                assert_eq!(quoted, source.quote);
                let chunk = chunks
                    .iter()
                    .find(|chunk| chunk.id == source.chunk_id)
                    .expect("the cited chunk is there");
                let start: String = source.quote.chars().take(40).collect();
                assert!(chunk.text.contains(&start), "{} is quoted from {}", source.quote, source.slug);
                cited += 1;
            }
        }
    }
    assert!(cited > 60, "{cited}");
    assert!(tickets.windows(2).any(|pair| pair[0].number != pair[1].number));
}

#[tokio::test]
async fn nothing_of_the_past_is_mailed_again() {
    let house = House::new().await;
    house.seed().await;
    assert!(house.desk().await.due_deliveries(100).await.unwrap().is_empty());
}

#[tokio::test]
async fn tickets_that_wait_for_a_decision_are_left_to_the_real_agent() {
    let house = House::new().await;
    let report = house.seed().await;
    let desk = house.desk().await;
    let runs = desk.runs(&RunFilter::default(), 100, None).await.unwrap().items;
    assert_eq!(runs.len(), report.runs);
    assert_eq!(runs.len(), 8);
    for run in runs {
        assert_eq!((run.status, run.step_count), (RunStatus::Queued, 0));
        let messages = desk.messages(run.ticket_id.unwrap(), None).await.unwrap();
        let last = messages.iter().rfind(|message| message.visibility == Visibility::Public).unwrap();
        assert!(
            matches!(last.author, Actor::Customer { .. }),
            "the customer has the last word: {}",
            last.body
        );
    }
    assert!(desk.approvals(&store::ApprovalFilter::default(), 10, None).await.unwrap().items.is_empty());
}

#[tokio::test]
async fn the_tour_finds_its_customer_and_order() {
    let house = House::new().await;
    house.seed().await;
    let order = house.shop.order(TOUR_ORDER).await.unwrap().unwrap();
    assert_eq!(
        (order.email.as_str(), order.status, order.total_cents()),
        (TOUR_EMAIL, OrderStatus::Delivered, 34_900)
    );
    assert_eq!(order.items[0].name, "Fell 2 Tent");
    assert_eq!(order.view(NOW).days_since_delivery, Some(9));
    let (_, contact) = house.desk().await.people_by_email(TOUR_EMAIL).await.unwrap().unwrap();
    assert_eq!(contact.name, "Alex Winter");
}

#[tokio::test]
async fn a_second_seeding_changes_nothing() {
    let house = House::new().await;
    house.seed().await;
    let desk = house.desk().await;
    let before = tickets(&desk).await;
    let again = house.seed().await;
    assert!(!again.seeded);
    assert_eq!(tickets(&desk).await, before);
    assert_eq!(house.store.workspaces().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_interrupted_seeding_is_completed_without_doubles() {
    let house = House::new().await;
    // Interrupted after the articles, some customers and some tickets: a first round on the same
    // database, whose owner, the mark of completion, never came to be.
    let far_enough = Notify::new();
    let progress = |progress: demo::Progress| {
        if progress.stage == "tickets" && progress.done == 20 {
            far_enough.notify_one();
        }
    };
    let options = SeedOptions { seed: 42, password_hash: "hash", progress: &progress };
    tokio::select! {
        biased;
        () = far_enough.notified() => {}
        done = house.seed_with(&options) => {
            panic!("it was to be interrupted, and ended with {done:?}")
        }
    }
    assert!(!demo::is_seeded(&house.store).await.unwrap());
    let report = house.seed().await;
    assert!(report.seeded);
    let desk = house.desk().await;
    assert_eq!(tickets(&desk).await.len(), 60);
    assert_eq!(desk.users().await.unwrap().len(), 8);
    let created = async |ticket: &Ticket| {
        let events = desk.events(ticket.id, 0, 100).await.unwrap();
        events.iter().filter(|event| matches!(event.body, EventBody::Created { .. })).count()
    };
    for ticket in tickets(&desk).await {
        assert_eq!(created(&ticket).await, 1);
    }
}
