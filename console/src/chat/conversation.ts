// A visitor's conversation: what is on screen, and the stream that keeps it so. The service is the truth; what was typed and not yet taken is shown as such.
import { useCallback, useEffect, useReducer, useRef } from "react";
import { api, type Problem, problemOf, send } from "../api/client";
import { idempotencyKey } from "../api/key";
import { ORIGIN } from "../api/origin";
import type { ConversationItem, ConversationMessage, TicketStatus } from "../api/words";
import type { Held } from "./held";

export interface Outgoing {
  /** Also the idempotency key: sending it again cannot say it twice. */
  key: string;
  body: string;
  error?: string;
}

export interface State {
  phase: "loading" | "ready" | "failed";
  problem?: Problem;
  status: TicketStatus;
  handedOff: boolean;
  messages: ConversationMessage[];
  outgoing: Outgoing[];
  typing: boolean;
  /** A message on its way, piece by piece. */
  draft?: { id: string; text: string };
  lost: boolean;
}

export const EMPTY: State = {
  phase: "loading",
  status: "open",
  handedOff: false,
  messages: [],
  outgoing: [],
  typing: false,
  lost: false,
};

export type Action =
  | { type: "loaded"; status: TicketStatus; handedOff: boolean; messages: ConversationMessage[] }
  | { type: "failed"; problem: Problem }
  | { type: "item"; item: ConversationItem }
  | { type: "link"; lost: boolean }
  | { type: "sending"; key: string; body: string }
  | { type: "sent"; key: string; message: ConversationMessage }
  | { type: "unsent"; key: string; error: string };

function added(messages: ConversationMessage[], message: ConversationMessage) {
  return messages.some((each) => each.id === message.id) ? messages : [...messages, message];
}

export function step(state: State, action: Action): State {
  switch (action.type) {
    case "loaded":
      return {
        ...state,
        phase: "ready",
        problem: undefined,
        status: action.status,
        handedOff: action.handedOff,
        messages: action.messages,
      };
    case "failed":
      return { ...state, phase: "failed", problem: action.problem };
    case "link":
      // Who types was said for the moment only; after a cut nobody takes it back.
      return { ...state, lost: action.lost, typing: action.lost ? false : state.typing };
    case "sending":
      return {
        ...state,
        outgoing: [
          ...state.outgoing.filter((each) => each.key !== action.key),
          { key: action.key, body: action.body },
        ],
      };
    case "sent":
      return {
        ...state,
        outgoing: state.outgoing.filter((each) => each.key !== action.key),
        messages: added(state.messages, action.message),
      };
    case "unsent":
      return {
        ...state,
        outgoing: state.outgoing.map((each) =>
          each.key === action.key ? { ...each, error: action.error } : each,
        ),
      };
    case "item":
      return stepItem(state, action.item);
  }
}

function stepItem(state: State, item: ConversationItem): State {
  switch (item.type) {
    case "message": {
      const fromOthers = item.message.from !== "visitor";
      return {
        ...state,
        messages: added(state.messages, item.message),
        typing: fromOthers ? false : state.typing,
        draft: fromOthers ? undefined : state.draft,
      };
    }
    case "typing":
      return { ...state, typing: item.on };
    case "delta": {
      if (state.messages.some((each) => each.id === item.message_id)) return state;
      const before = state.draft?.id === item.message_id ? state.draft.text : "";
      return { ...state, draft: { id: item.message_id, text: before + item.text } };
    }
    case "handoff":
      return { ...state, handedOff: item.on };
    case "status":
      return { ...state, status: item.status };
  }
}

const LOST_AFTER_MS = 2500;
const REOPEN_MS = 4000;
const ITEMS = ["message", "typing", "delta", "handoff", "status"];

function itemOf(event: MessageEvent): ConversationItem | undefined {
  try {
    return JSON.parse(String(event.data)) as ConversationItem;
  } catch {
    return undefined;
  }
}

/** Takes a visitor's word on an answer. */
export const rateAnswer = ({ id, token }: Held, message_id: string, helpful: boolean) =>
  send(
    api.POST("/v1/conversations/{id}/ratings", {
      params: { path: { id } },
      body: { message_id, helpful },
      headers: { Authorization: `Bearer ${token}` },
    }),
  );

/** Loads the conversation and keeps it live until the caller goes away. */
export function useConversation({ id, token }: Held) {
  const [state, dispatch] = useReducer(step, EMPTY);
  const attempt = useRef(0);

  const load = useCallback(async () => {
    const view = await send(
      api.GET("/v1/conversations/{id}", {
        params: { path: { id } },
        headers: { Authorization: `Bearer ${token}` },
      }),
    );
    dispatch({
      type: "loaded",
      status: view.status,
      handedOff: view.handed_off,
      messages: view.messages,
    });
    return view.last_event_id;
  }, [id, token]);

  useEffect(() => {
    let source: EventSource | undefined;
    let lostTimer: ReturnType<typeof setTimeout> | undefined;
    let reopenTimer: ReturnType<typeof setTimeout> | undefined;
    let gone = false;

    const start = async () => {
      attempt.current += 1;
      let after: number;
      try {
        after = await load();
      } catch (error) {
        if (gone) return;
        const problem = problemOf(error);
        dispatch({ type: "failed", problem });
        // Neither a crowd nor a service that starts lasts.
        const passes = problem.offline || problem.status === 429 || problem.status >= 500;
        if (passes) reopenTimer = setTimeout(start, REOPEN_MS);
        return;
      }
      if (gone) return;
      const query = new URLSearchParams({ token, after: String(after) });
      source = new EventSource(`${ORIGIN}/v1/conversations/${id}/stream?${query}`);
      source.onopen = () => {
        clearTimeout(lostTimer);
        lostTimer = undefined;
        dispatch({ type: "link", lost: false });
      };
      source.onerror = () => {
        lostTimer ??= setTimeout(() => dispatch({ type: "link", lost: true }), LOST_AFTER_MS);
        if (source?.readyState === EventSource.CLOSED) {
          reopenTimer = setTimeout(start, REOPEN_MS);
        }
      };
      for (const name of ITEMS) {
        source.addEventListener(name, (event) => {
          const item = itemOf(event);
          if (item) dispatch({ type: "item", item });
        });
      }
    };

    void start();
    return () => {
      gone = true;
      source?.close();
      clearTimeout(lostTimer);
      clearTimeout(reopenTimer);
    };
  }, [id, token, load]);

  const say = useCallback(
    async (body: string, key: string = idempotencyKey()) => {
      dispatch({ type: "sending", key, body });
      try {
        const message = await send(
          api.POST("/v1/conversations/{id}/messages", {
            params: { path: { id } },
            body: { body },
            headers: { Authorization: `Bearer ${token}`, "Idempotency-Key": key },
          }),
        );
        dispatch({ type: "sent", key, message });
      } catch (error) {
        dispatch({ type: "unsent", key, error: problemOf(error).detail });
      }
    },
    [id, token],
  );

  return { state, say };
}
