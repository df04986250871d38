import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Dialog } from "../parts/Dialog";
import { Keys } from "./Keys";
import { singlesOn, useRegistered, useSinglesOn } from "./shortcuts";
import "./keys.css";

interface Props {
  open: boolean;
  setOpen: (open: boolean) => void;
}

/** The keyboard map, opened by `?`, from the palette, or by the button in the navigation. */
export function KeyboardHelp({ open, setOpen }: Props) {
  const groups = useRegistered();
  const on = useSinglesOn();
  return (
    <Dialog open={open} onClose={() => setOpen(false)} title={t`Keyboard`} size="wide">
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
          <h3>
            <Trans>Writing</Trans>
          </h3>
          <ul>
            <li>
              <span>
                <Trans>Send what is being written</Trans>
              </span>
              <Keys keys="mod+Enter" />
            </li>
            <li>
              <span>
                <Trans>Leave without sending</Trans>
              </span>
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
        <Trans>Single-key shortcuts are on</Trans>
      </label>
    </Dialog>
  );
}
