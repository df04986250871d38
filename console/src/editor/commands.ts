// What the toolbar and the keys do.
import { baseKeymap, chainCommands, lift, toggleMark, wrapIn } from "prosemirror-commands";
import { history, redo, undo } from "prosemirror-history";
import { InputRule, inputRules, undoInputRule, wrappingInputRule } from "prosemirror-inputrules";
import { keymap } from "prosemirror-keymap";
import type { MarkType, Node, NodeType } from "prosemirror-model";
import { liftListItem, sinkListItem, splitListItem, wrapInList } from "prosemirror-schema-list";
import type { Command, EditorState, Plugin } from "prosemirror-state";
import { schema } from "./markdown";

const { nodes, marks } = schema;

/** The nearest around the caret of these kinds, with its place. */
function around(state: EditorState, ...kinds: NodeType[]): { node: Node; at: number } | undefined {
  const { $from } = state.selection;
  for (let depth = $from.depth; depth > 0; depth--) {
    const node = $from.node(depth);
    if (kinds.includes(node.type)) return { node, at: $from.before(depth) };
  }
  return undefined;
}

function hasMark(state: EditorState, mark: MarkType): boolean {
  const { from, to, empty, $from } = state.selection;
  if (empty) return mark.isInSet(state.storedMarks ?? $from.marks()) !== undefined;
  return state.doc.rangeHasMark(from, to, mark);
}

export interface Stands {
  bold: boolean;
  italic: boolean;
  link: boolean;
  bullets: boolean;
  numbers: boolean;
  quote: boolean;
}

/** What holds where the caret is. */
export function standing(state: EditorState): Stands {
  const list = around(state, nodes.bullet_list, nodes.ordered_list)?.node.type;
  return {
    bold: hasMark(state, marks.strong),
    italic: hasMark(state, marks.em),
    link: linkAt(state) !== undefined,
    bullets: list === nodes.bullet_list,
    numbers: list === nodes.ordered_list,
    quote: around(state, nodes.blockquote) !== undefined,
  };
}

function toList(kind: NodeType): Command {
  return (state, dispatch) => {
    const list = around(state, nodes.bullet_list, nodes.ordered_list);
    if (!list) return wrapInList(kind)(state, dispatch);
    if (list.node.type === kind) return liftListItem(nodes.list_item)(state, dispatch);
    dispatch?.(state.tr.setNodeMarkup(list.at, kind));
    return true;
  };
}

export const bold = toggleMark(marks.strong);
export const italic = toggleMark(marks.em);
export const bullets = toList(nodes.bullet_list);
export const numbers = toList(nodes.ordered_list);
export const quote: Command = (state, dispatch) =>
  around(state, nodes.blockquote)
    ? lift(state, dispatch)
    : wrapIn(nodes.blockquote)(state, dispatch);

export interface LinkPlace {
  from: number;
  to: number;
  href: string;
}

/** The whole link that the caret or the selection is in. */
export function linkAt(state: EditorState): LinkPlace | undefined {
  const { $from, from, to } = state.selection;
  let found: LinkPlace | undefined;
  let at = $from.start();
  $from.parent.forEach((node) => {
    const end = at + node.nodeSize;
    const link = marks.link.isInSet(node.marks);
    if (link) {
      const { href } = link.attrs as { href: string };
      // Words of one link may be bold in part.
      if (found && found.to === at && found.href === href && found.from <= to) found.to = end;
      else if (at <= to && end >= from && !(found && found.from <= from && found.to >= to)) {
        found = { from: at, to: end, href };
      }
    }
    at = end;
  });
  return found && found.from <= from && found.to >= to ? found : undefined;
}

/** Links what is selected, or changes the link there; without either the address itself is written. */
export function linked(href: string): Command {
  return (state, dispatch) => {
    const mark = marks.link.create({ href });
    const place = linkAt(state);
    const { from, to, empty } = state.selection;
    const { tr } = state;
    if (place) {
      tr.removeMark(place.from, place.to, marks.link).addMark(place.from, place.to, mark);
    } else if (empty) {
      tr.replaceSelectionWith(schema.text(href.replace(/^mailto:/i, ""), [mark]), false);
    } else tr.addMark(from, to, mark);
    dispatch?.(tr.removeStoredMark(marks.link).scrollIntoView());
    return true;
  };
}

export const unlinked: Command = (state, dispatch) => {
  const place = linkAt(state);
  if (!place) return false;
  dispatch?.(state.tr.removeMark(place.from, place.to, marks.link));
  return true;
};

const line: Command = (state, dispatch) => {
  dispatch?.(state.tr.replaceSelectionWith(nodes.hard_break.create()).scrollIntoView());
  return true;
};

/** `link` asks where a link is to lead; without a selection or a link its key is somebody else's. */
export function plugins(link: () => void): Plugin[] {
  const item = nodes.list_item;
  return [
    inputRules({
      rules: [
        wrappingInputRule(/^\s*[-*]\s$/, nodes.bullet_list),
        wrappingInputRule(
          /^(\d{1,3})\.\s$/,
          nodes.ordered_list,
          (match) => ({ order: Number(match[1]) }),
          (match, node) => node.childCount + Number(node.attrs.order) === Number(match[1]),
        ),
        wrappingInputRule(/^\s*>\s$/, nodes.blockquote),
        // Typed as Markdown.
        new InputRule(/\*\*([^*\s](?:[^*]*[^*\s])?)\*\*$/, (state, match, start, end) =>
          state.tr
            .replaceWith(start, end, schema.text(match[1] ?? "", [marks.strong.create()]))
            .removeStoredMark(marks.strong),
        ),
      ],
    }),
    keymap({
      "Mod-b": bold,
      "Mod-i": italic,
      "Mod-k": (state) => {
        if (state.selection.empty && !linkAt(state)) return false;
        link();
        return true;
      },
      "Mod-z": undo,
      "Shift-Mod-z": redo,
      "Mod-y": redo,
      Backspace: undoInputRule,
      Enter: splitListItem(item),
      "Shift-Enter": line,
      "Mod-]": sinkListItem(item),
      "Mod-[": chainCommands(liftListItem(item), lift),
    }),
    keymap(baseKeymap),
    history(),
  ];
}
