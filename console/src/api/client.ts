// The one way to the service: the client generated from its OpenAPI document, and the error every
// failed call becomes. Nothing else in the console calls fetch.
import createClient from "openapi-fetch";
import { en } from "../widget/words/en";
import { fill, type Words } from "../widget/words/words";
import { ORIGIN } from "./origin";
import type { paths } from "./schema.gen";

export const api = createClient<paths>({ baseUrl: `${ORIGIN}/` });

/** A call that failed, with words for people. `status` 0 means that nothing answered. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly requestId?: string,
  ) {
    super(detail || title);
    this.name = "Problem";
  }

  get offline(): boolean {
    return this.status === 0;
  }
}

type Said = Pick<Words, "offline" | "unreachable" | "wrong" | "status">;

let said: Said = en;

/** From here on problems that the service has no words for are told in these; English before. */
export function tellIn(words: Said): void {
  said = words;
}

const offline = () => new Problem(0, said.offline, said.unreachable);

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Turns whatever an error response carried into a `Problem`. */
export function problemOf(error: unknown, response?: Response): Problem {
  if (error instanceof Problem) return error;
  const body = typeof error === "object" && error !== null ? error : {};
  const field = (name: string): unknown => (body as Record<string, unknown>)[name];
  const status = response?.status ?? (Number(field("status")) || 0);
  if (!response && status === 0) return offline();
  // A proxy in between answers in its own words; ours are better than none.
  const detail = text(field("detail")) || fill(said.status, { status });
  return new Problem(
    status,
    text(field("title")) || said.wrong,
    detail,
    text(field("request_id")) || undefined,
  );
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Awaits a call of `api`: its data, or a thrown `Problem`. */
export async function send<T>(call: Promise<Answer<T>>): Promise<NonNullable<T>> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw offline();
  }
  if (!answer.response.ok) throw problemOf(answer.error, answer.response);
  // An empty 204 has no data; callers of such routes ignore the value.
  return (answer.data ?? {}) as NonNullable<T>;
}

/** The console's own page as it is served now; nothing when it cannot be had. */
export async function servedPage(): Promise<Document | undefined> {
  try {
    const answer = await fetch("/", { cache: "no-cache", headers: { accept: "text/html" } });
    if (!answer.ok) return undefined;
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  } catch {
    // No connection, which others tell.
    return undefined;
  }
}
