import { useState } from "react";
import { Dialog } from "../parts/Dialog";
import { MOD, singlesOn, useRegistered, useShortcuts, useSinglesOn } from "./shortcuts";
import "./keys.css";

const SHOWN: Record<string, string> = { Enter: "⏎", Space: "Space", Escape: "Esc" };

function Keys({ keys }: { keys: string }) {
  return (
    <span className="keys">
      {keys.split(" ").map((key) => (
        <kbd key={key} className="kbd">
          {SHOWN[key] ?? key.toUpperCase()}
        </kbd>
      ))}
    </span>
  );
}

/** The keyboard map, opened by `?` or by the button in the navigation. */
export function KeyboardHelp({ button }: { button: (open: () => void) => React.ReactNode }) {
  const [open, setOpen] = useState(false);
  const groups = useRegistered();
  const on = useSinglesOn();
  useShortcuts("Help", [{ keys: "?", label: "This keyboard map", run: () => setOpen(true) }]);
  return (
    <>
      {button(() => setOpen(true))}
      <Dialog open={open} onClose={() => setOpen(false)} title="Keyboard" size="wide">
        <div className="keys-groups">
          {groups
            .filter((group) => group.shortcuts.length > 0)
            .map((group) => (
              <section key={group.name}>
                <h3>{group.name}</h3>
                <ul>
                  {group.shortcuts.map((shortcut) => (
                    <li key={shortcut.keys}>
                      <span>{shortcut.label}</span>
                      <Keys keys={shortcut.keys} />
                    </li>
                  ))}
                </ul>
              </section>
            ))}
          <section>
            <h3>Writing</h3>
            <ul>
              <li>
                <span>Send what is being written</span>
                <span className="keys">
                  <kbd className="kbd">{MOD}</kbd>
                  <kbd className="kbd">⏎</kbd>
                </span>
              </li>
              <li>
                <span>Leave without sending</span>
                <Keys keys="Escape" />
              </li>
            </ul>
          </section>
        </div>
        <label className="row small keys-switch">
          <input
            type="checkbox"
            checked={on}
            onChange={(event) => singlesOn.set(event.target.checked)}
          />
          Single-key shortcuts are on
        </label>
      </Dialog>
    </>
  );
}
