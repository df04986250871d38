// Files on their way to the knowledge base. They go on while people look at other pages, so this
// lives beside the pages and not in one of them.
import { t } from "@lingui/core/macro";
import { useSyncExternalStore } from "react";
import { api, problemOf, send } from "../api/client";
import type { operations } from "../api/schema.gen";
import type { AddedFile, AddedStatus } from "../api/words";

type AddFiles = NonNullable<
  operations["addFiles"]["requestBody"]
>["content"]["multipart/form-data"];

/** What is said of all files of an upload; it goes before what a file says of itself. */
export type Said = Omit<AddFiles, "file">;

export interface Upload {
  id: number;
  file: File;
  /** `refused` is what was not even sent, `failed` what may be tried again. */
  state: "chosen" | "waiting" | "reading" | "done" | "refused" | "failed";
  said: Said;
  /** What became of its documents; a table of questions and answers has several. */
  items: AddedFile[];
  why?: string;
}

const MEBIBYTE = 1024 * 1024;
/** What the service takes of one file. */
const MOST_BYTES = 20 * MEBIBYTE;
/** Together in one request: up to here a file goes alone, so that each is reported by itself. */
const ALONE = 12;
const TOGETHER = 6;
const TOGETHER_BYTES = 8 * MEBIBYTE;
const SIDE_BY_SIDE = 2;

export const ACCEPTED = ".md,.markdown,.txt,.html,.htm,.pdf,.docx,.csv,.eml";

type Send = (files: File[], said: Said, signal: AbortSignal) => Promise<AddedFile[]>;

export class Uploads {
  #list: readonly Upload[] = [];
  #listeners = new Set<() => void>();
  #next = 1;
  #busy = 0;
  #stop = new AbortController();

  constructor(
    private readonly send: Send,
    private readonly onAdded: () => void,
  ) {}

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  list = (): readonly Upload[] => this.#list;

  #change(list: readonly Upload[]): void {
    this.#list = list;
    for (const listener of this.#listeners) listener();
  }

  #set(ids: Set<number>, over: Partial<Upload>): void {
    this.#change(this.#list.map((each) => (ids.has(each.id) ? { ...each, ...over } : each)));
  }

  /** Puts files on the list; nothing is sent yet. */
  choose(files: Iterable<File>): void {
    const chosen = [...files].map((file): Upload => {
      const why =
        file.size > MOST_BYTES
          ? t`It has ${Math.ceil(file.size / MEBIBYTE)} MiB and may have 20 MiB: split it or save it smaller.`
          : undefined;
      const state = why ? "refused" : "chosen";
      return { id: this.#next++, file, state, said: {}, items: [], why };
    });
    this.#change([...this.#list, ...chosen]);
  }

  drop(id: number): void {
    this.#change(this.#list.filter((each) => each.id !== id || each.state === "reading"));
  }

  /** Sends what was chosen. */
  start(said: Said): void {
    const ids = this.#list.filter((each) => each.state === "chosen").map((each) => each.id);
    this.#set(new Set(ids), { state: "waiting", said });
    this.#go();
  }

  retry(id: number): void {
    this.#set(new Set([id]), { state: "waiting", why: undefined });
    this.#go();
  }

  /** Sends nothing more. What is being read may have arrived all the same. */
  stop(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
    this.#change(
      this.#list.map((each) =>
        each.state === "waiting" ? { ...each, state: "failed", why: t`You stopped it.` } : each,
      ),
    );
  }

  /** Takes what has ended off the list. */
  clear(): void {
    this.#change(this.#list.filter((each) => each.state === "waiting" || each.state === "reading"));
  }

  #go(): void {
    while (this.#busy < SIDE_BY_SIDE) {
      const batch = nextBatch(this.#list);
      if (batch.length === 0) return;
      this.#busy += 1;
      this.#set(new Set(batch.map((each) => each.id)), { state: "reading" });
      void this.#deliver(batch);
    }
  }

  async #deliver(batch: Upload[]): Promise<void> {
    const ids = new Set(batch.map((each) => each.id));
    try {
      const files = batch.map((each) => each.file);
      const items = await this.send(files, batch[0]?.said ?? {}, this.#stop.signal);
      this.#change(
        this.#list.map((each) =>
          ids.has(each.id)
            ? {
                ...each,
                state: "done",
                items: items.filter((item) => item.file === each.file.name),
              }
            : each,
        ),
      );
      this.onAdded();
    } catch (error) {
      const aborted = error instanceof DOMException && error.name === "AbortError";
      const why = aborted
        ? t`You stopped it while it was read; it may have been added.`
        : problemOf(error).detail;
      this.#set(ids, { state: "failed", why });
    } finally {
      this.#busy -= 1;
      this.#go();
    }
  }
}

/** What is sent next. Files of one name never go together: their reports could not be told apart. */
export function nextBatch(list: readonly Upload[]): Upload[] {
  const waiting = list.filter((each) => each.state === "waiting");
  const most = waiting.length > ALONE ? TOGETHER : 1;
  const batch: Upload[] = [];
  let bytes = 0;
  for (const each of waiting) {
    if (batch.length === most || each.said !== (batch[0] ?? each).said) break;
    if (batch.length > 0 && bytes + each.file.size > TOGETHER_BYTES) break;
    if (batch.some((other) => other.file.name === each.file.name)) break;
    batch.push(each);
    bytes += each.file.size;
  }
  return batch;
}

/** How many documents each end had, for one line. */
export function tallied(items: AddedFile[]): [AddedStatus, number][] {
  const order: AddedStatus[] = ["added", "changed", "unchanged", "rejected"];
  return order
    .map((status): [AddedStatus, number] => [
      status,
      items.filter((item) => item.status === status).length,
    ])
    .filter(([, n]) => n > 0);
}

export const isUnderWay = (list: readonly Upload[]): boolean =>
  list.some((each) => each.state === "waiting" || each.state === "reading");

function formOf(files: File[], said: Said): FormData {
  const form = new FormData();
  for (const [name, value] of Object.entries(said)) if (value) form.append(name, String(value));
  for (const file of files) form.append("file", file, file.name);
  return form;
}

const added = new Set<() => void>();

/** Called whenever documents were added. */
export function onDocumentsAdded(listener: () => void): () => void {
  added.add(listener);
  return () => added.delete(listener);
}

export const uploads = new Uploads(
  async (files, said, signal) => {
    const answer = await send(
      api.POST("/v1/knowledge/files", {
        body: { ...said, file: files.map((file) => file.name) },
        // The names stand for the files in the typed body; what is sent is the form.
        bodySerializer: () => formOf(files, said),
        signal,
      }),
    );
    return answer.items;
  },
  () => {
    for (const listener of added) listener();
  },
);

export const useUploads = (): readonly Upload[] =>
  useSyncExternalStore(uploads.subscribe, uploads.list);
