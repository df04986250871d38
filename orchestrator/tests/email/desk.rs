//! A service with a mailbox, a database that outlives it, and customers who write to it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use domain::{
    Clock, Ids, MessageId, TicketId, UserId, WorkspaceId,
    commit::DeliveryStatus,
    ticket::{EventBody, Message, Ticket, Visibility},
    user::{Role, User},
};
use lettre::{
    address::Envelope,
    transport::smtp::{client::AsyncSmtpConnection, extension::ClientId},
};
use orchestrator::{
    app::Service,
    config::Config,
    system::SystemIds,
    testing::{
        app::ForwardClock,
        mail_servers::{MailServers, PASSWORD, USER},
    },
};
use store::{Delivery, TicketFilter, WorkspaceStore};
use tempfile::TempDir;
use tokio::time::{self, Instant};

const PATIENCE: Duration = Duration::from_secs(30);
pub const US: &str = "support@nordfell.example";
pub const ADA: &str = "ada@example.com";

/// What a desk is started with.
pub struct Desk {
    pub servers: MailServers,
    pub clock: Arc<ForwardClock>,
    pub smtp_host: &'static str,
    pub smtp_port: u16,
    /// Mails that the server takes; empty: as many as come.
    pub rate: &'static str,
    pub imap: bool,
    pub imap_port: u16,
    /// More of the configuration.
    pub more: &'static str,
    folder: TempDir,
    /// Dropped after the servers that live in it.
    _mail: TempDir,
}

impl Desk {
    /// Nothing of it runs yet.
    pub fn new() -> Self {
        let (mail, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let servers = MailServers::new(mail.path());
        let (smtp_port, imap_port) = (servers.smtp_port(), servers.imap_port());
        Self {
            servers,
            clock: Arc::default(),
            smtp_host: "127.0.0.1",
            smtp_port,
            rate: "",
            imap: false,
            imap_port,
            more: "",
            folder,
            _mail: mail,
        }
    }

    /// With both servers and a service that polls and sends.
    pub async fn open() -> (Self, Running) {
        let mut desk = Self::new();
        desk.servers.start_smtp();
        desk.servers.start_imap();
        desk.imap = true;
        let running = desk.start().await;
        (desk, running)
    }

    fn config(&self) -> String {
        let path = |name: &str| -> PathBuf { self.folder.path().join(name) };
        format!(
            "[server]\naddress = \"127.0.0.1:0\"\nconsole_dir = \"/nowhere\"\n\
             [database]\nurl = \"sqlite:{}\"\n[secrets]\nkey_file = \"{}\"\n\
             # Nobody answers here but people.\n[runs]\nconcurrency = 0\n\
             [email]\naddress = \"{US}\"\nname = \"Nordfell\"\nmax_attachment_bytes = 2000\n\
             [email.smtp]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\ntimeout_ms = 5000\n{}\n\
             [email.imap]\nhost = \"{}\"\nport = {}\nsecurity = \"none\"\nusername = \"{USER}\"\npassword = \"{PASSWORD}\"\npoll_seconds = 1\n{}",
            path("desk.db").display(),
            path("secret.key").display(),
            self.smtp_host,
            self.smtp_port,
            if self.rate.is_empty() { String::new() } else { format!("rate = \"{}\"", self.rate) },
            if self.imap { "127.0.0.1" } else { "" },
            self.imap_port,
            self.more,
        )
    }

    /// A service on the desk's database.
    pub async fn start(&self) -> Running {
        let config = Config::with(&self.config()).unwrap();
        let clock = Arc::clone(&self.clock) as Arc<dyn Clock>;
        let service = Service::start(config, clock, Arc::new(SystemIds)).await.unwrap();
        let workspace = match service.app.store.workspaces().await.unwrap().first() {
            Some(workspace) => workspace.id,
            None => service.app.store.create_workspace("north", "Nordfell").await.unwrap().id,
        };
        let store = service.app.store.workspace(workspace);
        let staff = User {
            id: UserId::new(&SystemIds as &dyn Ids),
            email: format!("{}@nordfell.example", SystemIds.uuid()),
            name: "Bo".to_owned(),
            role: Role::Agent,
            title: String::new(),
            created_at: service.app.clock.now(),
            deactivated_at: None,
        };
        store.create_user(staff.clone(), "no password".to_owned()).await.unwrap();
        Running { service, workspace, store, staff }
    }

    /// Sends a raw mail to the service's mailbox through the SMTP server.
    pub async fn post(&self, from: &str, raw: &str) {
        let server = ("127.0.0.1", self.servers.smtp_port());
        let hello = ClientId::Domain("customer.test".to_owned());
        let mut smtp =
            AsyncSmtpConnection::connect_tokio1(server, Some(PATIENCE), &hello, None, None).await.unwrap();
        let from = (!from.is_empty()).then(|| from.parse().unwrap());
        let envelope = Envelope::new(from, vec![US.parse().unwrap()]).unwrap();
        smtp.send(&envelope, raw.replace('\n', "\r\n").as_bytes()).await.unwrap();
        smtp.quit().await.unwrap();
    }

    /// The mails customers have got, once there are `count`.
    pub async fn delivered(&self, count: usize) -> Vec<Vec<u8>> {
        until("mail reaches the customer", || async {
            Some(self.servers.customers_mail()).filter(|mails| mails.len() >= count)
        })
        .await
    }
}

/// A mail of Ada's.
pub fn mail(id: &str, headers: &str, body: &str) -> String {
    format!(
        "From: Ada Byron <{ADA}>\nTo: {US}\nMessage-ID: <{id}>\n{headers}MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n{body}\n"
    )
}

/// A running service and its workspace.
pub struct Running {
    pub service: Service,
    pub workspace: WorkspaceId,
    pub store: WorkspaceStore,
    pub staff: User,
}

impl Running {
    pub async fn tickets(&self) -> Vec<Ticket> {
        self.store.tickets(&TicketFilter::default(), 100, None).await.unwrap().items
    }

    /// The ticket that has come in, once it has.
    pub async fn ticket(&self) -> Ticket {
        until("a mail becomes a ticket", || async { self.tickets().await.into_iter().next() }).await
    }

    pub async fn messages(&self, ticket: TicketId) -> Vec<Message> {
        self.store.messages(ticket, None).await.unwrap()
    }

    /// The ticket's messages, once there are `count`.
    pub async fn said(&self, ticket: TicketId, count: usize) -> Vec<Message> {
        until("messages are added", || async {
            Some(self.messages(ticket).await).filter(|messages| messages.len() >= count)
        })
        .await
    }

    /// A public answer by a person.
    pub async fn answer(&self, ticket: TicketId, body: &str) {
        let intake = &self.service.app.intake;
        intake
            .staff_message(self.workspace, ticket, &self.staff, body.to_owned(), Visibility::Public, None)
            .await
            .unwrap();
    }

    /// A note among colleagues, and its message's id.
    pub async fn note(&self, ticket: TicketId, body: &str) -> MessageId {
        let (intake, body) = (&self.service.app.intake, body.to_owned());
        let written =
            intake.staff_message(self.workspace, ticket, &self.staff, body, Visibility::Internal, None).await;
        let mut events = written.unwrap().events.into_iter();
        events
            .find_map(|event| match event.body {
                EventBody::MessageAdded { message } => Some(message.id),
                _ => None,
            })
            .unwrap()
    }

    pub async fn deliveries(&self) -> Vec<Delivery> {
        self.store.deliveries(None, 100, None).await.unwrap().items
    }

    /// The only delivery, once it has come to this status.
    pub async fn delivery(&self, status: DeliveryStatus) -> Delivery {
        until(&format!("the delivery is {}", status.as_str()), || async {
            self.deliveries().await.into_iter().find(|delivery| delivery.status == status)
        })
        .await
    }
}

/// Waits for a condition.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut check: impl FnMut() -> F) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < end, "waited in vain: {what}");
        time::sleep(Duration::from_millis(10)).await;
    }
}
