// What a first visit needs of the service, asked for while the console's scripts are still on their way. An answer
// is handed out once and only while it is young: afterwards everything is asked for as always.

/** As long as an answer counts as fresh everywhere in the console. */
const LIFE_MS = 10_000;

export class Early {
  readonly #answers = new Map<string, Promise<Response | undefined>>();
  readonly #until = performance.now() + LIFE_MS;

  /** Asks for a path of the API. What cannot be had is asked for again by whoever needs it. */
  ask(path: string): Promise<Response | undefined> {
    const answer = fetch(path).catch(() => undefined);
    this.#answers.set(path, answer);
    return answer;
  }

  /** Waits for the answer to a path; whether there is a good one that nobody has taken. */
  async answered(path: string): Promise<boolean> {
    return (await this.#answer(path))?.ok === true;
  }

  /** Hands out the answer to a request that is like one that was asked for. */
  take({ method, url }: Request): Promise<Response | undefined> | undefined {
    const path = url.slice(location.origin.length);
    const answer = method === "GET" ? this.#answer(path) : undefined;
    this.#answers.delete(path);
    return answer;
  }

  #answer(path: string): Promise<Response | undefined> | undefined {
    return performance.now() < this.#until ? this.#answers.get(path) : undefined;
  }
}
