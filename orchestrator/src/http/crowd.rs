//! How many requests are answered at once. Beyond it they are refused before their bodies are read, so that a
//! flood costs no memory; and what can come again in a moment is refused before what people wait for.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{
    Http,
    problem::{Kind, Problem},
};

/// Requests with files, or the results of evaluations, at once: each may hold 32 MB.
const FILES: usize = 8;
/// Mails at once: each is read whole, up to 26 MB, before its signature can be checked, so whoever sends it may
/// be anybody. Places of their own, so that these are all that such a flood takes.
const MAILS: usize = 8;
const AGAIN: Duration = Duration::from_secs(1);
/// What says how the service is, which has to be told above all when it is crowded.
const ALWAYS: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

/// The places of one process.
pub struct Crowd {
    most: usize,
    places: Arc<Semaphore>,
    files: Arc<Semaphore>,
    mails: Arc<Semaphore>,
}

/// What a request holds while it is answered.
#[derive(Default)]
struct Place {
    _one: Option<OwnedSemaphorePermit>,
    _large: Option<OwnedSemaphorePermit>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Haste {
    Always,
    /// Somebody waits for it: a conversation, a decision, a page.
    Waited,
    /// Programs that bring new work, and come again when they are told to.
    CanWait,
    /// Like it, with a body of many megabytes.
    Files,
    Mail,
}

impl Haste {
    fn of(method: &Method, path: &str) -> Self {
        if ALWAYS.contains(&path) {
            return Self::Always;
        }
        if method != Method::POST {
            return Self::Waited;
        }
        match path {
            "/v1/knowledge/files" | "/v1/evaluations" => Self::Files,
            "/v1/channels/email/inbound" => Self::Mail,
            "/v1/tickets" => Self::CanWait,
            _ if path.starts_with("/v1/knowledge/documents") || path.starts_with("/v1/knowledge/sources") => {
                Self::CanWait
            }
            _ => Self::Waited,
        }
    }
}

impl Crowd {
    pub fn new(most: usize) -> Self {
        let most = most.clamp(1, Semaphore::MAX_PERMITS);
        let places = |number| Arc::new(Semaphore::new(number));
        Self { most, places: places(most), files: places(FILES), mails: places(MAILS) }
    }

    fn place(&self, haste: Haste) -> Option<Place> {
        if haste == Haste::Always {
            return Some(Place::default());
        }
        let can_wait = haste != Haste::Waited;
        if can_wait && self.places.available_permits() <= self.most / 4 {
            return None;
        }
        let one = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let large = match haste {
            Haste::Files => Some(&self.files),
            Haste::Mail => Some(&self.mails),
            _ => None,
        };
        let large = match large {
            Some(places) => Some(Arc::clone(places).try_acquire_owned().ok()?),
            None => None,
        };
        Some(Place { _one: Some(one), _large: large })
    }
}

/// The layer in front of everything that reads a body. A stream's place here is free when it begins; it has one
/// among the streams.
pub async fn admit(State(http): State<Http>, request: Request, next: Next) -> Response {
    let haste = Haste::of(request.method(), request.uri().path());
    let Some(_place) = http.crowd.place(haste) else {
        return Problem::new(
            Kind::TooManyRequests,
            "this process has as many requests as it can answer at once; try again in a moment",
        )
        .retry_after(AGAIN)
        .into_response();
    };
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_wait_leaves_a_quarter_to_what_is_waited_for() {
        let crowd = Crowd::new(8);
        let held: Vec<_> = (0..6).map(|_| crowd.place(Haste::CanWait).unwrap()).collect();
        assert!(crowd.place(Haste::CanWait).is_none() && crowd.place(Haste::Files).is_none());
        let (_one, _two) = (crowd.place(Haste::Waited).unwrap(), crowd.place(Haste::Waited).unwrap());
        assert!(crowd.place(Haste::Waited).is_none());
        assert!(crowd.place(Haste::Always).is_some());
        drop(held);
        assert!(crowd.place(Haste::CanWait).is_some());
    }

    #[test]
    fn few_files_come_at_once_and_a_refused_one_holds_nothing() {
        let crowd = Crowd::new(100);
        let _held: Vec<_> = (0..FILES).map(|_| crowd.place(Haste::Files).unwrap()).collect();
        assert!(crowd.place(Haste::Files).is_none());
        assert_eq!(crowd.places.available_permits(), 100 - FILES);
    }

    #[test]
    fn what_is_read_whole_before_it_is_known_whose_it_is_has_few_places_of_its_own() {
        for path in ["/v1/channels/email/inbound", "/v1/knowledge/files", "/v1/evaluations"] {
            let haste = Haste::of(&Method::POST, path);
            let crowd = Crowd::new(1024);
            let held: Vec<_> = std::iter::from_fn(|| crowd.place(haste)).collect();
            assert!(held.len() <= 8, "{path}: {} bodies of many megabytes at once", held.len());
        }
        let crowd = Crowd::new(100);
        let _mails: Vec<_> = (0..MAILS).map(|_| crowd.place(Haste::Mail).unwrap()).collect();
        assert!(crowd.place(Haste::Mail).is_none());
        assert_eq!(crowd.places.available_permits(), 100 - MAILS, "a refused one holds nothing");
        assert!(crowd.place(Haste::Files).is_some(), "files and mails do not take each other's places");
        assert!(crowd.place(Haste::CanWait).is_some() && crowd.place(Haste::Waited).is_some());
        assert_eq!(Haste::of(&Method::GET, "/v1/evaluations"), Haste::Waited);
    }
}
