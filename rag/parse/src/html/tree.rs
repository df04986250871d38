//! Grows the tree of a page, within limits.
//!
//! The grammar of HTML is linear for pages that people write and worse than linear for hostile
//! ones: each open element may be looked at for each new one, and open formatting is repeated in
//! each paragraph. So a page is fed piece by piece, and it ends when it is too deep or too much.

use std::{borrow::Cow, cell::Cell, rc::Rc};

use html5ever::{
    Attribute, ExpandedName, ParseOpts, QualName,
    interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink},
    parse_document,
    tendril::{StrTendril, TendrilSink as _},
    tree_builder::TreeBuilderOpts,
};
use markup5ever_rcdom::{Handle, RcDom};

use crate::{Limits, ParseError};

/// Elements of a page.
const MAX_ELEMENTS: usize = 400_000;
/// Bytes between two looks at the tree.
const PIECE: usize = 4096;

/// The tree of a page.
pub(super) fn grow(html: &str, limits: &Limits) -> Result<Handle, ParseError> {
    let opts = ParseOpts {
        // With scripting on, `<noscript>` is text, which is never shown.
        tree_builder: TreeBuilderOpts { scripting_enabled: true, ..TreeBuilderOpts::default() },
        ..ParseOpts::default()
    };
    let mut parser = parse_document(Counting::default(), opts);
    let mut rest = html;
    while !rest.is_empty() {
        let mut at = rest.len().min(PIECE);
        while !rest.is_char_boundary(at) {
            at += 1;
        }
        parser.process(StrTendril::from(&rest[..at]));
        rest = &rest[at..];
        let sink = &parser.tokenizer.sink.sink;
        if sink.elements.get() > MAX_ELEMENTS {
            return Err(ParseError::TooComplex { what: format!("more than {MAX_ELEMENTS} elements") });
        }
        if sink.deepest.get() > limits.nesting {
            return Err(ParseError::TooDeep { limit: limits.nesting });
        }
    }
    let document = parser.finish().document;
    check_depth(&document, limits.nesting)?;
    Ok(document)
}

/// Refuses a tree that is deeper than `limit`.
pub(super) fn check_depth(root: &Handle, limit: usize) -> Result<(), ParseError> {
    let mut open = vec![(Rc::clone(root), 0)];
    while let Some((node, depth)) = open.pop() {
        if depth > limit {
            return Err(ParseError::TooDeep { limit });
        }
        open.extend(node.children.borrow().iter().map(|child| (Rc::clone(child), depth + 1)));
    }
    Ok(())
}

/// The parent of a node.
fn parent(node: &Handle) -> Option<Handle> {
    let weak = node.parent.take();
    let parent = weak.as_ref().and_then(std::rc::Weak::upgrade);
    node.parent.set(weak);
    parent
}

/// A tree that knows how large and how deep it has become.
#[derive(Default)]
struct Counting {
    dom: RcDom,
    elements: Cell<usize>,
    deepest: Cell<usize>,
}

impl Counting {
    /// Something is put under `parent`.
    fn note(&self, parent: &Handle) {
        let (mut node, mut depth) = (Rc::clone(parent), 1);
        while let Some(above) = self::parent(&node) {
            node = above;
            depth += 1;
        }
        self.deepest.set(self.deepest.get().max(depth));
    }
}

impl TreeSink for Counting {
    type Output = RcDom;
    type Handle = Handle;
    type ElemName<'a> = ExpandedName<'a>;

    fn finish(self) -> RcDom {
        self.dom
    }

    /// Pages are full of errors, and every one of them has a defined meaning.
    fn parse_error(&self, _: Cow<'static, str>) {}

    fn get_document(&self) -> Handle {
        self.dom.get_document()
    }

    fn elem_name<'a>(&'a self, target: &'a Handle) -> ExpandedName<'a> {
        self.dom.elem_name(target)
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> Handle {
        self.elements.set(self.elements.get() + 1);
        self.dom.create_element(name, attrs, flags)
    }

    fn create_comment(&self, text: StrTendril) -> Handle {
        self.elements.set(self.elements.get() + 1);
        self.dom.create_comment(text)
    }

    fn create_pi(&self, target: StrTendril, data: StrTendril) -> Handle {
        self.create_comment(StrTendril::from(format!("?{target} {data}")))
    }

    fn append(&self, parent: &Handle, child: NodeOrText<Handle>) {
        self.note(parent);
        self.dom.append(parent, child);
    }

    fn append_based_on_parent_node(
        &self,
        element: &Handle,
        prev_element: &Handle,
        child: NodeOrText<Handle>,
    ) {
        self.note(element);
        self.dom.append_based_on_parent_node(element, prev_element, child);
    }

    fn append_doctype_to_document(&self, name: StrTendril, public_id: StrTendril, system_id: StrTendril) {
        self.dom.append_doctype_to_document(name, public_id, system_id);
    }

    fn get_template_contents(&self, target: &Handle) -> Handle {
        self.dom.get_template_contents(target)
    }

    fn same_node(&self, x: &Handle, y: &Handle) -> bool {
        self.dom.same_node(x, y)
    }

    fn set_quirks_mode(&self, mode: QuirksMode) {
        self.dom.set_quirks_mode(mode);
    }

    fn append_before_sibling(&self, sibling: &Handle, child: NodeOrText<Handle>) {
        self.note(sibling);
        self.dom.append_before_sibling(sibling, child);
    }

    fn add_attrs_if_missing(&self, target: &Handle, attrs: Vec<Attribute>) {
        self.dom.add_attrs_if_missing(target, attrs);
    }

    fn remove_from_parent(&self, target: &Handle) {
        self.dom.remove_from_parent(target);
    }

    fn reparent_children(&self, node: &Handle, new_parent: &Handle) {
        self.note(new_parent);
        self.dom.reparent_children(node, new_parent);
    }

    fn is_mathml_annotation_xml_integration_point(&self, target: &Handle) -> bool {
        self.dom.is_mathml_annotation_xml_integration_point(target)
    }
}
