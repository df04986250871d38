// Whose an approval is and when it comes up again: taking it, handing it to somebody, putting it off.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { api, send } from "../api/client";
import { roleName } from "../api/names";
import type { Approval, S } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { useNow } from "../parts/now";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { sentence } from "../text/format";
import { fullTime } from "../text/times";
import { patch } from "./news";
import { deskQuery } from "./queries";
import { useQueue } from "./queue";

type Colleague = S["Colleague"];

const HOUR = 3_600_000;
const LONGEST_NOTE = 500;

/** Times to come back at, that people think in. */
export function comings(now: number): { label: string; at: number }[] {
  const morning = new Date(now);
  morning.setDate(morning.getDate() + 1);
  morning.setHours(9, 0, 0, 0);
  return [
    { label: t`In an hour`, at: now + HOUR },
    { label: t`In three hours`, at: now + 3 * HOUR },
    { label: t`Tomorrow at nine`, at: morning.getTime() },
    { label: t`When its deadline nears`, at: now + 90 * 24 * HOUR },
  ];
}

export function Tend({
  approval,
  mayDecide,
  eligible,
}: {
  approval: Approval;
  /** Whether the reader is among those who are asked. */
  mayDecide: boolean;
  /** Who is among them by role and team, where the service says so. */
  eligible: readonly string[];
}) {
  const client = useQueryClient();
  const session = useSession();
  const queue = useQueue();
  const now = useNow();
  const [asking, setAsking] = useState<"assign" | "snooze">();
  const desk = useQuery(deskQuery).data;
  const may = session.may("decide_approvals") && session.userId !== undefined;
  const name = desk?.people.find((each) => each.id === approval.assignee)?.name;
  const mine = approval.assignee !== undefined && approval.assignee === session.userId;
  const mayTake = mayDecide || mine;
  const snoozed =
    approval.snoozed_until && Date.parse(approval.snoozed_until) > now
      ? approval.snoozed_until
      : undefined;

  const taken = (after: Approval) => {
    patch(client, approval.id, {
      assignee: after.assignee ?? null,
      snoozed_until: after.snoozed_until ?? null,
    });
    void client.invalidateQueries({ queryKey: ["approval", approval.id] });
    void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
  };
  // A dialog that was opened while an answer was on its way stays open.
  const close = { onSuccess: () => setAsking(undefined) };
  const assign = useMutation({
    mutationFn: (body: { to: string | null; note: string }) =>
      send(api.POST("/v1/approvals/{id}/assign", { params: { path: { id: approval.id } }, body })),
    onSuccess: taken,
  });
  const snooze = useMutation({
    mutationFn: (until: string | null) =>
      send(
        api.POST("/v1/approvals/{id}/snooze", {
          params: { path: { id: approval.id } },
          body: { until },
        }),
      ),
    onSuccess: (after) => {
      taken(after);
      if (!after.snoozed_until) return;
      tell(t`Put off`, "info", t`Back ${fullTime(after.snoozed_until)}`);
      queue.openAfter(approval.id);
    },
    onError: (error) => {
      setAsking(undefined);
      tell(sentence(error.message), "error");
    },
  });

  useShortcuts(t`Whose it is`, [
    {
      keys: "i",
      label: mine ? t`Give it back` : t`Take it`,
      when: may && mayTake,
      run: () => assign.mutate({ to: mine ? null : (session.userId ?? null), note: "" }),
    },
    { keys: "h", label: t`Hand to somebody`, when: may, run: () => setAsking("assign") },
    {
      keys: "s",
      label: snoozed ? t`Bring back` : t`Put off`,
      when: may,
      run: () => (snoozed ? snooze.mutate(null) : setAsking("snooze")),
    },
  ]);

  return (
    <div className="row tend">
      <span className="muted small queue-person">
        <Icon name="person" />{" "}
        {mine
          ? t`Assigned to you`
          : approval.assignee
            ? t`Assigned to ${name ?? t`somebody`}`
            : t`Anybody’s`}
      </span>
      {snoozed && (
        <span className="muted small">
          <Trans>Put off until {fullTime(snoozed)}</Trans>
        </span>
      )}
      {may && (
        <>
          {mayTake && (
            <Button
              size="small"
              tone="quiet"
              keys="I"
              busy={assign.isPending}
              onClick={() =>
                assign.mutate({ to: mine ? null : (session.userId ?? null), note: "" })
              }
            >
              {mine ? t`Give back` : t`Take`}
            </Button>
          )}
          <Button size="small" tone="quiet" keys="H" onClick={() => setAsking("assign")}>
            <Trans>Hand over</Trans>
          </Button>
          <Button
            size="small"
            tone="quiet"
            keys="S"
            busy={snooze.isPending}
            onClick={() => (snoozed ? snooze.mutate(null) : setAsking("snooze"))}
          >
            {snoozed ? t`Bring back` : t`Put off`}
          </Button>
        </>
      )}
      {assign.isError && asking === undefined && <Failure error={assign.error} />}
      <HandOver
        open={asking === "assign"}
        approval={approval}
        eligible={eligible}
        busy={assign.isPending}
        error={assign.error}
        onClose={() => {
          assign.reset();
          setAsking(undefined);
        }}
        onGive={(to, note) => assign.mutate({ to, note }, close)}
      />
      <Dialog
        open={asking === "snooze"}
        onClose={() => setAsking(undefined)}
        title={t`Put off until when?`}
      >
        <ul className="stack comings">
          {comings(now).map(({ label, at }) => (
            <li key={label}>
              <Button onClick={() => snooze.mutate(new Date(at).toISOString(), close)}>
                {label}
              </Button>
            </li>
          ))}
        </ul>
        <p className="muted small">
          <Trans>It is back at once when the customer writes, and when its deadline nears.</Trans>
        </p>
      </Dialog>
    </div>
  );
}

function HandOver({
  open,
  approval,
  eligible,
  busy,
  error,
  onClose,
  onGive,
}: {
  open: boolean;
  approval: Approval;
  eligible: readonly string[];
  busy: boolean;
  error: Error | null;
  onClose: () => void;
  onGive: (to: string | null, note: string) => void;
}) {
  const people = useQuery(deskQuery).data?.people ?? [];
  const [to, setTo] = useState("");
  const [note, setNote] = useState("");
  // Who may decide: those of the role and the team, who did not ask for it.
  const isAsked = (each: Colleague) => eligible.includes(each.id);
  const able = people.filter(
    (each) => isAsked(each) && !(approval.requesters ?? []).includes(each.id),
  );
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy) onGive(to === "" ? null : to, note.trim());
  };
  return (
    <Dialog open={open} onClose={onClose} title={t`Hand over`}>
      <form className="stack" onSubmit={submit}>
        {error && <Failure error={error} />}
        <label className="field">
          <span className="field-label">
            <Trans>To whom</Trans>
          </span>
          <select className="select" value={to} onChange={(event) => setTo(event.target.value)}>
            <option value="">{t`Anybody`}</option>
            {able.map((each) => (
              <option key={each.id} value={each.id}>
                {each.name} ({roleName(each.role)})
              </option>
            ))}
          </select>
        </label>
        <label className="field">
          <span className="field-label">
            <Trans>A note for them</Trans>
          </span>
          <textarea
            className="textarea"
            maxLength={LONGEST_NOTE}
            value={note}
            onChange={(event) => setNote(event.target.value)}
          />
        </label>
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={busy}>
            <Trans>Hand over</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
