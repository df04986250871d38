//! The console's files and the headers of pages.

use axum::http::{StatusCode, header};
use orchestrator::testing::app::TestApp;

async fn built() -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("assets")).unwrap();
    std::fs::write(folder.path().join("index.html"), "<!doctype html><title>console</title>").unwrap();
    std::fs::write(folder.path().join("assets/app-1f2e.js"), "export {}").unwrap();
    std::fs::write(folder.path().join("widget.js"), "(()=>{})()").unwrap();
    std::fs::write(folder.path().join("../countersign-outside.txt"), "outside").ok();
    let app = TestApp::start_with(&format!("[server]\nconsole_dir = {:?}\n", folder.path())).await;
    (app, folder)
}

#[tokio::test]
async fn the_consoles_own_routes_get_its_page_and_files_are_cached_for_good() {
    let (app, _folder) = built().await;
    for path in ["/", "/approvals", "/tickets/019ab0f4", "/chat"] {
        let page = app.nobody().get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(page.text().contains("console"), "{path}");
        assert_eq!(page.headers[header::CACHE_CONTROL], "no-cache", "{path}");
    }
    let script = app.nobody().get("/assets/app-1f2e.js").await;
    assert!(script.headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
    assert!(script.headers[header::CONTENT_TYPE].to_str().unwrap().contains("javascript"));
    app.nobody().get("/assets/gone.js").await.problem(StatusCode::NOT_FOUND);
    for path in
        ["/../countersign-outside.txt", "/%2e%2e/countersign-outside.txt", "/..%2fcountersign-outside.txt"]
    {
        assert!(!app.nobody().get(path).await.text().contains("outside"), "{path}");
    }
    app.nobody().send("POST", "/approvals", None).await.problem(StatusCode::METHOD_NOT_ALLOWED);
    app.nobody().get("/v1").await.problem(StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_file_that_was_compressed_when_it_was_built_is_sent_so_to_whoever_takes_it() {
    let (app, folder) = built().await;
    for (name, form) in [("index.html", "br"), ("assets/app-1f2e.js", "br"), ("assets/app-1f2e.js", "gz")] {
        std::fs::write(folder.path().join(format!("{name}.{form}")), format!("as {form}")).unwrap();
    }
    for (path, takes, encoding, body, kind) in [
        ("/assets/app-1f2e.js", "gzip, deflate, br, zstd", "br", "as br", "javascript"),
        ("/assets/app-1f2e.js", "gzip, deflate", "gzip", "as gz", "javascript"),
        ("/", "gzip, br", "br", "as br", "text/html"),
        ("/approvals", "gzip, br", "br", "as br", "text/html"),
    ] {
        let file = app.nobody().with("accept-encoding", takes).get(path).await;
        assert_eq!(file.status, StatusCode::OK, "{path} as {takes}");
        assert_eq!(file.text(), body, "{path} as {takes}");
        assert_eq!(file.headers[header::CONTENT_ENCODING], encoding, "{path} as {takes}");
        assert_eq!(file.headers[header::VARY], "accept-encoding", "{path} as {takes}");
        assert!(file.headers[header::CONTENT_TYPE].to_str().unwrap().contains(kind), "{path} as {takes}");
    }
    let plain = app.nobody().get("/assets/app-1f2e.js").await;
    assert_eq!(plain.text(), "export {}");
    assert!(!plain.headers.contains_key(header::CONTENT_ENCODING));
}

#[tokio::test]
async fn without_a_build_the_page_says_how_to_make_one() {
    let app = TestApp::start().await;
    let page = app.nobody().get("/").await;
    assert!(page.text().contains("npm run build"), "{}", page.text());
}

#[tokio::test]
async fn only_the_chat_page_may_stand_in_a_frame_and_no_page_runs_inline_scripts() {
    let (app, _folder) = built().await;
    for path in ["/", "/docs", "/v1/tickets", "/chats"] {
        let headers = app.nobody().get(path).await.headers;
        let policy = headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{path}: {policy}");
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
    }
    let headers = app.nobody().get("/chat?embed=1").await.headers;
    assert!(headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("frame-ancestors *"));
    assert!(!headers.contains_key(header::X_FRAME_OPTIONS));
}

#[tokio::test]
async fn the_widget_loads_on_any_site_and_is_asked_for_again_by_its_digest() {
    let (app, _folder) = built().await;
    let script = app.nobody().get("/widget.js").await;
    assert_eq!(script.status, StatusCode::OK);
    assert_eq!(script.text(), "(()=>{})()");
    assert!(script.headers[header::CONTENT_TYPE].to_str().unwrap().starts_with("text/javascript"));
    assert!(script.headers[header::CACHE_CONTROL].to_str().unwrap().contains("max-age=300"));
    assert_eq!(script.headers[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
    assert_eq!(script.headers["cross-origin-resource-policy"], "cross-origin");
    let etag = script.headers[header::ETAG].to_str().unwrap();
    let again = app.nobody().with("if-none-match", etag).get("/widget.js").await;
    assert_eq!((again.status, again.text()), (StatusCode::NOT_MODIFIED, String::new()));
    let other = app.nobody().with("if-none-match", "W/\"other\"").get("/widget.js").await;
    assert_eq!(other.status, StatusCode::OK);
    let unbuilt = TestApp::start().await;
    assert_eq!(unbuilt.nobody().get("/widget.js").await.status, StatusCode::NOT_FOUND);
}
