//! What goes wrong at the shop.

use axum::{
    body::{Body, to_bytes},
    extract::Request,
};

/// What the shop does with a request that changes something.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Status(u16),
    /// Takes the request and does nothing with it.
    Hang,
    /// Does what is asked, and the answer never arrives.
    LoseAnswer,
    /// Does what is asked when `Front::late` says so, long after nobody waits for it any more.
    Late,
    /// Takes no more calls for so many seconds.
    Limit(u64),
}

/// With all of its body, which would be lost with the connection.
pub async fn whole(request: Request) -> Request {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Request::from_parts(parts, Body::from(body))
}
