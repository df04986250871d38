//! Customers and their contacts.

use domain::{
    ContactId, CustomerId,
    audit::Deed,
    customer::{Contact, Customer},
};
use sqlx::any::AnyRow;

use super::{Order, audit};
use crate::{
    Page, StoreError, WorkspaceStore,
    rows::Columns,
    sql::{Binds, Select, contains},
};

/// A customer whose fields stand in the column of that name.
pub(super) fn customer_in(c: &Columns<'_>, fields: &str) -> Result<Customer, StoreError> {
    Ok(Customer {
        id: c.id("id")?,
        name: c.text("name")?,
        tier: c.text("tier")?,
        locale: c.text("locale")?,
        fields: c.json(fields)?,
        created_at: c.at("created_at")?,
        updated_at: c.at("updated_at")?,
    })
}

/// A contact whose customer and address stand in the columns of those names.
pub(super) fn contact_in(c: &Columns<'_>, [customer, email]: [&str; 2]) -> Result<Contact, StoreError> {
    Ok(Contact {
        id: c.id("id")?,
        customer_id: c.id(customer)?,
        name: c.text("name")?,
        email: c.text(email)?,
        created_at: c.at("created_at")?,
    })
}

fn get_customer(row: &AnyRow) -> Result<Customer, StoreError> {
    customer_in(&Columns { table: "customers", row }, "fields")
}

fn get_contact(row: &AnyRow) -> Result<Contact, StoreError> {
    contact_in(&Columns { table: "contacts", row }, ["customer_id", "email"])
}

impl WorkspaceStore {
    pub async fn customer(&self, id: CustomerId) -> Result<Option<Customer>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM customers WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_customer).await
    }

    /// Found by the names and addresses of the customer and its contacts. The newest first.
    pub async fn customers(
        &self,
        text: Option<&str>,
        limit: i64,
        cursor: Option<&str>,
    ) -> Result<Page<Customer>, StoreError> {
        let pattern = text.map(str::trim).filter(|text| !text.is_empty()).map(contains);
        let select = Select::of(self.id, "SELECT * FROM customers WHERE workspace_id = $1").and_if(
            " AND (search LIKE ? ESCAPE '\\' OR id IN \
             (SELECT c.customer_id FROM contacts c WHERE c.workspace_id = $1 AND c.search LIKE ? ESCAPE '\\'))",
            pattern,
            |binds, pattern| { binds.text(pattern.as_str()).text(pattern.as_str()); },
        );
        self.page(select, ("created_at", Order::NewestFirst), (limit, cursor), get_customer, |customer| {
            (customer.created_at, customer.id.to_string())
        })
        .await
    }

    pub async fn contact(&self, id: ContactId) -> Result<Option<Contact>, StoreError> {
        let select = Select::of(self.id, "SELECT * FROM contacts WHERE workspace_id = $1").and(
            " AND id = ?",
            |binds| {
                binds.id(id);
            },
        );
        self.one(select, get_contact).await
    }

    /// A customer with its first contact. [`StoreError::Taken`] when the address is known already:
    /// look it up then, someone else was faster.
    pub async fn create_customer(&self, customer: Customer, contact: Contact) -> Result<(), StoreError> {
        let workspace = self.id;
        let email = contact.email.to_lowercase();
        let taken = format!("the contact {email}");
        let written = self.writer().transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(customer.id)
                        .text(customer.name.as_str())
                        .text(customer.tier)
                        .text(customer.locale)
                        .json(&customer.fields)
                        .text(customer.name.to_lowercase())
                        .at(customer.created_at)
                        .at(customer.updated_at);
                    binds
                        .execute(
                            connection,
                            "INSERT INTO customers (workspace_id, id, name, tier, locale, fields, search, created_at, \
                             updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                        )
                        .await?;
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(contact.id)
                        .id(customer.id)
                        .text(contact.name.as_str())
                        .text(email.as_str())
                        .text(format!("{} {email}", contact.name.to_lowercase()))
                        .at(contact.created_at);
                    binds
                        .execute(
                            connection,
                            "INSERT INTO contacts (workspace_id, id, customer_id, name, email, search, created_at) \
                             VALUES ($1, $2, $3, $4, $5, $6, $7)",
                        )
                        .await
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other.map(|_| ()),
        }
    }

    /// One more person at a customer. The audit says so. False when there is no such customer;
    /// [`StoreError::Taken`] when the address is a contact's already.
    pub async fn add_contact(&self, contact: Contact, deed: Deed) -> Result<bool, StoreError> {
        let (workspace, shared) = (self.id, self.store.writer.shared.clone());
        let email = contact.email.to_lowercase();
        let taken = format!("the contact {email}");
        let written = self
            .writer()
            .transact_beside(move |connection| {
                Box::pin(async move {
                    let mut binds = Binds::default();
                    binds
                        .id(workspace)
                        .id(contact.customer_id)
                        .id(contact.id)
                        .text(contact.name.as_str())
                        .text(email.as_str())
                        .text(format!("{} {email}", contact.name.to_lowercase()))
                        .at(contact.created_at);
                    let sql = "INSERT INTO contacts (workspace_id, id, customer_id, name, email, search, created_at) \
                               SELECT workspace_id, $3, id, $4, $5, $6, $7 FROM customers \
                               WHERE workspace_id = $1 AND id = $2";
                    let added = binds.execute(connection, sql).await? == 1;
                    if added {
                        audit::append(connection, shared.how(), [(workspace, deed)]).await?;
                    }
                    Ok(added)
                })
            })
            .await;
        match written {
            Err(error) if error.is_unique_violation() => Err(StoreError::Taken(taken)),
            other => other,
        }
    }
}
