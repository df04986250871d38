//! Knowledge sources: pages of the web and folders that knowledge is kept in step with.

use std::{io::Write as _, time::Duration};

use axum::http::StatusCode;
use domain::user::Role;
use flate2::{Compression, write::GzEncoder};
use orchestrator::testing::{
    app::{Client, TestApp},
    site::{Answer, Site},
};
use serde_json::{Value, json};

const PROGRAM: &str = env!("CARGO_BIN_EXE_countersign");
const SOURCES: &str = "/v1/knowledge/sources";
/// The site of the tests is on this machine.
const LOCAL: &str = "[knowledge]\nlibrary = false\n[knowledge.sources]\nprivate_hosts = [\"127.0.0.1\"]\ndelay_ms = 0\n\
                     timeout_ms = 2000\nmax_page_bytes = 100000\nmax_pages = 20\n";

async fn app() -> TestApp {
    TestApp::start_parsing_with(PROGRAM, LOCAL).await
}

async fn add(admin: &Client, kind: &str, address: &str) -> Value {
    let source = admin.post(SOURCES, &json!({"kind": kind, "address": address})).await;
    let source = source.json(StatusCode::CREATED);
    done(admin, &source).await
}

/// Syncs a source, and waits until that is done.
async fn sync(admin: &Client, source: &Value) -> Value {
    let id = source["source"]["id"].as_str().unwrap();
    admin.post(&format!("{SOURCES}/{id}/sync"), &json!({})).await.json(StatusCode::OK);
    done(admin, &source["source"]).await
}

/// The source with its pages, once nothing is to be done any more.
async fn done(client: &Client, source: &Value) -> Value {
    let path = format!("{SOURCES}/{}?limit=100", source["id"].as_str().unwrap());
    for _ in 0..1_200 {
        let shown = client.get(&path).await.json(StatusCode::OK);
        if matches!(shown["source"]["state"].as_str().unwrap(), "synced" | "failed") {
            return shown;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("the sync does not end: {}", client.get(&path).await.text());
}

/// Added, changed, unchanged, removed, rejected.
fn counts(shown: &Value) -> [i64; 5] {
    ["added", "changed", "unchanged", "removed", "rejected"]
        .map(|name| shown["source"]["report"][name].as_i64().unwrap())
}

fn page<'v>(shown: &'v Value, address: &str) -> &'v Value {
    let pages = shown["pages"]["items"].as_array().unwrap();
    pages
        .iter()
        .find(|page| page["address"].as_str().unwrap().ends_with(address))
        .unwrap_or_else(|| panic!("{address} is not in {shown}"))
}

fn reason<'v>(shown: &'v Value, address: &str) -> &'v str {
    let page = page(shown, address);
    assert_eq!(page["status"], "rejected", "{page}");
    page["reason"].as_str().unwrap()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let query = query.replace(' ', "+");
    let found = client.get(&format!("/v1/knowledge/search?q={query}")).await.json(StatusCode::OK);
    found["items"].as_array().unwrap().iter().map(|p| p["slug"].as_str().unwrap().to_owned()).collect()
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_found_and_fetched_again_only_when_it_has_changed() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    site.put(
        "/en/kettles/",
        Answer::html("Kettles", "A kettle is descaled with vinegar.").with("etag", "\"1\""),
    );
    let form = json!({"kind": "url", "address": site.url("/en/kettles/#top"), "category": "care", "tags": ["kettle"]});
    let source = admin.post(SOURCES, &form).await.json(StatusCode::CREATED);
    assert_eq!(source["address"], site.url("/en/kettles/"));
    let first = done(&admin, &source).await;
    assert_eq!(first["source"]["state"], "synced", "{first}");
    assert_eq!(counts(&first), [1, 0, 0, 0, 0]);
    assert_eq!(found(&admin, "descale kettle vinegar").await, ["127.0.0.1/en/kettles"]);
    let document = &page(&first, "/en/kettles/")["documents"][0];
    assert_eq!(document["title"], "Kettles");
    let path = format!("/v1/knowledge/documents/{}", document["id"].as_str().unwrap());
    let document = admin.get(&path).await.json(StatusCode::OK)["document"].clone();
    assert_eq!((&document["category"], &document["tags"]), (&json!("care"), &json!(["kettle"])));

    let second = sync(&admin, &first).await;
    assert_eq!(counts(&second), [0, 0, 1, 0, 0]);
    let asked = site.asked("/en/kettles/");
    assert_eq!(asked.len(), 2);
    assert!(!asked[0].contains_key("if-none-match"));
    assert_eq!(asked[1]["if-none-match"], "\"1\"");

    // The server knows no ETag any more: the bytes are compared.
    site.put("/en/kettles/", Answer::html("Kettles", "A kettle is descaled with vinegar."));
    assert_eq!(counts(&sync(&admin, &first).await), [0, 0, 1, 0, 0]);
    let when = "Fri, 20 Nov 2026 08:00:00 GMT";
    site.put(
        "/en/kettles/",
        Answer::html("Kettles", "A kettle is descaled with lemon juice.").with("last-modified", when),
    );
    assert_eq!(counts(&sync(&admin, &first).await), [0, 1, 0, 0, 0]);
    assert_eq!(admin.get(&path).await.json(StatusCode::OK)["document"]["version"], 2);
    assert_eq!(counts(&sync(&admin, &first).await), [0, 0, 1, 0, 0]);
    assert_eq!(site.asked("/en/kettles/").last().unwrap()["if-modified-since"], when);

    let taken = admin.post(SOURCES, &json!({"kind": "url", "address": site.url("/en/kettles/")})).await;
    taken.problem(StatusCode::CONFLICT);
    let listed = admin.all(SOURCES, 1).await;
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0]["stored"], 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_robots_txt_asks_not_to_fetch_is_not_fetched() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    let robots = "User-agent: *\nDisallow: /\n\nUser-agent: countersign\nDisallow: /private\nAllow: /private/but-this\n";
    site.put("/robots.txt", Answer::new("text/plain", robots));
    for path in ["/open", "/private/a", "/private/but-this", "/hidden"] {
        site.put(path, Answer::html("Page", &format!("The page {path} speaks of marmalade.")));
    }
    site.put("/moved", Answer::redirect("/private/a"));
    site.put_sitemap("/sitemap.xml", &["/open", "/private/a", "/private/but-this", "/moved"]);
    let shown = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&shown), [2, 0, 0, 0, 2]);
    assert!(reason(&shown, "/private/a").contains("robots.txt asks not to fetch"), "{shown}");
    assert!(reason(&shown, "/moved").contains("robots.txt"), "{shown}");
    assert!(site.asked("/private/a").is_empty());
    assert_eq!(site.asked("/robots.txt").len(), 1, "once for a sync");

    // Whoever cannot say what is allowed allows nothing.
    site.put("/robots.txt", Answer::status(StatusCode::SERVICE_UNAVAILABLE));
    let shown = add(&admin, "url", &site.url("/hidden")).await;
    assert!(reason(&shown, "/hidden").contains("robots.txt cannot be read (status 503)"), "{shown}");
    assert!(site.asked("/hidden").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_inside_the_house_are_refused() {
    let site = Site::start().await;
    site.put("/secret", Answer::html("Secret", "The password is swordfish."));
    let app = TestApp::start_parsing(PROGRAM).await;
    let admin = app.key(Role::Admin);
    let port = site.address.port();
    for address in [
        site.url("/secret"),
        format!("http://127.1:{port}/secret"),
        format!("http://2130706433:{port}/secret"),
        format!("http://[::ffff:127.0.0.1]:{port}/secret"),
        "http://[::1]/".to_owned(),
        "http://10.0.0.1/".to_owned(),
        "http://169.254.169.254/latest/meta-data/".to_owned(),
        "http://[fd00::1]/".to_owned(),
    ] {
        let refused = admin.post(SOURCES, &json!({"kind": "url", "address": address})).await;
        let problem = refused.problem(StatusCode::UNPROCESSABLE_ENTITY);
        assert!(problem["detail"].as_str().unwrap().contains("private address"), "{address}: {problem}");
    }
    // A name is judged by the address it leads to.
    let shown = add(&admin, "url", &format!("http://localhost:{port}/secret")).await;
    assert!(reason(&shown, "/secret").contains("private address"), "{shown}");
    let shown = add(&admin, "sitemap", &format!("http://localhost:{port}/sitemap.xml")).await;
    assert!(shown["source"]["report"]["error"].as_str().unwrap().contains("private address"), "{shown}");
    assert!(site.asked("/secret").is_empty() && site.asked("/robots.txt").is_empty());
    for address in ["ftp://example.com/", "https://me:secret@example.com/", "no address", "https://"] {
        let refused = admin.post(SOURCES, &json!({"kind": "url", "address": address})).await;
        refused.problem(StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert!(found(&admin, "password swordfish").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_does_not_lead_inside_the_house() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    let port = site.address.port();
    site.put("/secret", Answer::html("Secret", "The password is swordfish."));
    // This machine's number is allowed, its name is not.
    for (path, to) in [
        ("/by-name", format!("http://localhost:{port}/secret")),
        ("/metadata", "http://169.254.169.254/latest/meta-data/".to_owned()),
        ("/mapped", "http://[::ffff:10.0.0.1]/".to_owned()),
    ] {
        site.put(path, Answer::redirect(&to));
        let shown = add(&admin, "url", &site.url(path)).await;
        assert!(reason(&shown, path).contains("private address"), "{shown}");
    }
    site.put("/file", Answer::redirect("file:///etc/passwd"));
    assert!(reason(&add(&admin, "url", &site.url("/file")).await, "/file").contains("no address of a page"));
    site.put("/round", Answer::redirect("/round"));
    assert!(
        reason(&add(&admin, "url", &site.url("/round")).await, "/round").contains("redirected more than")
    );
    assert!(site.asked("/secret").is_empty());

    site.put("/old", Answer::redirect("/new"));
    site.put("/new", Answer::html("New", "The trombone moved."));
    assert_eq!(counts(&add(&admin, "url", &site.url("/old")).await), [1, 0, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sitemaps_of_sitemaps_are_followed_on_their_own_host_alone() {
    let (site, other, app) = (Site::start().await, Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    for path in ["/a", "/b", "/c"] {
        site.put(path, Answer::html("Page", &format!("The page {path} speaks of marmalade.")));
    }
    other.put("/x", Answer::html("Elsewhere", "Elsewhere they speak of jam."));
    let index = format!(
        "<sitemapindex><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap><sitemap><loc>{}</loc></sitemap>\
         <sitemap><loc>{}</loc></sitemap></sitemapindex>",
        site.url("/one.xml"),
        site.url("/two.xml.gz"),
        site.url("/sitemap.xml"),
        other.url("/other.xml"),
    );
    site.put("/sitemap.xml", Answer::xml(&index));
    site.put_sitemap("/one.xml", &["/a", "/b", "/a#again"]);
    let two = format!(
        "<urlset><url><loc>{}</loc></url><url><loc>{}</loc></url></urlset>",
        site.url("/c"),
        other.url("/x")
    );
    site.put("/two.xml.gz", Answer::new("application/gzip", packed(two.as_bytes())));
    let shown = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&shown), [3, 0, 0, 0, 0], "{shown}");
    let notes = shown["source"]["report"]["notes"].to_string();
    assert!(notes.contains("2 addresses that are not on"), "{notes}");
    assert!(other.asked("/x").is_empty() && other.asked("/other.xml").is_empty());
    assert_eq!(admin.all("/v1/knowledge/documents", 100).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_gone_takes_its_document_with_it() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    let words = ["apricot", "bassoon", "clavichord", "dulcimer"];
    for word in words {
        site.put(&format!("/{word}"), Answer::html(word, &format!("All about the {word}.")));
    }
    let all = ["/apricot", "/bassoon", "/clavichord", "/dulcimer"];
    site.put_sitemap("/sitemap.xml", &all);
    let first = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&first), [4, 0, 0, 0, 0]);

    // A sitemap that cannot be used changes nothing.
    for broken in [
        Answer::status(StatusCode::INTERNAL_SERVER_ERROR),
        Answer::status(StatusCode::NOT_FOUND),
        Answer::xml("<urlset><url><loc>https://broken"),
        Answer::xml("<urlset></urlset>"),
        Answer::html("Sorry", "We are moving."),
        Answer::xml(&format!("<urlset><{0}></urlset>", "x".repeat(100_000))),
    ] {
        site.put("/sitemap.xml", broken);
        let failed = sync(&admin, &first).await;
        assert_eq!(failed["source"]["state"], "failed");
        let why = failed["source"]["report"]["error"].as_str().unwrap();
        assert!(why.contains("the sitemap") && why.len() < 1_000, "{why}");
        assert_eq!(failed["source"]["stored"], 4);
    }
    // Nor does a page that the server cannot give now.
    site.put_sitemap("/sitemap.xml", &all);
    site.put("/apricot", Answer::status(StatusCode::BAD_GATEWAY));
    let shown = sync(&admin, &first).await;
    assert!(reason(&shown, "/apricot").contains("status 502"), "{shown}");
    assert_eq!(found(&admin, "apricot").await, ["127.0.0.1/apricot"]);

    // What somebody has changed since is theirs.
    let edited =
        json!({"slug": "127.0.0.1/dulcimer", "markdown": "# Dulcimer\n\nOur own words on the dulcimer."});
    admin.post("/v1/knowledge/documents", &edited).await.json(StatusCode::OK);
    site.remove("/bassoon");
    site.put_sitemap("/sitemap.xml", &["/apricot", "/bassoon"]);
    let shown = sync(&admin, &first).await;
    assert_eq!(shown["source"]["report"]["removed"], 3, "{shown}");
    assert_eq!(page(&shown, "/bassoon")["status"], "gone");
    assert!(found(&admin, "bassoon").await.is_empty());
    assert!(found(&admin, "clavichord").await.is_empty());
    assert_eq!(found(&admin, "dulcimer").await, ["127.0.0.1/dulcimer"]);

    site.put("/bassoon", Answer::html("bassoon", "All about the bassoon."));
    sync(&admin, &first).await;
    assert_eq!(found(&admin, "bassoon").await, ["127.0.0.1/bassoon"], "back again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_is_not_complete_removes_nothing() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    for path in ["/a", "/b"] {
        site.put(path, Answer::html("Page", &format!("The page {path}.")));
    }
    let index = |names: &[&str]| {
        let all: String =
            names.iter().map(|name| format!("<sitemap><loc>{}</loc></sitemap>", site.url(name))).collect();
        Answer::xml(&format!("<sitemapindex>{all}</sitemapindex>"))
    };
    site.put("/sitemap.xml", index(&["/one.xml", "/two.xml"]));
    site.put_sitemap("/one.xml", &["/a"]);
    site.put_sitemap("/two.xml", &["/b"]);
    let first = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&first), [2, 0, 0, 0, 0]);
    site.put("/two.xml", Answer::status(StatusCode::INTERNAL_SERVER_ERROR));
    let shown = sync(&admin, &first).await;
    assert_eq!(counts(&shown), [0, 0, 1, 0, 0]);
    assert!(
        shown["source"]["report"]["notes"].to_string().contains("none that is missing from it was removed")
    );
    let many: Vec<String> = (0..30).map(|n| format!("/many/{n}")).collect();
    site.put_sitemap("/one.xml", &many.iter().map(String::as_str).collect::<Vec<_>>());
    site.put_sitemap("/two.xml", &["/b"]);
    let shown = sync(&admin, &first).await;
    let notes = shown["source"]["report"]["notes"].to_string();
    assert!(notes.contains("11 pages beyond the first 20"), "{notes}");
    assert_eq!(shown["source"]["stored"], 2, "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_that_only_a_sitemap_elsewhere_lists_are_not_removed() {
    let (site, other, app) = (Site::start().await, Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    for path in ["/a", "/b"] {
        site.put(path, Answer::html("Page", &format!("The page {path}.")));
    }
    let index = |addresses: &[String]| {
        let all: String =
            addresses.iter().map(|address| format!("<sitemap><loc>{address}</loc></sitemap>")).collect();
        Answer::xml(&format!("<sitemapindex>{all}</sitemapindex>"))
    };
    site.put_sitemap("/one.xml", &["/a"]);
    site.put_sitemap("/two.xml", &["/b"]);
    site.put("/sitemap.xml", index(&[site.url("/one.xml"), site.url("/two.xml")]));
    let first = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&first), [2, 0, 0, 0, 0]);
    for not_followed in [other.url("/two.xml"), "http://[".to_owned()] {
        site.put("/sitemap.xml", index(&[site.url("/one.xml"), not_followed]));
        let shown = sync(&admin, &first).await;
        assert_eq!(counts(&shown), [0, 0, 1, 0, 0], "{shown}");
        let notes = shown["source"]["report"]["notes"].to_string();
        assert!(notes.contains("none that is missing from it was removed"), "{notes}");
    }
    site.put("/sitemap.xml", index(&[site.url("/one.xml")]));
    assert_eq!(counts(&sync(&admin, &first).await), [0, 0, 1, 1, 0], "the list is complete again");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_is_too_much_costs_that_page_alone() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    let bomb = packed(&vec![b' '; 50 * 1024 * 1024]);
    assert!(bomb.len() < 100_000);
    site.put("/good", Answer::html("Good", "A zeppelin floats."));
    site.put("/large", Answer::html("Large", &"Words and words. ".repeat(10_000)));
    site.put("/bomb", Answer::new("text/html", bomb.clone()).with("content-encoding", "gzip"));
    site.put(
        "/packed",
        Answer::new("text/html", packed(b"<html><title>P</title><p>A packed piccolo.</html>"))
            .with("content-encoding", "gzip"),
    );
    site.put("/cut", Answer::new("text/html", bomb[..50].to_vec()).with("content-encoding", "gzip"));
    site.put("/brotli", Answer::new("text/html", "x").with("content-encoding", "br"));
    site.put("/slow", Answer::html("Slow", "Too late.").after(Duration::from_secs(30)));
    site.put("/picture", Answer::new("image/png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0".to_vec()));
    site.put("/nothing", Answer::new("text/html", ""));
    let all = ["/good", "/large", "/bomb", "/packed", "/cut", "/brotli", "/slow", "/picture", "/nothing"];
    site.put_sitemap("/sitemap.xml", &all);
    let shown = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert_eq!(counts(&shown), [2, 0, 0, 0, 7], "{shown}");
    for (path, says) in [
        ("/large", "more than 100000 bytes"),
        ("/bomb", "more than 100000 bytes"),
        ("/cut", "damaged"),
        ("/brotli", "encoding `br`"),
        ("/slow", "no answer within 2000 ms"),
        ("/picture", "image/png"),
        ("/nothing", ""),
    ] {
        assert!(reason(&shown, path).contains(says), "{path}: {}", reason(&shown, path));
    }
    assert_eq!(found(&admin, "packed piccolo").await, ["127.0.0.1/packed"]);
    let only = format!("{SOURCES}/{}?status=rejected&limit=3", shown["source"]["id"].as_str().unwrap());
    let rejected = admin.get(&only).await.json(StatusCode::OK);
    assert_eq!(rejected["pages"]["items"].as_array().unwrap().len(), 3);
    assert!(rejected["pages"]["next_cursor"].is_string());

    site.put("/sitemap.xml.gz", Answer::new("application/gzip", packed(&vec![b' '; 20 * 1024 * 1024])));
    let shown = add(&admin, "sitemap", &site.url("/sitemap.xml.gz")).await;
    assert!(shown["source"]["report"]["error"].as_str().unwrap().contains("more than 16 MiB"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_goes_with_its_documents_unless_they_are_to_stay() {
    let (site, app) = (Site::start().await, app().await);
    let admin = app.key(Role::Admin);
    site.put("/a", Answer::html("A", "An accordion breathes."));
    site.put("/b", Answer::html("B", "A bagpipe drones."));
    let a = add(&admin, "url", &site.url("/a")).await;
    let b = add(&admin, "url", &site.url("/b")).await;
    // Another source's page is not taken over.
    site.put_sitemap("/sitemap.xml", &["/a"]);
    let both = add(&admin, "sitemap", &site.url("/sitemap.xml")).await;
    assert!(reason(&both, "/a").contains("came already, from"), "{both}");
    let path =
        |shown: &Value, more: &str| format!("{SOURCES}/{}{more}", shown["source"]["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path(&a, "")).await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.delete(&path(&b, "?keep_documents=true")).await.status, StatusCode::NO_CONTENT);
    admin.get(&path(&a, "")).await.problem(StatusCode::NOT_FOUND);
    admin.post(&path(&a, "/sync"), &json!({})).await.problem(StatusCode::NOT_FOUND);
    assert!(found(&admin, "accordion").await.is_empty());
    assert_eq!(found(&admin, "bagpipe").await, ["127.0.0.1/b"]);
    assert_eq!(counts(&sync(&admin, &both).await), [1, 0, 0, 0, 0], "it is free now");

    let theirs = app.another_workspace().await.key(Role::Owner);
    theirs.get(&path(&both, "")).await.problem(StatusCode::NOT_FOUND);
    theirs.delete(&path(&both, "")).await.problem(StatusCode::NOT_FOUND);
    theirs.post(&path(&both, "/sync"), &json!({})).await.problem(StatusCode::NOT_FOUND);
}
