// Where staff answer or leave a note. What was typed survives a failed send, and a look at another ticket.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, type RefObject, useEffect, useId, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { Visibility } from "../api/words";
import { type Focusable, MessageField } from "../editor/MessageField";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useSession } from "../session/session";
import { type Draft, useDraft } from "./drafts";
import { type Colleague, colleaguesQuery, namedIn, namingAt, offered } from "./mentions";
import { Naming, optionId } from "./Naming";

const LONGEST = 20_000;

interface Sent {
  body: string;
  visibility: Visibility;
  mentions: string[];
  key: string;
}

interface Props {
  ticketId: string;
  contactName?: string;
  /** Whether there is something that was not sent yet. */
  onWriting: (writing: boolean) => void;
}

export function Composer({ ticketId, contactName, onWriting }: Props) {
  const client = useQueryClient();
  const session = useSession();
  const mayReply = session.may("reply_to_customers");
  const mayNote = session.may("write_notes");
  const begin = mayReply ? "public" : "internal";
  const { draft, change, sent } = useDraft(session.userId, ticketId, begin);
  const { body, visibility } = draft;
  const area = useRef<HTMLTextAreaElement>(null);
  const field = useRef<Focusable>(null);
  const form = useRef<HTMLFormElement>(null);
  const note = visibility === "internal";
  const naming = useNaming(note && session.may("read_people"), draft, change, area);

  const add = useMutation({
    mutationFn: ({ key, ...body }: Sent) =>
      send(
        api.POST("/v1/tickets/{id}/messages", {
          params: { path: { id: ticketId }, header: { "Idempotency-Key": key } },
          body,
        }),
      ),
    onSuccess: async (_, message) => {
      sent(message.body);
      await client.invalidateQueries({ queryKey: ["ticket", ticketId] });
      await client.invalidateQueries({ queryKey: ["tickets"] });
    },
  });

  const writing = body.trim() !== "";
  useEffect(() => {
    onWriting(writing);
  }, [writing, onWriting]);

  const write = (next: Visibility) => {
    change({ visibility: next });
    // Once it is the other's turn.
    requestAnimationFrame(() => (area.current ?? field.current)?.focus());
  };
  useShortcuts(t`Ticket`, [
    { keys: "r", label: t`Reply`, when: mayReply, run: () => write("public") },
    { keys: "n", label: t`Private note`, when: mayNote, run: () => write("internal") },
  ]);

  /** Whether a key means something wherever one writes. */
  const key = (event: Pick<globalThis.KeyboardEvent, "key" | "ctrlKey" | "metaKey">): boolean => {
    if (event.key === "Escape" && document.activeElement instanceof HTMLElement) {
      document.activeElement.blur();
    }
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (sends) form.current?.requestSubmit();
    return sends;
  };
  const kinds = [
    ...(mayReply ? [["public", t`Reply`] as const] : []),
    ...(mayNote ? [["internal", t`Private note`] as const] : []),
  ];
  if (kinds.length === 0) return null;
  return (
    <form
      ref={form}
      className="composer card"
      data-note={note}
      onSubmit={(event) => {
        event.preventDefault();
        const text = body.trim();
        if (text && !add.isPending) {
          const mentions = naming.namedIn(text);
          add.mutate({ body: text, visibility, mentions, key: draft.key });
        }
      }}
    >
      <fieldset className="composer-kind">
        <legend className="sr-only">
          <Trans>What to write</Trans>
        </legend>
        {kinds.map(([value, label]) => (
          <label key={value} data-on={visibility === value}>
            <input
              type="radio"
              name="visibility"
              className="sr-only"
              checked={visibility === value}
              onChange={() => change({ visibility: value })}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {add.isError && <Failure error={add.error} />}
      {note ? (
        <textarea
          ref={area}
          className="composer-text"
          aria-label={t`Private note`}
          placeholder={t`Only your team sees this; @ names a colleague`}
          maxLength={LONGEST}
          rows={3}
          value={body}
          readOnly={add.isPending}
          aria-autocomplete="list"
          aria-controls={naming.people.length > 0 ? naming.id : undefined}
          aria-activedescendant={
            naming.people.length > 0 ? optionId(naming.id, naming.at) : undefined
          }
          onChange={(event) => change({ body: event.target.value })}
          onSelect={(event) => naming.moved(event.currentTarget.selectionStart)}
          onBlur={() => naming.moved(undefined)}
          onKeyDown={(event) => {
            if (!naming.typed(event) && key(event)) event.preventDefault();
          }}
        />
      ) : (
        <MessageField
          controlRef={field}
          className="composer-text"
          named={{ "aria-label": t`Reply` }}
          placeholder={t`Write to ${contactName || t`the customer`}`}
          maxLength={LONGEST}
          rows={3}
          value={body}
          readOnly={add.isPending}
          onChange={(text) => change({ body: text })}
          onKey={key}
        />
      )}
      {naming.people.length > 0 && (
        <Naming id={naming.id} people={naming.people} at={naming.at} onPick={naming.pick} />
      )}
      <p className="sr-only" role="status">
        {naming.people.length > 0 &&
          t`${naming.people.length} colleagues: ${naming.people[naming.at]?.name ?? ""}`}
      </p>
      <div className="composer-foot">
        <Button
          type="submit"
          tone="primary"
          keys={`${MOD} ⏎`}
          busy={add.isPending}
          disabled={body.trim() === ""}
        >
          {add.isPending ? t`Sending…` : note ? t`Add note` : t`Send`}
        </Button>
      </div>
    </form>
  );
}

/** Naming a colleague while one writes: who is offered, and who was picked. */
function useNaming(
  on: boolean,
  { body, picked }: Draft,
  change: (change: { body: string; picked: Draft["picked"] }) => void,
  area: RefObject<HTMLTextAreaElement | null>,
) {
  const id = useId();
  const colleagues = useQuery({ ...colleaguesQuery, enabled: on }).data ?? [];
  const [caret, setCaret] = useState<number>();
  const [place, setPlace] = useState(0);
  // Where a list was put away with Escape, until another name is begun.
  const [away, setAway] = useState<number>();
  const naming = on && caret !== undefined ? namingAt(body, caret) : undefined;
  const people = naming && naming.start !== away ? offered(colleagues, naming.said) : [];
  const at = Math.min(place, Math.max(0, people.length - 1));

  const pick = (person: Colleague) => {
    if (!naming) return;
    const before = `${body.slice(0, naming.start)}@${person.name} `;
    change({ body: before + body.slice(caret), picked: new Set(picked).add(person.id) });
    setPlace(0);
    // After the text has been drawn.
    requestAnimationFrame(() => area.current?.setSelectionRange(before.length, before.length));
  };
  const typed = (event: KeyboardEvent): boolean => {
    const person = people[at];
    if (!person || event.ctrlKey || event.metaKey || event.altKey) return false;
    const does: Record<string, () => void> = {
      ArrowDown: () => setPlace((at + 1) % people.length),
      ArrowUp: () => setPlace((at + people.length - 1) % people.length),
      Enter: () => pick(person),
      Tab: () => pick(person),
      Escape: () => setAway(naming?.start),
    };
    const act = does[event.key];
    if (!act) return false;
    event.preventDefault();
    act();
    return true;
  };
  return {
    id,
    people,
    at,
    pick,
    typed,
    moved: (to: number | undefined) => {
      setCaret(to);
      if (to === undefined) setAway(undefined);
    },
    namedIn: (text: string) => (on ? namedIn(text, colleagues, picked) : []),
  };
}
