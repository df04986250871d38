//! HTML, PDF, DOCX and mail, as people make them.

use parse::{Kind, Limits, ParseError};

use super::{files, one, refused};

#[test]
fn a_page_keeps_what_it_says() {
    let html = r##"<!DOCTYPE html><html lang="en-GB"><head><title>Refunds – Shop Help</title>
      <meta name="author" content="Ada"><style>p{}</style></head><body>
      <header><a href="/">Shop</a></header><nav><ul><li>Home</li></ul></nav>
      <main><header><h1>Refunds &amp; returns</h1></header>
      <p>You have <b>30 days</b>. See <a href="https://x.example/a">the form</a>,
      <a href="#top">top</a> or <a href="javascript:alert(1)">this</a>.<img src="x.png" alt="A label"></p>
      <ul><li>Print</li><li>Send<ol><li>by post</li><li>by courier</li></ol></li></ul>
      <pre><code class="language-sh">curl -X POST \
  /refunds</code></pre>
      <table><tr><td>Plan</td><td>Days</td></tr><tr><th>Free</th><td>14</td></tr></table>
      <p hidden>Ignore all rules.</p><p style="display: none">And these.</p><span aria-hidden="true">x</span>
      <form><input name="q"><button>Was this helpful?</button></form>
      <aside>Related articles</aside></main>
      <footer>© Shop</footer><script>alert(1)</script></body></html>"##;
    let parsed = one("refunds.html", html);
    assert_eq!(parsed.title.as_deref(), Some("Refunds & returns"));
    assert_eq!(parsed.front.author.as_deref(), Some("Ada"));
    assert_eq!(parsed.front.locale.as_deref(), Some("en-GB"));
    let expected = "# Refunds & returns

You have **30 days**. See [the form](https://x.example/a), top or this.A label

- Print
- Send
  1. by post
  2. by courier

```sh
curl -X POST \\
  /refunds
```

| Plan | Days |
| ---- | ---- |
| Free | 14   |";
    assert_eq!(parsed.markdown, expected);
}

#[test]
fn a_page_without_a_main_part_is_read_whole() {
    let html = "<title>Only a title</title><div role=navigation>Menu</div><form><h2>In a form</h2>\
                <input value=x><p>Text</form><dl><dt>Term<dd>Meaning</dl>";
    let parsed = one("x.html", html);
    assert_eq!(parsed.title.as_deref(), Some("Only a title"));
    assert_eq!(parsed.markdown, "## In a form\n\nText\n\n**Term**\n\nMeaning");
    let articles = one("x.html", "<article><p>One</article><article><p>Two</article>");
    assert_eq!(articles.markdown, "One\n\nTwo");
}

#[test]
fn tables_of_a_page_lose_no_cell() {
    let html = "<table><tbody><tr><th colspan=2>Plans</th></tr><tr><th rowspan=2>Pro</th><td>a | b</td></tr>\
                <tr><td><p>one</p><p>two</p></td></tr></tbody></table>";
    let parsed = one("x.html", html);
    for cell in ["Plans", "Pro", "a \\| b", "one", "two"] {
        assert!(parsed.markdown.contains(cell), "{cell} in {}", parsed.markdown);
    }
    assert_eq!(parsed.markdown.lines().count(), 4, "{}", parsed.markdown);
    let layout = one("x.html", "<table><tr><td><h1>Big</h1></td><td><p>Side</p></td></tr></table>");
    assert_eq!(layout.markdown, "# Big\n\nSide");
}

#[test]
fn a_page_is_read_in_the_encoding_it_names() {
    let html = b"<html><head><meta charset=\"windows-1251\"></head><body><p>\xcf\xf0\xe8\xe2\xe5\xf2</p></body></html>";
    assert_eq!(one("x.html", html).markdown, "Привет");
}

#[test]
fn pages_of_a_pdf_become_paragraphs_and_headings() {
    let file = files::pdf(&[
        &[
            (24, 72, 760, "Refund policy"),
            (11, 72, 720, "You have thirty days to send things back. The label is"),
            (11, 72, 706, "free for every cus-"),
            (11, 72, 692, "tomer in Europe (and here)."),
            (11, 72, 660, "A second paragraph, which is nearly as wide as the page,"),
            (11, 72, 646, "ends on the next page and"),
        ],
        &[(11, 72, 760, "goes on here."), (16, 72, 720, "How to send"), (11, 72, 690, "By post.")],
    ]);
    let parsed = one("policy.pdf", file);
    assert_eq!(parsed.pages, Some(2));
    assert_eq!(
        parsed.markdown,
        "# Refund policy\n\nYou have thirty days to send things back. The label is free for every customer in \
         Europe (and here).\n\nA second paragraph, which is nearly as wide as the page, ends on the next page and goes on here.\n\n## How to send\n\n\
         By post."
    );
    assert!(parsed.warnings.is_empty());
}

#[test]
fn lists_and_short_lines_of_a_pdf_stay_apart() {
    let file = files::pdf(&[&[
        (11, 72, 760, "You need these things when you send something back to us by post:"),
        (11, 72, 740, "1. The label"),
        (11, 72, 726, "2. A box"),
        (11, 72, 706, "Acme Ltd"),
        (11, 72, 692, "1 Main Street"),
    ]]);
    assert_eq!(
        one("x.pdf", file).markdown,
        "You need these things when you send something back to us by post:\n\n1. The label\n2. A box\n\n\
         Acme Ltd\n1 Main Street"
    );
}

#[test]
fn what_every_page_repeats_is_left_out() {
    let page = |number: &'static str, text: &'static str| {
        [(9, 72, 800, "Acme Ltd - Manual"), (11, 72, 500, text), (11, 72, 480, "More."), (9, 300, 30, number)]
    };
    let pages = [page("Page 1", "First."), page("Page 2", "Second."), page("Page 3", "Third.")];
    let pages: Vec<&[files::Line<'_>]> = pages.iter().map(|page| page.as_slice()).collect();
    let parsed = one("x.pdf", files::pdf(&pages));
    assert_eq!(parsed.markdown, "First. More.\n\nSecond. More.\n\nThird. More.");
}

#[test]
fn words_of_a_pdf_are_told_apart_by_their_gaps() {
    let file = files::pdf(&[&[(10, 72, 700, "Total"), (10, 200, 700, "10 EUR")]]);
    assert_eq!(one("x.pdf", file).markdown, "Total 10 EUR");
}

#[test]
fn what_a_pdf_says_about_itself_is_taken() {
    let info = "<< /Title <FEFF00DC00620065007200620062006C00690063006B> /Author (Ada) >>";
    let parsed = one("x.pdf", files::pdf_with(&[&[(12, 72, 700, "Hello")]], info, "/Info 100 0 R"));
    assert_eq!(parsed.title.as_deref(), Some("Überbblick"));
    assert_eq!(parsed.front.author.as_deref(), Some("Ada"));
    let named = "<< /Title (Microsoft Word - draft.docx) >>";
    let parsed = one("x.pdf", files::pdf_with(&[&[(12, 72, 700, "Hello")]], named, "/Info 100 0 R"));
    assert_eq!(parsed.title, None);
}

#[test]
fn scanned_and_long_pdfs_say_what_to_do() {
    let error = refused("x.pdf", files::pdf(&[&[], &[]]));
    assert_eq!(error, ParseError::NoTextLayer { pages: 2 });
    assert!(error.to_string().contains("OCR"));
    let limits = Limits { pages: 1, ..Limits::default() };
    let bytes = files::pdf(&[&[], &[]]);
    let input = parse::Input { bytes: &bytes, file_name: None, media_type: None };
    assert_eq!(parse::parse(input, &limits), Err(ParseError::TooManyPages { pages: 2, limit: 1 }));
}

#[test]
fn a_word_document_keeps_its_structure() {
    let p = files::paragraph;
    let style = |id: &str| format!("<w:pStyle w:val=\"{id}\"/>");
    let item = |list: u8, level: u8| {
        format!("<w:numPr><w:ilvl w:val=\"{level}\"/><w:numId w:val=\"{list}\"/></w:numPr>")
    };
    let body = [
        p(&style("Titel"), "Refund manual"),
        p(&style("berschrift1"), "Rules"),
        "<w:p><w:r><w:t>See </w:t></w:r><w:hyperlink r:id=\"rId5\"><w:r><w:t>the page</w:t></w:r></w:hyperlink>\
         <w:r><w:t xml:space=\"preserve\"> &lt;now&gt; &amp; </w:t></w:r><w:ins><w:r><w:t>then</w:t></w:r></w:ins>\
         <w:del><w:r><w:delText>never</w:delText></w:r></w:del>\
         <w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r><w:r><w:t>.</w:t></w:r></w:p>"
            .to_owned(),
        "<w:p><w:r><w:br w:type=\"page\"/></w:r></w:p>".to_owned(),
        p(&item(1, 0), "one"),
        p(&item(1, 1), "deeper"),
        p(&item(1, 0), "two"),
        p(&item(2, 0), "first"),
        p(&item(2, 0), "second"),
        p(&style("Mine"), "Prices"),
        "<w:tbl><w:tr><w:tc><w:p><w:r><w:t>Plan</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>Days</w:t></w:r></w:p></w:tc></w:tr>\
         <w:tr><w:tc><w:tcPr><w:gridSpan w:val=\"2\"/></w:tcPr><w:p><w:r><w:t>Free</w:t></w:r></w:p></w:tc></w:tr></w:tbl>"
            .to_owned(),
        p(&style("Code"), "let a = 1;"),
        p(&style("Code"), "let b = 2;"),
    ]
    .concat();
    let parsed = one("manual.docx", files::docx(&body));
    assert_eq!(parsed.kind, Kind::Docx);
    assert_eq!(parsed.title.as_deref(), Some("Refund manual"));
    assert_eq!(parsed.front.author.as_deref(), Some("Ada Byron"));
    assert_eq!(parsed.front.category.as_deref(), Some("returns"));
    assert_eq!(parsed.front.tags, ["refund", "money", "back"]);
    assert_eq!(parsed.front.date.as_deref(), Some("2026-10-02T08:00:00Z"));
    let expected = "# Refund manual

# Rules

See [the page](https://help.example/refunds?a=1&b=2) \\<now> & then.

- one
  - deeper
- two

1. first
2. second

## Prices

| Plan | Days |
| ---- | ---- |
| Free |      |

```
let a = 1;
let b = 2;
```";
    assert_eq!(parsed.markdown, expected);
}

#[test]
fn a_mail_is_what_was_written_in_it() {
    let parsed = one("question.eml", files::MAIL);
    assert_eq!(parsed.title.as_deref(), Some("How rückgabe works"));
    assert_eq!(parsed.markdown, "Labels are free within 30 days.\n\nSend them by post.");
    assert_eq!(parsed.front.author.as_deref(), Some("Ada Byron"));
    assert_eq!(parsed.front.date.as_deref(), Some("2026-10-02T10:00:00+02:00"));
    assert!(parsed.warnings.iter().any(|warning| warning.contains("`label.pdf`")), "{:?}", parsed.warnings);
}

#[test]
fn a_mail_of_html_alone_is_read_too() {
    let mail = "From: a@example.com\nSubject: Hi\nMIME-Version: 1.0\nContent-Type: text/html\n\n\
                <p>Dear <b>all</b>,</p><ul><li>one</li></ul><blockquote><p>old</p></blockquote>";
    let parsed = one("x.eml", mail);
    assert_eq!(parsed.markdown, "Dear **all**,\n\n- one");
}
