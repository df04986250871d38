//! Takes what a page says out of what surrounds it.
//!
//! Menus, scripts, forms and what a reader of the page does not see are left out: hidden text would
//! reach a model that no person checked.

use std::{cell::RefCell, rc::Rc};

use html5ever::{Attribute, LocalName, QualName, ns, tendril::StrTendril};
use markup5ever_rcdom::{Handle, Node, NodeData};

use crate::text::one_line;

/// Never content.
const DROPPED: [&str; 29] = [
    "script", "style", "template", "noscript", "nav", "aside", "svg", "math", "iframe", "object", "embed",
    "canvas", "audio", "video", "map", "dialog", "button", "input", "select", "textarea", "datalist", "head",
    "title", "meta", "link", "base", "frameset", "menu", "progress",
];
/// What these roles say is around the content.
const DROPPED_ROLES: [&str; 6] = ["navigation", "banner", "contentinfo", "search", "complementary", "dialog"];
/// The most columns a table keeps.
const MAX_COLUMNS: usize = 64;

/// What is taken from a page.
pub(super) struct Page {
    pub title: Option<String>,
    pub author: Option<String>,
    pub locale: Option<String>,
    /// A tree of its own with the content alone.
    pub body: Rc<Node>,
}

impl Page {
    /// The tree must not be deep: this goes down by recursion.
    pub fn of(document: Handle) -> Self {
        let mut found = Found::default();
        found.look(&document);
        let main = found.main.or_else(|| (found.articles.len() == 1).then(|| found.articles.remove(0)));
        let copied = |root: &Handle, inside: bool| {
            let body = Node::new(NodeData::Document);
            copy_children(root, &body, inside);
            body
        };
        let mut body = match &main {
            Some(main) => copied(main, true),
            None => copied(&document, false),
        };
        if main.is_some() && text_of(&body).trim().is_empty() {
            body = copied(&document, false);
        }
        let title = first(&body, "h1").as_ref().and_then(|heading| one_line(&text_of(heading)));
        Self {
            title: title.or(found.shared_title).or(found.title),
            author: found.author,
            locale: found.locale,
            body,
        }
    }
}

#[derive(Default)]
struct Found {
    title: Option<String>,
    shared_title: Option<String>,
    author: Option<String>,
    locale: Option<String>,
    main: Option<Handle>,
    articles: Vec<Handle>,
}

impl Found {
    fn look(&mut self, node: &Handle) {
        match name(node) {
            "html" => self.locale = attribute(node, "lang").and_then(|lang| one_line(&lang)),
            "title" if self.title.is_none() => self.title = one_line(&text_of(node)),
            "meta" => self.look_at_meta(node),
            "main" if self.main.is_none() && !is_hidden(node) => self.main = Some(Rc::clone(node)),
            "article" if !is_hidden(node) => {
                self.articles.push(Rc::clone(node));
                // What lies inside belongs to it, such as comments.
                return;
            }
            _ if self.main.is_none() && role(node) == "main" => self.main = Some(Rc::clone(node)),
            _ => {}
        }
        for child in node.children.borrow().iter() {
            self.look(child);
        }
    }

    fn look_at_meta(&mut self, node: &Handle) {
        let key = attribute(node, "name").or_else(|| attribute(node, "property")).unwrap_or_default();
        let content = || attribute(node, "content").and_then(|content| one_line(&content));
        match key.to_ascii_lowercase().as_str() {
            "og:title" => self.shared_title = content(),
            "author" => self.author = content(),
            _ => {}
        }
    }
}

fn copy_children(from: &Handle, to: &Rc<Node>, inside: bool) {
    for child in from.children.borrow().iter() {
        copy(child, to, inside);
    }
}

/// Copies what is content. `inside`: in the main part, where a header is the content's own.
fn copy(node: &Handle, to: &Rc<Node>, inside: bool) {
    let tag = match &node.data {
        NodeData::Text { contents } => return append(to, text_node(&contents.borrow())),
        NodeData::Element { name, .. } => &*name.local,
        NodeData::Document => return copy_children(node, to, inside),
        _ => return,
    };
    let inside = inside || matches!(tag, "main" | "article");
    if DROPPED.contains(&tag) || DROPPED_ROLES.contains(&role(node).as_str()) || is_hidden(node) {
        return;
    }
    match tag {
        "footer" => {}
        "header" if !inside => {}
        "form" if !["h1", "h2", "main", "article"].iter().any(|tag| first(node, tag).is_some()) => {}
        // Programs wrap whole pages in a form, and pages in tags of their own.
        "form" | "header" | "main" | "article" | "html" | "body" => {
            let block = element("div", Vec::new());
            copy_children(node, &block, inside);
            append(to, block);
        }
        "img" => {
            if let Some(words) = attribute(node, "alt").and_then(|alt| one_line(&alt)) {
                append(to, text_node(&words));
            }
        }
        "a" => copy_link(node, to, inside),
        "table" => copy_table(node, to, inside),
        "dt" => {
            let (block, strong) = (element("p", Vec::new()), element("strong", Vec::new()));
            copy_children(node, &strong, inside);
            append(&block, strong);
            append(to, block);
        }
        _ => {
            let plain = element(if tag == "dd" { "p" } else { tag }, kept_attributes(node));
            copy_children(node, &plain, inside);
            append(to, plain);
        }
    }
}

/// Links that lead somewhere stay; of the others their words do.
fn copy_link(node: &Handle, to: &Rc<Node>, inside: bool) {
    let href = attribute(node, "href").unwrap_or_default();
    let href = href.trim();
    let scheme = href.split_once(':').map(|(scheme, _)| scheme.to_ascii_lowercase());
    let leads = match scheme.as_deref() {
        Some("http" | "https" | "mailto" | "tel") => true,
        Some(word) if word.bytes().all(|c| c.is_ascii_alphanumeric() || b"+-.".contains(&c)) => false,
        _ => !href.is_empty() && !href.starts_with('#'),
    };
    if !leads || href.len() > 2000 {
        return copy_children(node, to, inside);
    }
    let link = element("a", vec![attribute_of("href", href)]);
    copy_children(node, &link, inside);
    if !text_of(&link).trim().is_empty() {
        append(to, link);
    }
}

/// Tables of data get one head and rows of the same length, so that no cell is lost; tables that
/// only place things become blocks.
fn copy_table(table: &Handle, to: &Rc<Node>, inside: bool) {
    let mut rows = Vec::new();
    let mut captions = Vec::new();
    collect_rows(table, &mut rows, &mut captions);
    for caption in captions {
        let block = element("p", Vec::new());
        copy_children(&caption, &block, inside);
        append(to, block);
    }
    let columns = rows.iter().map(|row| cells(row).len()).max().unwrap_or_default();
    let places = role(table) == "presentation" || columns < 2 || rows.len() < 2;
    if places || table.children.borrow().iter().any(|child| first(child, "table").is_some()) {
        for cell in rows.iter().flat_map(cells) {
            let block = element("div", Vec::new());
            copy_children(&cell, &block, inside);
            append(to, block);
        }
        return;
    }
    let grid = grid(&rows);
    let columns = grid.iter().map(Vec::len).max().unwrap_or_default();
    let whole = element("table", Vec::new());
    let (head, body) = (element("thead", Vec::new()), element("tbody", Vec::new()));
    for (at, row) in grid.iter().enumerate() {
        let line = element("tr", Vec::new());
        for column in 0..columns {
            let cell = element(if at == 0 { "th" } else { "td" }, Vec::new());
            if let Some(Some(from)) = row.get(column) {
                copy_children(from, &cell, inside);
            }
            append(&line, cell);
        }
        append(if at == 0 { &head } else { &body }, line);
    }
    append(&whole, head);
    append(&whole, body);
    append(to, whole);
}

fn collect_rows(node: &Handle, rows: &mut Vec<Handle>, captions: &mut Vec<Handle>) {
    for child in node.children.borrow().iter().filter(|child| !is_hidden(child)) {
        match name(child) {
            "tr" => rows.push(Rc::clone(child)),
            "thead" | "tbody" | "tfoot" => collect_rows(child, rows, captions),
            "caption" => captions.push(Rc::clone(child)),
            _ => {}
        }
    }
}

fn cells(row: &Handle) -> Vec<Handle> {
    let children = row.children.borrow();
    children.iter().filter(|child| matches!(name(child), "td" | "th") && !is_hidden(child)).cloned().collect()
}

/// Puts cells where they stand on the page: one that spans columns or rows leaves empty ones.
fn grid(rows: &[Handle]) -> Vec<Vec<Option<Handle>>> {
    let mut grid: Vec<Vec<Option<Handle>>> = Vec::new();
    // For each column, how many rows below are taken by a cell above.
    let mut taken = [0_usize; MAX_COLUMNS];
    for row in rows {
        let mut line = Vec::new();
        let mut cells = cells(row).into_iter();
        while line.len() < MAX_COLUMNS {
            if taken[line.len()] > 0 {
                taken[line.len()] -= 1;
                line.push(None);
                continue;
            }
            let Some(cell) = cells.next() else {
                // Cells that are taken may stand further right.
                if taken[line.len()..].iter().all(|rows| *rows == 0) {
                    break;
                }
                line.push(None);
                continue;
            };
            let span = |key| attribute(&cell, key).and_then(|n| n.trim().parse::<usize>().ok()).unwrap_or(1);
            let (wide, high) = (span("colspan").clamp(1, MAX_COLUMNS - line.len()), span("rowspan").max(1));
            for column in 0..wide {
                taken[line.len()] = high.min(rows.len()) - 1;
                line.push((column == 0).then(|| Rc::clone(&cell)));
            }
        }
        grid.push(line);
    }
    grid
}

fn name(node: &Node) -> &str {
    match &node.data {
        NodeData::Element { name, .. } => &name.local,
        _ => "",
    }
}

fn attribute(node: &Node, key: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else { return None };
    attrs.borrow().iter().find(|attr| &*attr.name.local == key).map(|attr| attr.value.to_string())
}

fn role(node: &Node) -> String {
    attribute(node, "role").unwrap_or_default().trim().to_ascii_lowercase()
}

fn is_hidden(node: &Node) -> bool {
    let NodeData::Element { attrs, .. } = &node.data else { return false };
    attrs.borrow().iter().any(|attr| match &*attr.name.local {
        "hidden" => true,
        "aria-hidden" => attr.value.trim().eq_ignore_ascii_case("true"),
        "style" => {
            let style: String = attr
                .value
                .chars()
                .filter(|c| !c.is_whitespace())
                .take(2000)
                .collect::<String>()
                .to_lowercase();
            ["display:none", "visibility:hidden", "font-size:0", "opacity:0"].iter().any(|word| {
                style.split(';').any(|rule| {
                    rule.strip_prefix(word).is_some_and(|rest| {
                        !rest.starts_with(['.', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
                    })
                })
            })
        }
        _ => false,
    })
}

/// What the writer looks at: the language of code, and where a list starts.
fn kept_attributes(node: &Node) -> Vec<Attribute> {
    let class = |word: &str| word.starts_with("language-") || word.starts_with("lang-");
    let mut kept = Vec::new();
    if let Some(words) = attribute(node, "class")
        && let Some(word) = words.split_whitespace().find(|word| class(word))
    {
        kept.push(attribute_of("class", word));
    }
    if let Some(start) = attribute(node, "start").filter(|start| start.parse::<u32>().is_ok()) {
        kept.push(attribute_of("start", &start));
    }
    kept
}

fn first(node: &Handle, tag: &str) -> Option<Handle> {
    if name(node) == tag {
        return Some(Rc::clone(node));
    }
    node.children.borrow().iter().find_map(|child| first(child, tag))
}

fn text_of(node: &Node) -> String {
    fn gather(node: &Node, text: &mut String) {
        if let NodeData::Text { contents } = &node.data {
            text.push_str(&contents.borrow());
        }
        for child in node.children.borrow().iter() {
            gather(child, text);
        }
    }
    let mut text = String::new();
    gather(node, &mut text);
    text
}

fn element(tag: &str, attrs: Vec<Attribute>) -> Rc<Node> {
    Node::new(NodeData::Element {
        name: QualName::new(None, ns!(html), LocalName::from(tag)),
        attrs: RefCell::new(attrs),
        template_contents: RefCell::new(None),
        mathml_annotation_xml_integration_point: false,
    })
}

fn attribute_of(key: &str, value: &str) -> Attribute {
    Attribute { name: QualName::new(None, ns!(), LocalName::from(key)), value: StrTendril::from(value) }
}

fn text_node(text: &str) -> Rc<Node> {
    Node::new(NodeData::Text { contents: RefCell::new(StrTendril::from(text)) })
}

fn append(parent: &Rc<Node>, child: Rc<Node>) {
    child.parent.set(Some(Rc::downgrade(parent)));
    parent.children.borrow_mut().push(child);
}
