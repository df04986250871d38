//! What the desk writes, as its readers see it.

use proptest::prelude::*;
use regex::Captures;

use super::*;

#[test]
fn what_people_write_in_mails_looks_as_they_wrote_it() {
    let mail = "Hello Ada,\nyour tent is on its way [1].\n\n1. Open the **bag**\n2. Count the *poles*\n\n- one\n- two\n\n> Was it you?\n\nBest\n--\nBo";
    assert_eq!(
        html(mail),
        "<p>Hello Ada,<br>your tent is on its way [1].</p>\
         <ol><li>Open the <strong>bag</strong></li><li>Count the <em>poles</em></li></ol>\
         <ul><li>one</li><li>two</li></ul>\
         <blockquote><p>Was it you?</p></blockquote>\
         <p>Best<br>--</p><p>Bo</p>"
    );
}

#[test]
fn headings_are_strong_lists_begin_where_they_begin_and_code_keeps_its_lines() {
    assert_eq!(html("## Returns ##\nText"), "<p><strong>Returns</strong></p><p>Text</p>");
    assert_eq!(html("#42 is late\n==="), "<p>#42 is late<br>===</p>");
    assert_eq!(html("3. c\n4. d"), "<ol start=\"3\"><li>c</li><li>d</li></ol>");
    assert_eq!(
        html("Run `a < b`:\n\n```\nif x\n  y\n```"),
        "<p>Run <code>a &lt; b</code>:</p><pre><code>if x\n  y\n</code></pre>"
    );
}

#[test]
fn links_lead_to_the_web_and_to_mailboxes_and_say_nothing_of_where_they_were_followed() {
    let to = |address: &str, words: &str| {
        format!("<a href=\"{address}\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">{words}</a>")
    };
    let shop = "https://northfold.example/returns?a=1&amp;b=2";
    assert_eq!(
        html("[here](https://northfold.example/returns?a=1&b=2 \"t\")"),
        format!("<p>{}</p>", to(shop, "here"))
    );
    assert_eq!(
        html("See https://a.example/x_y_z."),
        format!("<p>See {}.</p>", to("https://a.example/x_y_z", "https://a.example/x_y_z"))
    );
    assert_eq!(html("<help@a.example>"), format!("<p>{}</p>", to("mailto:help@a.example", "help@a.example")));
    assert_eq!(
        html("[**w** https://b.example](HTTPS://a.example)"),
        format!("<p>{}</p>", to("HTTPS://a.example", "<strong>w</strong> https://b.example"))
    );
}

#[test]
fn what_is_no_such_link_is_the_text_it_is() {
    for (written, shown) in [
        ("[x](javascript:alert(1))", "[x](javascript:alert(1))"),
        ("[*x*](data:text/html,y)", "[<em>x</em>](data:text/html,y)"),
        ("[x](/settings)", "[x](/settings)"),
        ("<ftp://a.example>", "&lt;ftp://a.example&gt;"),
        // A guard that reads the text would not see where these lead.
        ("[x](https&#58;//a.example)", "[x](https&amp;#58;//a.example)"),
        ("[x](https\\://a.example)", "[x](https\\://a.example)"),
        ("https&#58;//a.example", "https&amp;#58;//a.example"),
        ("[x](https://a.example\\@b.example)", "[x](https://a.example\\@b.example)"),
    ] {
        assert_eq!(html(written), format!("<p>{shown}</p>"), "{written}");
    }
}

#[test]
fn markup_is_text_pictures_are_their_words_and_marks_of_sources_stay() {
    assert_eq!(html("a <b>b</b> &amp; <3"), "<p>a &lt;b&gt;b&lt;/b&gt; &amp;amp; &lt;3</p>");
    assert_eq!(
        html("<script>\nalert(1)\n</script>\n\nyes"),
        "<p>&lt;script&gt;<br>alert(1)<br>&lt;/script&gt;</p><p>yes</p>"
    );
    assert_eq!(html("![a *tent*](https://t.example/pixel.png)"), "<p>a <em>tent</em></p>");
    // These would make a link of every mark, and be gone themselves.
    assert_eq!(
        html("Yes [1][2].\n\n[1]: https://a.example"),
        "<p>Yes [1][2].</p><p>[1]: <a href=\"https://a.example\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">https://a.example</a></p>"
    );
    assert_eq!(html("%^~|$@;,\u{1}\u{2}[a]: b\nc"), "<p>%^~|$@;,\u{1}\u{2}[a]: b<br>c</p>");
}

#[test]
fn sentences_are_marked_wherever_their_words_stand() {
    let text = "Yes. It **is late** [1]. `No`.";
    let spans = [0..4, 5..24, 25..30];
    assert_eq!(
        with_sentences(text, &spans),
        "<p><span data-sentence=\"0\">Yes.</span> <span data-sentence=\"1\">It </span>\
         <strong><span data-sentence=\"1\">is late</span></strong><span data-sentence=\"1\"> [1].</span> \
         <span data-sentence=\"2\"><code>No</code></span><span data-sentence=\"2\">.</span></p>"
    );
}

#[test]
fn deep_nesting_ends() {
    for text in [">".repeat(20_000), "- ".repeat(5_000), "*a **b ".repeat(2_000), "[".repeat(20_000)] {
        let page = html(&text);
        let deepest = page.matches("<blockquote>").count().max(page.matches("<ul>").count());
        assert!(deepest <= DEEPEST, "{deepest}");
    }
}

/// The page's tags, each checked against what there may be, and its text as a reader has it.
fn parsed(page: &str) -> Result<(Vec<String>, String), String> {
    let tag = Regex::new(
        r#"^(?:</?(?:p|strong|em|ul|ol|li|blockquote|code)>|</?pre>|<(?:br|hr)>|</(?:a|span)>|<ol start="\d+">|<span data-sentence="\d+">|<a href="([^"<>]*)" rel="noopener noreferrer nofollow" target="_blank">)"#,
    )
    .unwrap();
    let entity = Regex::new("&(amp|lt|gt|quot|#39);").unwrap();
    let plain = |text: &str| {
        let sign = |found: &Captures<'_>| match &found[1] {
            "amp" => "&",
            "lt" => "<",
            "gt" => ">",
            "quot" => "\"",
            _ => "'",
        };
        entity.replace_all(text, |found: &Captures<'_>| sign(found).to_owned()).into_owned()
    };
    let (mut links, mut text, mut rest) = (Vec::new(), String::new(), page);
    while let Some(at) = rest.find(['<', '>', '"', '\'']) {
        text.push_str(&rest[..at]);
        rest = &rest[at..];
        let found = tag.captures(rest).ok_or_else(|| format!("{rest} of {page}"))?;
        links.extend(found.get(1).map(|address| plain(address.as_str())));
        rest = &rest[found[0].len()..];
    }
    text.push_str(rest);
    Ok((links, plain(&text)))
}

fn check(text: &str) -> Result<(), TestCaseError> {
    let (followed, shown) = parsed(&html(text)).map_err(TestCaseError::fail)?;
    let told = links(text);
    for link in followed {
        prop_assert!(told.contains(&link), "{} is not told of {}", link, text);
        let lower = link.to_ascii_lowercase();
        let may = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
        prop_assert!(may, "{}", link);
        let to = link.strip_prefix("mailto:").unwrap_or(&link);
        prop_assert!(text.contains(to), "{} is not in {}", link, text);
    }
    // What is shown stands in the text, in its order.
    let mut written = text.chars().filter(|c| !c.is_whitespace());
    for c in shown.chars().filter(|c| !c.is_whitespace()) {
        prop_assert!(written.any(|other| other == c), "{:?} of {:?} is not in {:?}", c, shown, text);
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_text_is_a_page_of_few_tags(text in "(?s).{0,300}") {
        check(&text)?;
    }

    #[test]
    fn any_soup_of_signs_is_a_page_of_few_tags(
        parts in prop::collection::vec(
            "<|>|/|script|img src=x onerror=alert\\(1\\)|a href=|\"|'|&|#58;|amp;|lt;|javascript:|https://a\\.example/|mailto:x@a\\.example|\\[|\\]|\\(|\\)|\\]\\(|\\]: |!\\[|\\*|\\*\\*|_|`|```|~~~|\\\\|\n|\n\n|    |\t|- |1\\. |> |# |---|===|<!--|-->|\\[1\\]|x| |ü|\u{1}|%",
            0..60,
        ),
    ) {
        check(&parts.concat())?;
    }

    #[test]
    fn plain_lines_stay_lines(lines in prop::collection::vec("[a-z][a-z ,.äöü]{0,20}[a-z.]", 1..8)) {
        prop_assert_eq!(html(&lines.join("\n")), format!("<p>{}</p>", lines.join("<br>")));
    }
}
