// Where staff answer or leave a note. What was typed survives a failed send.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { Visibility } from "../api/words";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { useSession } from "../session/session";

const LONGEST = 20_000;

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
  const [visibility, setVisibility] = useState<Visibility>(mayReply ? "public" : "internal");
  const [body, setBody] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const note = visibility === "internal";

  const add = useMutation({
    mutationFn: (message: { body: string; visibility: Visibility }) =>
      send(
        api.POST("/v1/tickets/{id}/messages", {
          params: { path: { id: ticketId } },
          body: message,
        }),
      ),
    onSuccess: async () => {
      setBody("");
      await client.invalidateQueries({ queryKey: ["ticket", ticketId] });
      await client.invalidateQueries({ queryKey: ["tickets"] });
    },
  });

  const writing = body.trim() !== "";
  useEffect(() => {
    onWriting(writing);
  }, [writing, onWriting]);

  const write = (next: Visibility) => {
    setVisibility(next);
    area.current?.focus();
  };
  useShortcuts("Ticket", [
    { keys: "r", label: "Reply", when: mayReply, run: () => write("public") },
    { keys: "n", label: "Private note", when: mayNote, run: () => write("internal") },
  ]);

  const kinds = [
    ...(mayReply ? [["public", "Reply"] as const] : []),
    ...(mayNote ? [["internal", "Private note"] as const] : []),
  ];
  if (kinds.length === 0) return null;
  return (
    <form
      className="composer card"
      data-note={note}
      onSubmit={(event) => {
        event.preventDefault();
        const text = body.trim();
        if (text && !add.isPending) add.mutate({ body: text, visibility });
      }}
    >
      <fieldset className="composer-kind">
        <legend className="sr-only">What to write</legend>
        {kinds.map(([value, label]) => (
          <label key={value} data-on={visibility === value}>
            <input
              type="radio"
              name="visibility"
              className="sr-only"
              checked={visibility === value}
              onChange={() => setVisibility(value)}
            />
            {label}
          </label>
        ))}
      </fieldset>
      {add.isError && <Failure error={add.error} />}
      <textarea
        ref={area}
        className="composer-text"
        aria-label={note ? "Private note" : "Reply"}
        placeholder={
          note ? "Only your team sees this" : `Write to ${contactName || "the customer"}`
        }
        maxLength={LONGEST}
        rows={3}
        value={body}
        readOnly={add.isPending}
        onChange={(event) => setBody(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") event.currentTarget.blur();
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
            event.preventDefault();
            event.currentTarget.form?.requestSubmit();
          }
        }}
      />
      <div className="composer-foot">
        <Button
          type="submit"
          tone="primary"
          keys={`${MOD} ⏎`}
          busy={add.isPending}
          disabled={body.trim() === ""}
        >
          {add.isPending ? "Sending…" : note ? "Add note" : "Send"}
        </Button>
      </div>
    </form>
  );
}
