//! What the demo shop promises over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use orchestrator::demo::shop::{Address, Item, Order, OrderStatus, Shop};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::{NOW, clock, ids};

const DAY: u64 = 24 * 60 * 60;

fn order(number: &str, status: OrderStatus) -> Order {
    Order {
        number: number.to_owned(),
        email: "alex@mail.example".to_owned(),
        status,
        placed_at: NOW.minus(Duration::from_secs(12 * DAY)),
        delivered_at: (status == OrderStatus::Delivered)
            .then(|| NOW.minus(Duration::from_secs(9 * DAY + 60))),
        items: vec![Item {
            sku: "NF-TNT-200".to_owned(),
            name: "Fell 2 Tent".to_owned(),
            quantity: 1,
            price_cents: 34_900,
        }],
        refunded_cents: 0,
        currency: "EUR".to_owned(),
        carrier: "Kestrel Parcel".to_owned(),
        tracking: Some("KP0123456789".to_owned()),
        eta: None,
        address: Address {
            street: "Zwanenlaan 12".to_owned(),
            postcode: "3511 LX".to_owned(),
            city: "Utrecht".to_owned(),
            country: "NL".to_owned(),
        },
    }
}

async fn shop_at(url: &str) -> (Shop, Router) {
    let shop = Shop::open(url, clock(), ids()).await.unwrap();
    let router = shop.router("secret".to_owned());
    (shop, router)
}

async fn filled() -> (Shop, Router) {
    let (shop, router) = shop_at("sqlite::memory:").await;
    let orders = [
        order("NF-10482", OrderStatus::Delivered),
        order("NF-10500", OrderStatus::Processing),
        order("NF-10501", OrderStatus::Shipped),
    ];
    shop.put_orders(&orders).await.unwrap();
    (shop, router)
}

struct Reply {
    status: StatusCode,
    kind: String,
    replayed: bool,
    body: Value,
}

impl Reply {
    fn detail(&self) -> &str {
        assert_eq!(self.kind, "application/problem+json");
        self.body["detail"].as_str().unwrap()
    }
}

async fn send(router: &Router, method: &str, path: &str, key: Option<&str>, body: Option<Value>) -> Reply {
    let mut request = Request::builder().method(method).uri(path).header("authorization", "Bearer secret");
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let response = router.clone().oneshot(request.body(body).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let kind =
        parts.headers.get("content-type").map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    let replayed = parts.headers.contains_key("idempotent-replayed");
    let status = parts.status;
    let bytes = to_bytes(body, 1 << 20).await.unwrap();
    Reply { status, kind, replayed, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

async fn get(router: &Router, path: &str) -> Reply {
    send(router, "GET", path, None, None).await
}

async fn refund(router: &Router, number: &str, key: &str, cents: i64) -> Reply {
    let body = json!({ "amount_cents": cents, "reason": "the tent leaks" });
    send(router, "POST", &format!("/orders/{number}/refunds"), Some(key), Some(body)).await
}

#[tokio::test]
async fn an_order_is_told_as_it_stands() {
    let (_shop, router) = filled().await;
    let reply = get(&router, "/orders/nf-10482").await;
    assert_eq!(reply.status, StatusCode::OK);
    assert_eq!(
        reply.body,
        json!({
            "order_number": "NF-10482", "customer_email": "alex@mail.example", "status": "delivered",
            "placed_at": "2026-11-09T10:00:00.000000Z", "delivered_at": "2026-11-12T09:59:00.000000Z",
            "items": [{ "sku": "NF-TNT-200", "name": "Fell 2 Tent", "quantity": 1, "price_cents": 34900 }],
            "total_cents": 34900, "refunded_cents": 0, "refundable_cents": 34900, "days_since_delivery": 9,
            "currency": "EUR", "carrier": "Kestrel Parcel", "tracking": "KP0123456789", "eta": null,
            "address": { "street": "Zwanenlaan 12", "postcode": "3511 LX", "city": "Utrecht", "country": "NL" },
        })
    );
    let of_alex = get(&router, "/orders?email=Alex@mail.example").await;
    assert_eq!(of_alex.body["orders"].as_array().unwrap().len(), 3);
    assert_eq!(get(&router, "/orders?email=nobody@mail.example").await.body, json!({ "orders": [] }));
    assert_eq!(get(&router, "/orders").await.status, StatusCode::BAD_REQUEST);
    assert_eq!(get(&router, "/orders/NF-1").await.detail(), "there is no order NF-1");
    assert_eq!(get(&router, "/orders/NF-10501/tracking").await.body["status"], "in_transit");
}

#[tokio::test]
async fn nobody_gets_in_without_the_token() {
    let (_shop, router) = filled().await;
    for (path, header) in
        [("/orders/NF-10482", None), ("/orders/NF-10482", Some("Bearer other")), ("/nowhere", None)]
    {
        let mut request = Request::builder().uri(path);
        if let Some(header) = header {
            request = request.header("authorization", header);
        }
        let response = router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_refund_repeated_at_once_and_later_is_paid_once() {
    let (shop, router) = filled().await;
    let attempts = (0..64).map(|_| {
        let router = router.clone();
        tokio::spawn(async move { refund(&router, "NF-10482", "key-1", 10_000).await })
    });
    let mut first = 0;
    let mut answers = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        let reply = attempt.await.unwrap();
        assert_eq!(reply.status, StatusCode::CREATED);
        first += usize::from(!reply.replayed);
        answers.push(reply.body);
    }
    assert_eq!(first, 1);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "every repeat gets the first answer");
    assert_eq!(answers[0]["amount_cents"], 10_000);
    assert_eq!(answers[0]["status"], "refunded");
    assert_eq!(shop.refunds().await.unwrap().len(), 1);
    assert_eq!(get(&router, "/orders/NF-10482").await.body["refundable_cents"], 24_900);
    assert_eq!(get(&router, "/refunds/by-key/key-1").await.body, answers[0]);
    assert_eq!(get(&router, "/refunds/by-key/key-2").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_refunds_at_once_never_exceed_the_order() {
    let (shop, router) = filled().await;
    let attempts: Vec<_> = (0..40)
        .map(|n| {
            let router = router.clone();
            tokio::spawn(async move { refund(&router, "NF-10482", &format!("key-{n}"), 5_000).await.status })
        })
        .collect();
    let mut paid = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            StatusCode::CREATED => paid += 1,
            status => assert_eq!(status, StatusCode::CONFLICT),
        }
    }
    assert_eq!(paid, 6, "six times 50.00 go into 349.00");
    let total: i64 = shop.refunds().await.unwrap().iter().map(|refund| refund.amount_cents).sum();
    assert_eq!(total, 30_000);
    let refused = refund(&router, "NF-10482", "too-much", 4_901).await;
    assert!(refused.detail().contains("49.01 EUR cannot be refunded"), "{}", refused.detail());
    assert_eq!(refund(&router, "NF-10482", "rest", 4_900).await.status, StatusCode::CREATED);
    assert_eq!(get(&router, "/orders/NF-10482").await.body["status"], "refunded");
}

#[tokio::test]
async fn a_key_stands_for_one_request() {
    let (shop, router) = filled().await;
    assert_eq!(refund(&router, "NF-10482", "k", 100).await.status, StatusCode::CREATED);
    assert_eq!(refund(&router, "NF-10482", "k", 200).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refund(&router, "NF-10500", "k", 100).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let without =
        send(&router, "POST", "/orders/NF-10482/refunds", None, Some(json!({ "amount_cents": 1 }))).await;
    assert_eq!(without.status, StatusCode::BAD_REQUEST);
    // A refusal is not an effect: the same key may be used once the reason is gone.
    assert_eq!(refund(&router, "NF-99999", "later", 100).await.status, StatusCode::NOT_FOUND);
    shop.put_order(&order("NF-99999", OrderStatus::Delivered)).await.unwrap();
    assert_eq!(refund(&router, "NF-99999", "later", 100).await.status, StatusCode::CREATED);
}

#[tokio::test]
async fn only_what_is_still_processing_is_cancelled_or_sent_elsewhere() {
    let (_shop, router) = filled().await;
    let address = json!({ "street": "Weinbergweg 27", "postcode": "8010", "city": "Graz", "country": "at" });
    let cancel = async |number: &str, key: &str| {
        send(
            &router,
            "POST",
            &format!("/orders/{number}/cancel"),
            Some(key),
            Some(json!({ "reason": "twice" })),
        )
        .await
    };
    let moved = async |number: &str, key: &str| {
        send(&router, "PUT", &format!("/orders/{number}/address"), Some(key), Some(address.clone())).await
    };
    assert_eq!(moved("NF-10501", "a").await.status, StatusCode::CONFLICT);
    let reply = moved("NF-10500", "b").await;
    assert_eq!((reply.status, &reply.body["address"]["country"]), (StatusCode::OK, &json!("AT")));
    assert_eq!(get(&router, "/orders/NF-10500").await.body["address"]["city"], "Graz");
    assert!(cancel("NF-10482", "c").await.detail().contains("is delivered"));
    assert_eq!(
        cancel("NF-10500", "d").await.body,
        json!({ "order_number": "NF-10500", "status": "cancelled" })
    );
    assert!(cancel("NF-10500", "d").await.replayed);
    assert_eq!(refund(&router, "NF-10500", "e", 100).await.status, StatusCode::CONFLICT);
    assert_eq!(get(&router, "/cancellations/by-key/d").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_password_reset_tells_nobody_who_has_an_account() {
    let (_shop, router) = filled().await;
    let reset = async |email: &str, key: &str| {
        send(&router, "POST", "/password-resets", Some(key), Some(json!({ "email": email }))).await
    };
    assert_eq!(reset("alex@mail.example", "1").await.body["status"], "sent");
    assert_eq!(reset("stranger@mail.example", "2").await.status, StatusCode::ACCEPTED);
    assert_eq!(reset("no address", "3").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn odd_requests_get_a_problem_with_a_detail() {
    let (_shop, router) = filled().await;
    let post =
        async |body: Value| send(&router, "POST", "/orders/NF-10482/refunds", Some("k"), Some(body)).await;
    for body in
        [json!(null), json!([]), json!({ "amount_cents": "349" }), json!({ "amount_cents": 1.5 }), json!({})]
    {
        let reply = post(body.clone()).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}");
        assert!(!reply.detail().is_empty());
    }
    for cents in [0, -1, i64::MIN, i64::MAX] {
        assert_eq!(post(json!({ "amount_cents": cents })).await.status, StatusCode::CONFLICT, "{cents}");
    }
    assert_eq!(
        post(json!({ "amount_cents": 1, "reason": "x".repeat(501) })).await.status,
        StatusCode::UNPROCESSABLE_ENTITY
    );
    assert_eq!(get(&router, "/nowhere").await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&router, "DELETE", "/orders", None, None).await.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn what_was_done_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("shop.db").display());
    let (shop, router) = shop_at(&url).await;
    shop.put_order(&order("NF-10482", OrderStatus::Delivered)).await.unwrap();
    let paid = refund(&router, "NF-10482", "key", 34_900).await.body;
    drop((shop, router));
    let (shop, router) = shop_at(&url).await;
    let again = refund(&router, "NF-10482", "key", 34_900).await;
    assert!(again.replayed);
    assert_eq!(again.body, paid);
    assert_eq!(shop.refunds().await.unwrap().len(), 1);
    let elsewhere = Shop::open("sqlite:/nowhere/at/all/shop.db", Arc::new(crate::Standing), ids()).await;
    assert!(elsewhere.is_err_and(|error| error.to_string().contains("cannot be opened")));
}
