//! Customers and their contacts.

use aide::{
    axum::{ApiRouter, routing::get_with},
    transform::TransformOperation,
};
use axum::extract::State;
use domain::{
    CustomerId,
    customer::{Contact, Customer},
    ticket::Ticket,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use store::TicketFilter;

use super::{
    Http,
    auth::{Staff, may},
    input::{Json, Path, Query, text},
    page::{Page, PageQuery},
    problem::Problem,
    sight::Sight,
};

/// Tickets shown with a customer.
const TICKETS: i64 = 50;

pub fn routes() -> ApiRouter<Http> {
    ApiRouter::new()
        .api_route("/v1/customers", get_with(list, list_docs))
        .api_route("/v1/customers/{id}", get_with(show, show_docs))
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
    /// The latest 50.
    pub tickets: Vec<Ticket>,
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
    let filter = TicketFilter { customer_id: Some(path.id), ..TicketFilter::default() };
    let tickets = store.tickets(&filter, TICKETS, None).await?.items;
    Ok(Json(CustomerView { customer, contacts, tickets }))
}
