//! What customers who signed in have in a furnished workspace.

use std::time::Duration;

use domain::audit::AuditAction;
use store::{ChannelChange, CustomerSession};

use super::{MARK, world::World};
use crate::fixture::Fixture;

/// The digest of a customer's link.
pub const CUSTOMER_LINK: &str = "signs in";

impl World {
    pub fn customer_session(&self) -> CustomerSession {
        let expires_at = self.at.plus(Duration::from_secs(3600));
        let (id, contact_id, at) = (self.customer_session, self.contact, self.at);
        CustomerSession { id, contact_id, created_at: at, seen_at: at, expires_at }
    }
}

/// A customer who signed in, with a link that they have not used.
pub async fn furnish(f: &Fixture, w: &World) {
    let later = w.at.plus(Duration::from_secs(3600));
    for digest in ["used", CUSTOMER_LINK] {
        assert!(f.desk.offer_customer_link(w.contact, digest.to_owned(), w.at, later).await.unwrap());
        if digest == "used" {
            let deed = w.deed(AuditAction::CustomerSignedIn);
            let begun = f.desk.begin_customer_session(digest.to_owned(), w.customer_session(), deed).await;
            assert!(begun.unwrap());
        }
    }
    let sites = ChannelChange::Sites(Some(vec![MARK.to_owned()]));
    f.desk.change_channel_settings(sites, w.deed(AuditAction::ChannelsChanged)).await.unwrap();
}
