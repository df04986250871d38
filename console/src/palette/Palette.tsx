// The command palette: pages, records and things to do, by typing what one wants.

import { Autocomplete } from "@base-ui/react/autocomplete";
import { Dialog } from "@base-ui/react/dialog";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useRouter } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { Keys } from "../keys/Keys";
import { useRegistered } from "../keys/shortcuts";
import { useSettled } from "../parts/settled";
import { useKept } from "../parts/store";
import { Icon } from "../shell/Icon";
import { type Command, type CommandGroup, matching, recents, withRecent } from "./commands";
import { summary, useFound } from "./found";
import "./palette.css";

interface Props {
  open: boolean;
  onClose: () => void;
  /** Pages to go to. */
  places: readonly Command[];
  /** Things to do. */
  actions: readonly Command[];
}

const LONGEST = 200;
/** Groups of shortcuts that the palette has under names of its own. */
const APART = [msg`Everywhere`, msg`Go to`];

export default function Palette({ open, onClose, places, actions }: Props) {
  // Done once the palette has given the focus back, so that what is done may move it.
  const chosen = useRef<() => void>(undefined);
  const done = (nowOpen: boolean) => {
    if (nowOpen) return;
    chosen.current?.();
    chosen.current = undefined;
  };
  return (
    <Dialog.Root
      open={open}
      onOpenChange={(next) => !next && onClose()}
      onOpenChangeComplete={done}
    >
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog palette" aria-label={t`Search and commands`}>
          <Search
            onClose={onClose}
            onChoose={(act) => {
              chosen.current = act;
              onClose();
            }}
            places={places}
            actions={actions}
          />
          <Dialog.Close className="sr-only">
            <Trans>Close</Trans>
          </Dialog.Close>
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface SearchProps extends Omit<Props, "open"> {
  onChoose: (act: () => void) => void;
}

/** What the page in front declares, by whatever it declares for its keys. */
function useHere(): Command[] {
  return useRegistered()
    .filter((group) => !APART.some((each) => t(each) === group.name))
    .flatMap((group) =>
      group.shortcuts.map((shortcut) => ({
        id: `key:${group.name}:${shortcut.keys}`,
        label: shortcut.label,
        detail: group.name,
        icon: "keyboard",
        keys: shortcut.keys,
        act: shortcut.run,
      })),
    );
}

function Search({ onClose, onChoose, places, actions }: SearchProps) {
  const router = useRouter();
  const [text, setText] = useState("");
  const query = text.trim();
  const settled = useSettled(query, 200);
  const found = useFound(settled);
  const lately = useKept(recents);
  const here = useHere();

  useEffect(() => {
    // The same keys that opened it close it.
    const close = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        onClose();
      }
    };
    document.addEventListener("keydown", close);
    return () => document.removeEventListener("keydown", close);
  }, [onClose]);

  const groups: CommandGroup[] = [
    { value: t`Recent`, items: query === "" ? [...lately] : [] },
    { value: t`Go to`, items: matching(places, query) },
    { value: t`On this page`, items: matching(here, query) },
    { value: t`Do`, items: matching(actions, query) },
    ...(query === "" ? [] : found.groups),
  ].filter((group) => group.items.length > 0);
  const busy = query !== settled || found.busy;

  const run = (command: Command) => {
    if (typeof command.act === "function") {
      onChoose(command.act);
      return;
    }
    onClose();
    const act = command.act;
    // What is listed anyway needs no second place; what was looked for is worth finding again.
    if (![...places, ...actions].some((each) => each.id === command.id)) {
      recents.set(withRecent(recents.get(), { ...command, act }));
    }
    router.history.push(act);
  };

  return (
    <Autocomplete.Root
      open
      inline
      mode="none"
      items={groups}
      value={text}
      onValueChange={(value, { reason }) => {
        if (reason !== "item-press") setText(value);
      }}
      itemToStringValue={(command: Command) => command.label}
      autoHighlight="always"
      keepHighlight
    >
      <div className="palette-search">
        <Icon name="search" />
        <Autocomplete.Input
          className="palette-input"
          aria-label={t`Search and commands`}
          placeholder={t`Go to, find or do…`}
          maxLength={LONGEST}
          autoFocus
        />
      </div>
      <div role="status" className="palette-status">
        {found.failed && !busy
          ? t`Not everything could be searched.`
          : busy
            ? t`Searching…`
            : groups.length === 0 && t`Nothing found. Try other words.`}
        {query !== "" && !busy && groups.length > 0 && (
          <span className="sr-only">{summary(groups)}</span>
        )}
      </div>
      <Autocomplete.List className="palette-list">
        {(group: CommandGroup) => (
          <Autocomplete.Group key={group.value} items={group.items} className="palette-group">
            <Autocomplete.GroupLabel className="palette-label">
              {group.value}
            </Autocomplete.GroupLabel>
            <Autocomplete.Collection>
              {(command: Command) => (
                <Autocomplete.Item
                  key={`${group.value}:${command.id}`}
                  value={command}
                  className="palette-item"
                  onClick={() => run(command)}
                >
                  <Icon name={command.icon} />
                  <span className="grow truncate">{command.label}</span>
                  {command.detail && <span className="muted small truncate">{command.detail}</span>}
                  {command.keys && <Keys keys={command.keys} />}
                </Autocomplete.Item>
              )}
            </Autocomplete.Collection>
          </Autocomplete.Group>
        )}
      </Autocomplete.List>
      <p className="palette-foot muted small" aria-hidden="true">
        <Trans>
          <kbd className="kbd">↑</kbd> <kbd className="kbd">↓</kbd> choose,{" "}
          <kbd className="kbd">⏎</kbd> open, <kbd className="kbd">Esc</kbd> close
        </Trans>
      </p>
    </Autocomplete.Root>
  );
}
