//! Polls a mailbox by IMAP.
//!
//! A mail is marked as seen only after it is in; what cannot be taken is flagged for a person to
//! look at, so that it is not looked at again and again. A mail whose content the server does not
//! give stays as it is and is asked for again. Several processes may poll one mailbox: the same
//! mail is taken once.

use std::{fmt, sync::Arc, time::Duration};

use async_imap::{Client, Session, error::Error as ImapError};
use futures::TryStreamExt as _;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::ConfigVerifierExt as _;
use thiserror::Error;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::{self, timeout},
};
use tokio_rustls::TlsConnector;
use tracing::{info, warn};

use super::{
    MailError,
    email_in::{self, Received, Why},
};
use crate::{
    app::App,
    config::{ImapConfig, MailSecurity},
};

/// How long the server may take for one answer.
const PATIENCE: Duration = Duration::from_secs(60);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

const SEEN: &str = "+FLAGS.SILENT (\\Seen)";
const SEEN_AND_FLAGGED: &str = "+FLAGS.SILENT (\\Seen \\Flagged)";

#[derive(Debug, Error)]
enum PollError {
    #[error("the mailbox cannot be reached: {0}")]
    Io(#[from] std::io::Error),
    #[error("the mail server says: {0}")]
    Imap(#[from] ImapError),
    #[error("no TLS with the mail server: {0}")]
    Tls(#[from] rustls::Error),
    #[error("email.imap.host is not a host name")]
    Host,
    #[error("the mail server does not answer")]
    Silent,
    #[error("there is no workspace for mail yet; `countersign workspace create` makes one")]
    NoWorkspace,
    #[error("mail cannot be taken in now: {0}")]
    Intake(#[from] MailError),
    #[error("the mail server gave no content for the mail with UID {0}")]
    NoContent(u32),
}

/// A connection, with or without TLS.
trait Wire: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug> Wire for T {}
type Mailbox = Session<Box<dyn Wire>>;

/// Polls until the service stops. A lost connection is made again after a moment.
pub async fn run(app: Arc<App>) {
    let mut wait = Duration::ZERO;
    loop {
        let mut polled = false;
        let ended = tokio::select! {
            () = app.stopping() => return,
            ended = watch(&app, &mut polled) => ended,
        };
        // The first failure after things went well is tried again soon.
        wait = if polled {
            Duration::from_secs(1)
        } else {
            (wait * 2).clamp(Duration::from_secs(1), LONGEST_WAIT)
        };
        if let Err(error) = ended {
            warn!(%error, retry_in = wait.as_secs(), "polling the mailbox stopped");
            app.mailbox.failed(app.clock.now(), error.to_string());
        }
        tokio::select! {
            () = app.stopping() => return,
            () = time::sleep(wait) => {}
        }
    }
}

async fn watch(app: &App, polled: &mut bool) -> Result<(), PollError> {
    let config = &app.config.email.imap;
    let mut mailbox = open(config).await?;
    info!(host = %config.host, folder = %config.folder, "polling the mailbox");
    loop {
        poll(app, &mut mailbox).await?;
        *polled = true;
        app.mailbox.polled(app.clock.now());
        time::sleep(Duration::from_secs(config.poll_seconds.max(1))).await;
        // The server tells of new mail with its answer to any command.
        in_time(mailbox.noop()).await?;
    }
}

async fn in_time<T>(answer: impl Future<Output = Result<T, ImapError>>) -> Result<T, PollError> {
    Ok(timeout(PATIENCE, answer).await.map_err(|_| PollError::Silent)??)
}

async fn open(config: &ImapConfig) -> Result<Mailbox, PollError> {
    let connect = TcpStream::connect((config.host.as_str(), config.port));
    let stream = timeout(PATIENCE, connect).await.map_err(|_| PollError::Silent)??;
    stream.set_nodelay(true)?;
    let client = match config.security {
        MailSecurity::None => greeted(Box::new(stream)).await?,
        MailSecurity::Tls => greeted(encrypted(config, stream).await?).await?,
        MailSecurity::Starttls => {
            let mut plain = Client::new(stream);
            greeting(&mut plain).await?;
            in_time(plain.run_command_and_check_ok("STARTTLS", None)).await?;
            Client::new(encrypted(config, plain.into_inner()).await?)
        }
    };
    let signed_in = {
        let login = client.login(&config.username, config.password.expose());
        timeout(PATIENCE, login).await.map_err(|_| PollError::Silent)?
    };
    let mut mailbox = signed_in.map_err(|(error, _)| error)?;
    in_time(mailbox.select(&config.folder)).await?;
    Ok(mailbox)
}

async fn greeted(stream: Box<dyn Wire>) -> Result<Client<Box<dyn Wire>>, PollError> {
    let mut client = Client::new(stream);
    greeting(&mut client).await?;
    Ok(client)
}

async fn greeting<T: AsyncRead + AsyncWrite + Unpin + Send + fmt::Debug>(
    client: &mut Client<T>,
) -> Result<(), PollError> {
    let said = timeout(PATIENCE, client.read_response()).await.map_err(|_| PollError::Silent)??;
    said.map(|_| ()).ok_or(PollError::Imap(ImapError::ConnectionLost))
}

async fn encrypted(config: &ImapConfig, stream: TcpStream) -> Result<Box<dyn Wire>, PollError> {
    let name = ServerName::try_from(config.host.clone()).map_err(|_| PollError::Host)?;
    let tls = TlsConnector::from(Arc::new(rustls::ClientConfig::with_platform_verifier()?));
    let stream = timeout(PATIENCE, tls.connect(name, stream)).await.map_err(|_| PollError::Silent)??;
    Ok(Box::new(stream))
}

/// Takes in whatever nobody has seen.
async fn poll(app: &App, mailbox: &mut Mailbox) -> Result<(), PollError> {
    let unseen = in_time(mailbox.uid_search("UNSEEN")).await?;
    let mut unseen: Vec<u32> = unseen.into_iter().collect();
    unseen.sort_unstable();
    for uid in unseen {
        match take(app, mailbox, uid).await {
            Ok(flags) => store(mailbox, uid, flags).await?,
            Err(error @ PollError::NoContent(_)) => {
                warn!(%error, "it stays unread and is asked for again at the next poll");
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes one mail in; the answer is how to mark it.
async fn take(app: &App, mailbox: &mut Mailbox, uid: u32) -> Result<&'static str, PollError> {
    let workspaces = app.store.workspaces().await.map_err(MailError::from)?;
    let workspace = workspaces.first().ok_or(PollError::NoWorkspace)?.id;
    let limit = app.config.email.max_message_bytes;
    let size = fetch(mailbox, uid, "(UID RFC822.SIZE)").await?.and_then(|mail| mail.size);
    if size.is_some_and(|size| size as usize > limit) {
        warn!(uid, ?size, limit, "a mail in the mailbox is too large and was flagged");
        return Ok(SEEN_AND_FLAGGED);
    }
    // A server that cannot read a mail now says NO, or answers without a body or with an empty one.
    // One that somebody has moved or deleted meanwhile looks the same, and is not found again.
    let fetched = fetch(mailbox, uid, "(UID BODY.PEEK[])").await?;
    let raw = fetched.as_ref().and_then(|mail| mail.body()).unwrap_or_default();
    if raw.is_empty() {
        return Err(PollError::NoContent(uid));
    }
    match email_in::receive(app, workspace, raw).await {
        Ok(Received::Ignored { why: Why::TooMany }) => Ok(SEEN_AND_FLAGGED),
        Ok(_) => Ok(SEEN),
        Err(error) if error.is_permanent() => {
            warn!(uid, %error, "a mail in the mailbox cannot be taken in and was flagged");
            Ok(SEEN_AND_FLAGGED)
        }
        Err(error) => Err(error.into()),
    }
}

async fn fetch(
    mailbox: &mut Mailbox,
    uid: u32,
    what: &str,
) -> Result<Option<async_imap::types::Fetch>, PollError> {
    let fetched = async { mailbox.uid_fetch(uid.to_string(), what).await?.try_collect::<Vec<_>>().await };
    Ok(in_time(fetched).await?.into_iter().find(|mail| mail.uid == Some(uid)))
}

async fn store(mailbox: &mut Mailbox, uid: u32, flags: &str) -> Result<(), PollError> {
    let stored = async { mailbox.uid_store(uid.to_string(), flags).await?.try_collect::<Vec<_>>().await };
    in_time(stored).await.map(|_| ())
}
