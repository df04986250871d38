// A message as its readers will see it, while one writes it. Loaded by `MessageField`, which has the plain text until
// then; what it takes and gives is the text.
import { Toolbar } from "@base-ui/react/toolbar";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Node } from "prosemirror-model";
import { type Command, EditorState } from "prosemirror-state";
import { EditorView } from "prosemirror-view";
import {
  type ReactNode,
  type Ref,
  useEffect,
  useId,
  useImperativeHandle,
  useLayoutEffect,
  useRef,
  useState,
} from "react";
import { Button } from "../parts/Button";
import { Drawing } from "../shell/Icon";
import {
  bold,
  bullets,
  italic,
  linkAt,
  linked,
  numbers,
  plugins,
  quote,
  type Stands,
  standing,
  unlinked,
} from "./commands";
import type { EditorProps, Focusable } from "./MessageField";
import { SAFE, sourceOf } from "./markdown";
import "../messages/messages.css";
import "./editor.css";

const SCHEME = "https://";

/** An address as people type it. */
export function addressOf(typed: string): string | undefined {
  const address = typed.trim();
  const whole = /^[a-z][a-z0-9+.-]*:/i.test(address)
    ? address
    : /^[^\s/@]+@[^\s/@]+$/.test(address)
      ? `mailto:${address}`
      : `${SCHEME}${address}`;
  return address !== "" && SAFE.test(whole) ? whole : undefined;
}

interface Tool {
  name: string;
  /** The key that does the same, with Control or Command. */
  letter?: string;
  on?: boolean;
  sign: ReactNode;
  act: () => void;
}

/** Nothing but a line to write on. */
const isEmpty = ({ childCount, firstChild }: Node): boolean =>
  childCount === 1 && firstChild?.content.size === 0;

export default function RichEditor({
  value,
  onChange,
  named,
  describedBy,
  invalid,
  required,
  readOnly = false,
  placeholder,
  autoFocus,
  onKey,
  onAsText,
  ref,
}: EditorProps & { autoFocus: boolean; onAsText: () => void; ref?: Ref<Focusable> }) {
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const [begun] = useState(() => sourceOf(value));
  const source = useRef(begun);
  /** The text that is in the editor. */
  const text = useRef(value);
  const latest = useRef({ onChange, onKey, readOnly });
  latest.current = { onChange, onKey, readOnly };
  const [stands, setStands] = useState<Stands>();
  const [empty, setEmpty] = useState(() => isEmpty(begun.doc));
  const [linking, setLinking] = useState(false);

  const attributes: Record<string, string> = {
    role: "textbox",
    class: "rich-text message-text",
    "data-rich": "",
    translate: "no",
    "aria-multiline": "true",
    ...named,
    ...(describedBy && { "aria-describedby": describedBy }),
    ...(invalid && { "aria-invalid": "true" }),
    ...(required && { "aria-required": "true" }),
    ...(readOnly && { "aria-readonly": "true" }),
    ...(placeholder && { "aria-placeholder": placeholder }),
  };

  // biome-ignore lint/correctness/useExhaustiveDependencies: the view is made once; what changes later is given to it below
  useLayoutEffect(() => {
    if (!place.current) return;
    const state = EditorState.create({
      doc: source.current.doc,
      plugins: plugins(() => setLinking(true)),
    });
    const made = new EditorView(place.current, {
      state,
      attributes,
      handleKeyDown: (_, event) => latest.current.onKey?.(event) ?? false,
      dispatchTransaction(transaction) {
        // It takes nothing then, and keeps the focus, which it would lose if it could not be edited.
        if (latest.current.readOnly && transaction.docChanged) return;
        const next = made.state.apply(transaction);
        made.updateState(next);
        setStands(standing(next));
        if (!transaction.docChanged) return;
        text.current = source.current.write(next.doc);
        setEmpty(isEmpty(next.doc));
        latest.current.onChange(text.current);
      },
    });
    view.current = made;
    setStands(standing(state));
    if (autoFocus) made.focus();
    return () => {
      view.current = null;
      made.destroy();
    };
  }, []);

  useEffect(() => {
    view.current?.setProps({ attributes });
  });

  useEffect(() => {
    const shown = view.current;
    if (!shown || value === text.current) return;
    // Another text, and no edit of this one.
    const other = sourceOf(value);
    source.current = other;
    text.current = value;
    shown.updateState(EditorState.create({ doc: other.doc, plugins: shown.state.plugins }));
    setEmpty(isEmpty(other.doc));
  }, [value]);

  useImperativeHandle(ref, () => ({ focus: () => view.current?.focus() }));

  const run = (command: Command) => {
    const shown = view.current;
    if (!shown || readOnly) return;
    command(shown.state, shown.dispatch, shown);
    shown.focus();
  };
  const leaveLink = () => {
    setLinking(false);
    view.current?.focus();
  };

  const tools: Tool[] = [
    {
      name: t`Bold`,
      letter: "B",
      on: stands?.bold,
      sign: <b translate="no">B</b>,
      act: () => run(bold),
    },
    {
      name: t`Italic`,
      letter: "I",
      on: stands?.italic,
      sign: <i translate="no">I</i>,
      act: () => run(italic),
    },
    {
      name: t`Link`,
      letter: "K",
      on: stands?.link,
      sign: <Drawing path={LINK} />,
      act: () => setLinking(true),
    },
    {
      name: t`Bulleted list`,
      on: stands?.bullets,
      sign: <Drawing path={BULLETS} />,
      act: () => run(bullets),
    },
    {
      name: t`Numbered list`,
      on: stands?.numbers,
      sign: <Drawing path={NUMBERS} />,
      act: () => run(numbers),
    },
    {
      name: t`Quote`,
      on: stands?.quote,
      sign: <Drawing path={QUOTE} />,
      act: () => run(quote),
    },
  ];
  return (
    <div className="rich-editor" data-invalid={invalid}>
      <Toolbar.Root className="rich-tools" aria-label={t`Formatting`}>
        {tools.map(({ name, letter, on = false, sign, act }) => (
          <Toolbar.Button
            key={name}
            className="rich-tool"
            aria-label={name}
            aria-pressed={on}
            aria-keyshortcuts={letter ? `Control+${letter} Meta+${letter}` : undefined}
            title={name}
            disabled={readOnly}
            // The selection stays where it is.
            onMouseDown={(event) => event.preventDefault()}
            onClick={act}
          >
            {sign}
          </Toolbar.Button>
        ))}
        <Toolbar.Button className="rich-tool rich-as-text" disabled={readOnly} onClick={onAsText}>
          <Trans>As text</Trans>
        </Toolbar.Button>
      </Toolbar.Root>
      {linking && (
        <LinkField
          begin={(view.current && linkAt(view.current.state)?.href) ?? ""}
          onLink={(href) => {
            setLinking(false);
            run(linked(href));
          }}
          onUnlink={() => {
            setLinking(false);
            run(unlinked);
          }}
          onLeave={leaveLink}
        />
      )}
      <div ref={place} className="rich-place" data-placeholder={empty ? placeholder : undefined} />
    </div>
  );
}

function LinkField({
  begin,
  onLink,
  onUnlink,
  onLeave,
}: {
  begin: string;
  onLink: (href: string) => void;
  onUnlink: () => void;
  onLeave: () => void;
}) {
  const id = useId();
  const [typed, setTyped] = useState(begin);
  const [wrong, setWrong] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const give = () => {
    const address = addressOf(typed);
    if (address) onLink(address);
    else setWrong(true);
  };
  return (
    <div className="rich-link">
      <label className="sr-only" htmlFor={id}>
        <Trans>Address of the link</Trans>
      </label>
      <input
        ref={field}
        id={id}
        className="input"
        type="text"
        inputMode="url"
        autoComplete="off"
        placeholder={SCHEME}
        value={typed}
        aria-invalid={wrong || undefined}
        aria-describedby={wrong ? `${id}-wrong` : undefined}
        onChange={(event) => {
          setTyped(event.target.value);
          setWrong(false);
        }}
        onKeyDown={(event) => {
          if (event.key !== "Enter" && event.key !== "Escape") return;
          // It is this field's, and not the form's around it.
          event.preventDefault();
          event.stopPropagation();
          if (event.key === "Enter") give();
          else onLeave();
        }}
      />
      <Button onClick={give}>
        <Trans>Set link</Trans>
      </Button>
      {begin !== "" && (
        <Button onClick={onUnlink}>
          <Trans>Remove link</Trans>
        </Button>
      )}
      {wrong && (
        <p id={`${id}-wrong`} className="field-error" role="alert">
          <Trans>Give a web address or a mail address.</Trans>
        </p>
      )}
    </div>
  );
}

const LINK =
  "M6.5 9.5a2.5 2.5 0 0 0 3.6 0l2.2-2.2a2.5 2.5 0 0 0-3.6-3.6l-.8.8M9.5 6.5a2.5 2.5 0 0 0-3.6 0L3.7 8.7a2.5 2.5 0 0 0 3.6 3.6l.8-.8";
const BULLETS = "M6.5 4h7M6.5 8h7M6.5 12h7M3 4h.01M3 8h.01M3 12h.01";
const NUMBERS = "M6.5 4h7M6.5 8h7M6.5 12h7M2.2 3.2 3.2 2.6v3M2 8h2l-2 2.4h2M2 12h1.8M2 14h1.8";
const QUOTE = "M3 3v10M6.5 4.5h7M6.5 8h7M6.5 11.5h4.5";
