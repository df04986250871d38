// Where a message is written: at once as plain text, and with its formatting as soon as the editor is there. Both are
// the same Markdown, so that one may go from one to the other at any moment.
import { Trans } from "@lingui/react/macro";
import {
  type ComponentType,
  type KeyboardEvent as ReactKeyboardEvent,
  type Ref,
  useEffect,
  useImperativeHandle,
  useRef,
  useState,
} from "react";
import { flushSync } from "react-dom";

/** What can be given the focus. */
export interface Focusable {
  focus: () => void;
}

export interface EditorProps {
  value: string;
  onChange: (value: string) => void;
  /** What it is called, or the element that says it. */
  named: { "aria-label": string } | { "aria-labelledby": string };
  describedBy?: string;
  invalid?: boolean;
  required?: boolean;
  readOnly?: boolean;
  placeholder?: string;
  /** A key that was pressed; true when it meant something and is nobody else's. */
  onKey?: (event: KeyboardEvent) => boolean;
}

type Editor = ComponentType<
  EditorProps & { autoFocus: boolean; onAsText: () => void; ref?: Ref<Focusable> }
>;

/** As long as the page lives. */
let loaded: Editor | undefined;

interface Props extends EditorProps {
  id?: string;
  className?: string;
  rows?: number;
  maxLength?: number;
  controlRef?: Ref<Focusable>;
}

export function MessageField({
  id,
  className = "textarea",
  rows,
  maxLength,
  controlRef,
  ...field
}: Props) {
  const [Editor, setEditor] = useState(() => loaded);
  const [asText, setAsText] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const rich = useRef<Focusable>(null);
  const takesFocus = useRef(false);
  const typed = useRef(false);

  useEffect(() => {
    if (loaded) return;
    let gone = false;
    import("./RichEditor").then(
      ({ default: editor }) => {
        loaded = editor;
        if (gone) return;
        const there = area.current !== null && document.activeElement === area.current;
        takesFocus.current = there;
        // At once: whoever began to write in between would write into a field that is no more.
        flushSync(() => {
          // Whoever writes already goes on where they are, until they want the editor.
          setAsText(there && typed.current);
          setEditor(() => editor);
        });
      },
      // What cannot be loaded is done without.
      () => undefined,
    );
    return () => {
      gone = true;
    };
  }, []);

  useImperativeHandle(controlRef, () => ({
    focus: () => (rich.current ?? area.current)?.focus(),
  }));

  if (Editor && !asText) {
    return (
      <Editor
        {...field}
        ref={rich}
        autoFocus={takesFocus.current}
        onAsText={() => {
          setAsText(true);
          requestAnimationFrame(() => area.current?.focus());
        }}
      />
    );
  }
  const { named, describedBy, invalid, required, onChange, onKey, ...text } = field;
  return (
    <>
      <textarea
        {...text}
        {...named}
        ref={area}
        id={id}
        className={className}
        rows={rows}
        maxLength={maxLength}
        aria-describedby={describedBy}
        aria-invalid={invalid || undefined}
        aria-required={required || undefined}
        spellCheck
        onChange={(event) => {
          typed.current = true;
          onChange(event.target.value);
        }}
        onKeyDown={(event: ReactKeyboardEvent) => {
          if (onKey?.(event.nativeEvent)) event.preventDefault();
        }}
      />
      {Editor && (
        <div>
          <button
            type="button"
            className="link-button small"
            onClick={() => {
              takesFocus.current = true;
              setAsText(false);
            }}
          >
            <Trans>With formatting</Trans>
          </button>
        </div>
      )}
    </>
  );
}
