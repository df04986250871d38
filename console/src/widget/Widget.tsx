// The button in the corner and the panel it opens.
import { useEffect, useRef, useState } from "react";
import { held } from "../chat/held";
import { Start } from "../chat/Start";
import { Talk } from "../chat/Talk";
import { useWords } from "../chat/words";
import { Button } from "../parts/Button";
import { useKept } from "../parts/store";
import { around, focusable } from "./focus";
import type { Settings } from "./settings";
import { counted, fill } from "./words/words";

const OPEN = "countersign.open";

/** Whether the panel was open on the page before this one, in this tab. */
function wasOpen(): boolean {
  try {
    return sessionStorage.getItem(OPEN) === "yes";
  } catch {
    return false;
  }
}

function remember(open: boolean): void {
  try {
    sessionStorage.setItem(OPEN, open ? "yes" : "no");
  } catch {
    // Storage is switched off: the next page begins with the panel closed.
  }
}

const BUBBLE = "M4 5h16v11H9l-5 4z";
const CROSS = "M6 6l12 12M18 6L6 18";

function Sign({ path }: { path: string }) {
  return (
    <svg viewBox="0 0 24 24" width="24" height="24" aria-hidden="true">
      <path
        d={path}
        fill="none"
        stroke="currentColor"
        strokeWidth="2"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

export function Widget({ settings }: { settings: Settings }) {
  const words = useWords();
  const [open, setOpen] = useState(wasOpen);
  const [used, setUsed] = useState(open);
  const [ended, setEnded] = useState(false);
  const [heard, setHeard] = useState<number>();
  const [seen, setSeen] = useState<number>();
  const conversation = useKept(held);
  const panel = useRef<HTMLDivElement>(null);
  const launcher = useRef<HTMLButtonElement>(null);
  // Only what came while the panel was closed is new.
  const unread = open || heard === undefined || seen === undefined ? 0 : Math.max(0, heard - seen);

  useEffect(() => {
    if (open || seen === undefined) setSeen(heard);
  }, [open, heard, seen]);

  // A conversation that began or ended takes the field that had the focus with it.
  const talking = conversation?.id;
  const before = useRef(talking);
  useEffect(() => {
    if (before.current === talking) return;
    before.current = talking;
    setSeen(undefined);
    setHeard(undefined);
    if (open) panel.current?.querySelector("textarea")?.focus();
  }, [talking, open]);

  const show = () => {
    remember(true);
    setUsed(true);
    setOpen(true);
    requestAnimationFrame(() => {
      if (panel.current) {
        (panel.current.querySelector("textarea") ?? focusable(panel.current)[0])?.focus();
      }
    });
  };
  const hide = () => {
    remember(false);
    setOpen(false);
    requestAnimationFrame(() => launcher.current?.focus());
  };

  const onKeyDown = (event: React.KeyboardEvent<HTMLDivElement>) => {
    if (event.nativeEvent.isComposing) return;
    if (event.key === "Escape") {
      event.preventDefault();
      hide();
      return;
    }
    if (event.key !== "Tab" || !panel.current) return;
    const root = panel.current.getRootNode() as ShadowRoot;
    const next = around(panel.current, root.activeElement, event.shiftKey);
    if (!next) return;
    event.preventDefault();
    next.focus();
  };

  const news = counted(words, words.newMessages, unread);
  return (
    <div className="widget" data-position={settings.position} data-open={open}>
      <div
        id="panel"
        ref={panel}
        className="panel"
        role="dialog"
        aria-modal="true"
        aria-label={settings.title}
        hidden={!open}
        onKeyDown={onKeyDown}
      >
        <header className="chat-head panel-head">
          <h2>{settings.title}</h2>
          {conversation && (
            <Button size="small" tone="quiet" onClick={() => held.set(null)}>
              {words.newConversation}
            </Button>
          )}
          <button type="button" className="panel-close" aria-label={words.close} onClick={hide}>
            <Sign path={CROSS} />
          </button>
        </header>
        {used &&
          (conversation ? (
            <Talk
              key={conversation.id}
              conversation={conversation}
              workspace={settings.workspace}
              onEnded={() => setEnded(true)}
              onHeard={setHeard}
            />
          ) : (
            <Start
              greeting={
                ended ? fill(words.ended, { greeting: settings.greeting }) : settings.greeting
              }
              workspace={settings.workspace}
            />
          ))}
      </div>
      <span role="status" className="sr-only">
        {unread > 0 && news}
      </span>
      <button
        ref={launcher}
        type="button"
        className="launcher"
        aria-haspopup="dialog"
        aria-expanded={open}
        aria-controls="panel"
        aria-label={unread > 0 ? `${settings.title}, ${news}` : settings.title}
        onClick={open ? hide : show}
      >
        <Sign path={open ? CROSS : BUBBLE} />
        {unread > 0 && (
          <span className="launcher-count" aria-hidden="true">
            {Math.min(unread, 9)}
          </span>
        )}
      </button>
    </div>
  );
}
