// Keyboard shortcuts: pages say what a key does while they are shown; one listener serves them and
// the help page lists exactly what is registered, so that it can never be out of date.
import { useEffect, useRef, useSyncExternalStore } from "react";
import { kept, useKept } from "../parts/store";

export interface Shortcut {
  /** One key as `KeyboardEvent.key` says it, two in a row, or one together with Ctrl or ⌘: `j`, `?`,
   * `Enter`, `g a`, `mod+k`. */
  keys: string;
  label: string;
  run: () => void;
  /** False hides it from the help and lets the key pass. */
  when?: boolean;
}

interface Group {
  name: string;
  shortcuts: Shortcut[];
}

/** What sends a form together with Enter, as this machine's keyboard calls it. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";

const SEQUENCE_MS = 1200;
/** Between two keys of somebody who writes. */
const TYPES_ON_MS = 1500;
const groups = new Map<symbol, Group>();
const listeners = new Set<() => void>();
let snapshot: Group[] = [];
let pending: { key: string; at: number } | undefined;

const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";

/** Whether single keys act; people who dictate can switch them off (WCAG 2.1.4). */
export const singlesOn = kept("countersign.shortcuts", true, isBoolean);
export const useSinglesOn = (): boolean => useKept(singlesOn);

function changed(): void {
  snapshot = [...groups.values()].map((group) => ({
    name: group.name,
    shortcuts: group.shortcuts.filter((shortcut) => shortcut.when !== false),
  }));
  for (const listener of listeners) listener();
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement) return true;
  if (target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type);
}

/** What was typed into last, and when. */
let typed: { into: Element; at: number } | undefined;

function noteTyping(event: KeyboardEvent): void {
  const { target, key } = event;
  if (!isTyping(target)) return;
  const sends =
    key === "Enter" && (event.ctrlKey || event.metaKey || target instanceof HTMLInputElement);
  // Whoever sends or leaves a form knows that it goes.
  const leaves = sends || key === "Escape";
  typed = leaves ? undefined : { into: target as Element, at: event.timeStamp };
}

const noteClick = () => {
  typed = undefined;
};

/** Whether somebody types on into a field that went from under their hands: those keys are words, and not acts. */
function isTypingOn(event: KeyboardEvent): boolean {
  if (!typed || typed.into.isConnected || event.timeStamp - typed.at > TYPES_ON_MS) return false;
  typed.at = event.timeStamp;
  return true;
}

/** Enter and space already mean something on these. */
function isControl(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("button, summary, input, [role=button]")) return true;
  return key === "Enter" && target.closest("a[href]") !== null;
}

/** Finds what `event` asks for among what is registered, the latest registration first. */
function find(event: KeyboardEvent): Shortcut | undefined {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const now = event.timeStamp;
  const before = pending && now - pending.at < SEQUENCE_MS ? pending.key : undefined;
  pending = undefined;
  const active = [...groups.values()].reverse().flatMap((group) => group.shortcuts);
  const enabled = active.filter((shortcut) => shortcut.when !== false);
  if (before) {
    const sequence = enabled.find((shortcut) => shortcut.keys === `${before} ${key}`);
    if (sequence) return sequence;
  }
  if (enabled.some((shortcut) => shortcut.keys.startsWith(`${key} `))) {
    pending = { key, at: now };
    return undefined;
  }
  return enabled.find((shortcut) => shortcut.keys === (key === " " ? "Space" : key));
}

const dialogIsOpen = () =>
  document.querySelector("[role=dialog][data-open], [role=menu][data-open]") !== null;

/** Keys together with Ctrl or ⌘ act while one types, too, and whether single keys do or not. */
function onModified(event: KeyboardEvent): void {
  const keys = `mod+${event.key.toLowerCase()}`;
  const shortcut = [...groups.values()]
    .flatMap((group) => group.shortcuts)
    .find((each) => each.keys === keys && each.when !== false);
  if (!shortcut || dialogIsOpen()) return;
  event.preventDefault();
  if (!event.repeat) shortcut.run();
}

function onKeyDown(event: KeyboardEvent): void {
  noteTyping(event);
  if (event.defaultPrevented || event.altKey || event.isComposing) return;
  if (event.ctrlKey || event.metaKey) {
    onModified(event);
    return;
  }
  if (isTyping(event.target) || isTypingOn(event)) return;
  const plain = event.key.length === 1;
  if (plain && !singlesOn.get()) return;
  if ((event.key === "Enter" || event.key === " ") && isControl(event.target, event.key)) return;
  if (dialogIsOpen()) return;
  const shortcut = find(event);
  if (!shortcut || (event.repeat && !["j", "k"].includes(shortcut.keys))) return;
  event.preventDefault();
  shortcut.run();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Registers the shortcuts of a page or part for as long as it is shown. */
export function useShortcuts(name: string, shortcuts: Shortcut[]): void {
  const id = useRef(Symbol(name));
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  const shape = shortcuts.map((s) => `${s.keys}:${s.label}:${s.when !== false}`).join("|");

  // biome-ignore lint/correctness/useExhaustiveDependencies: `shape` says when the list changes; the callbacks are read through `latest`
  useEffect(() => {
    const own = id.current;
    if (groups.size === 0) {
      document.addEventListener("keydown", onKeyDown);
      document.addEventListener("pointerdown", noteClick);
    }
    groups.set(own, {
      name,
      shortcuts: latest.current.map((shortcut, index) => ({
        ...shortcut,
        run: () => latest.current[index]?.run(),
      })),
    });
    changed();
    return () => {
      groups.delete(own);
      if (groups.size === 0) {
        document.removeEventListener("keydown", onKeyDown);
        document.removeEventListener("pointerdown", noteClick);
      }
      changed();
    };
  }, [name, shape]);
}

/** What is registered now, for the help. */
export function useRegistered(): Group[] {
  return useSyncExternalStore(subscribe, () => snapshot);
}
