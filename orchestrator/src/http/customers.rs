//! Customers and their contacts.

use aide::{
    axum::{
        ApiRouter,
        routing::{get_with, post_with},
    },
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    ContactId, CustomerId,
    audit::AuditAction,
    customer::{Contact, Customer},
    permission::Permission,
    ticket::Ticket,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::TicketFilter;

use super::{
    Http,
    auth::{Staff, may},
    input::{Created, Json, Path, Query, email, text},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
};

/// Tickets shown with a customer.
const TICKETS: i64 = 50;
const MAX_NAME: usize = 200;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/customers", get_with(list, list_docs))
        .api_route("/v1/customers/{id}", get_with(show, show_docs))
        .api_route("/v1/customers/{id}/contacts", post_with(add, add_docs))
}

/// The customer in the path.
#[derive(Deserialize, JsonSchema)]
pub struct CustomerPath {
    /// The customer.
    pub id: CustomerId,
}

/// Which customers are wanted.
#[derive(Deserialize, JsonSchema)]
pub struct CustomerQuery {
    /// Found in names and in contacts' addresses. Takes the right `see_personal_data`.
    #[serde(default)]
    #[schemars(length(max = 200))]
    pub q: Option<String>,
}

/// A customer with the people there and their latest tickets.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct CustomerView {
    pub customer: Customer,
    pub contacts: Vec<Contact>,
    /// The latest 50; left out for who may not read tickets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tickets: Option<Vec<Ticket>>,
}

fn list_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("listCustomers").tag("customers").summary("List customers")
}

async fn list(
    State(http): State<Http>,
    staff: Staff<may::ReadCustomers>,
    Query(page): Query<PageQuery>,
    Query(query): Query<CustomerQuery>,
) -> Result<Json<Page<Customer>>, Problem> {
    if staff.sight == Sight::Masked && query.q.is_some() {
        return Err(Problem::forbidden(
            "names and addresses are masked for you, so they cannot be searched either: it takes the right see_personal_data",
        ));
    }
    let q = query.q.filter(|q| !q.trim().is_empty()).map(|q| text("q", &q, 200)).transpose()?;
    Ok(Json(staff.store(&http).customers(q.as_deref(), page.limit()?, page.cursor()).await?.into()))
}

fn show_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("getCustomer").tag("customers").summary("Look at a customer")
}

async fn show(
    State(http): State<Http>,
    staff: Staff<may::ReadCustomers>,
    Path(path): Path<CustomerPath>,
) -> Result<Json<CustomerView>, Problem> {
    let store = staff.store(&http);
    let found = store.customer_and_contacts(path.id).await?;
    let (customer, contacts) = found.ok_or_else(|| Problem::not_found("the customer"))?;
    let tickets = if staff.permissions.contains(Permission::ReadTickets) {
        let filter = TicketFilter { customer_id: Some(path.id), ..TicketFilter::default() };
        Some(store.tickets(&filter, TICKETS, None).await?.items)
    } else {
        None
    };
    Ok(Json(CustomerView { customer, contacts, tickets }))
}

/// One more person at a customer.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddContact {
    #[schemars(length(max = 254), example = "sam.halloran@example.com")]
    pub email: String,
    #[schemars(length(min = 1, max = 200))]
    pub name: String,
}

fn add_docs(op: TransformOperation<'_>) -> TransformOperation<'_> {
    op.id("addContact").tag("customers").summary("Add a contact").description(
        "Tickets from that address are this customer's from now on, and where customers see their colleagues' tickets, \
         it sees theirs: adding one takes the permission `see_personal_data` then. 409 when the address is a contact's already. In the audit.",
    )
}

async fn add(
    State(http): State<Http>,
    staff: Staff<may::EditTickets>,
    Path(path): Path<CustomerPath>,
    Json(form): Json<AddContact>,
) -> Result<Created<Contact>, Problem> {
    let store = staff.store(&http);
    // The new contact would be shown everything of the customer's as it is.
    if store.channel_settings().await?.company_tickets {
        staff.must(Permission::SeePersonalData)?;
    }
    let contact = Contact {
        id: ContactId::new(&*http.app.ids),
        customer_id: path.id,
        name: text("name", &form.name, MAX_NAME)?,
        email: email("email", &form.email)?,
        created_at: http.app.clock.now(),
    };
    let detail = json!({ "customer": path.id });
    let deed = staff.deed(&http, AuditAction::ContactAdded, contact.id.to_string(), detail);
    if !store.add_contact(contact.clone(), deed).await? {
        return Err(Problem::not_found("the customer"));
    }
    Ok(Created(contact))
}
