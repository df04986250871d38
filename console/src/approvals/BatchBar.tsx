// Deciding several approvals at once. Each is sent with the digest that was shown for it, and each
// gets its own result.
import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { DecisionKind } from "../api/words";
import { Badge, RiskBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { decideAll, type Outcome } from "./batch";
import { decidedHere, patch } from "./news";
import type { Queued } from "./queue";
import { Reasons, withReason } from "./Reasons";
import { offerUndo } from "./undo";

interface Props {
  selected: Queued[];
  onClear: () => void;
  /** Called when the results have been read, with what was decided. */
  onDone: (decided: ReadonlySet<string>) => void;
}

export function BatchBar({ selected, onClear, onDone }: Props) {
  const client = useQueryClient();
  const [act, setAct] = useState<"approve" | "reject">();
  // The rows as they were when the dialog opened: that is what is being decided.
  const [shown, setShown] = useState<Queued[]>([]);
  const [reason, setReason] = useState("");
  // The last word on each, over every try.
  const [outcomes, setOutcomes] = useState<ReadonlyMap<string, Outcome>>(new Map());
  const decide = useMutation({
    mutationFn: ({ items, decision }: { items: Queued[]; decision: DecisionKind }) =>
      decideAll(items, decision, (part) =>
        send(api.POST("/v1/approvals/decisions", { body: { items: part } })).then(
          ({ results }) => results,
        ),
      ),
    onSuccess: (results) => {
      const all = new Map([...outcomes, ...results.map((each) => [each.id, each] as const)]);
      setOutcomes(all);
      const decided = results.flatMap(({ approval }) => (approval ? [approval] : []));
      for (const after of decided) {
        decidedHere(after.id, after.status !== "pending");
        patch(client, after.id, after);
      }
      if (decided.length > 0) {
        const title = t`${plural(decided.length, { one: "# proposal", other: "# proposals" })} decided`;
        offerUndo(client, decided, { title, tone: "info", detail: "" }, () => {});
      }
      // Nothing is left to be read: what was decided can be taken back at once.
      if ([...all.values()].every((each) => each.decided && !each.exercise)) finish(all);
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
      void client.invalidateQueries({ queryKey: ["approvals", "oldest"] });
      void client.invalidateQueries({ queryKey: ["approval"] });
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });

  const finish = (all: ReadonlyMap<string, Outcome>) => {
    setAct(undefined);
    onDone(new Set([...all.values()].filter((each) => each.decided).map((each) => each.id)));
  };
  const put = (items: Queued[]) => {
    if (decide.isPending) return;
    const decision: DecisionKind =
      act === "reject" ? { type: "reject", reason: reason.trim() } : { type: "approve" };
    decide.mutate({ items, decision });
  };
  const start = (next: "approve" | "reject") => {
    decide.reset();
    setOutcomes(new Map());
    setReason("");
    setShown(selected);
    setAct(next);
  };
  const close = () => {
    // What is on its way has an answer that nobody would see.
    if (decide.isPending) return;
    if (over) finish(outcomes);
    else setAct(undefined);
  };
  const over = outcomes.size > 0;
  const failed = shown.filter((item) => outcomes.get(item.id)?.decided === false);
  const irreversible = shown.filter((item) => item.risk === "irreversible").length;

  return (
    <>
      {selected.length > 0 && (
        <div className="batch" role="toolbar" aria-label={t`Selected approvals`}>
          <strong className="grow">
            <Trans>{selected.length} selected</Trans>
          </strong>
          <Button size="small" tone="good" onClick={() => start("approve")}>
            <Trans>Approve</Trans>
          </Button>
          <Button size="small" tone="danger" onClick={() => start("reject")}>
            <Trans>Reject</Trans>
          </Button>
          <Button size="small" tone="quiet" onClick={onClear}>
            <Trans>Clear</Trans>
          </Button>
        </div>
      )}
      <Dialog
        open={act !== undefined}
        onClose={close}
        title={
          over
            ? t`Results`
            : `${act === "reject" ? t`Reject` : t`Approve`} ${plural(shown.length, { one: "# proposal", other: "# proposals" })}?`
        }
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (over) close();
            else put(shown);
          }}
        >
          {decide.isError && <Failure error={decide.error} />}
          {!over && act === "approve" && irreversible > 0 && (
            <div className="notice" data-tone="amber">
              <Trans>
                <Plural
                  value={irreversible}
                  one="# of these moves money"
                  other="# of these move money"
                />{" "}
                or cannot be undone.
              </Trans>
            </div>
          )}
          <ul className="batch-list">
            {shown.map((item) => {
              const outcome = outcomes.get(item.id);
              return (
                <li key={item.id}>
                  <span className="grow">
                    {item.preview.title}
                    {outcome?.exercise && (
                      <span className="muted small">
                        {" "}
                        <Trans>This was an exercise: open it to see what it was.</Trans>
                      </span>
                    )}
                    {outcome?.why && (
                      <span className="field-error batch-problem">{outcome.why}</span>
                    )}
                  </span>
                  {outcome ? (
                    <Badge tone={outcome.decided ? "green" : "red"}>
                      {outcome.decided ? t`Done` : t`Not decided`}
                    </Badge>
                  ) : (
                    <RiskBadge risk={item.risk} />
                  )}
                </li>
              );
            })}
          </ul>
          {act === "reject" && !over && (
            <>
              <label className="field">
                <span className="field-label">
                  <Trans>Why should these not happen?</Trans>
                </span>
                <textarea
                  className="textarea"
                  required
                  maxLength={4000}
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
                <span className="field-hint">
                  <Trans>The agent reads it and may tell the customers.</Trans>
                </span>
              </label>
              {shown.every((item) => item.question === "call") && (
                <Reasons onPick={(one) => setReason((typed) => withReason(typed, one))} />
              )}
            </>
          )}
          <div className="dialog-foot">
            {over ? (
              <>
                {failed.length > 0 && (
                  <Button busy={decide.isPending} onClick={() => put(failed)}>
                    {decide.isPending
                      ? t`Sending…`
                      : plural(failed.length, {
                          one: "Try # again that was not decided",
                          other: "Try # again that were not decided",
                        })}
                  </Button>
                )}
                <Button type="submit" tone="primary">
                  <Trans>Close</Trans>
                </Button>
              </>
            ) : (
              <>
                <Button onClick={close}>
                  <Trans>Cancel</Trans>
                </Button>
                <Button
                  type="submit"
                  tone={act === "reject" ? "danger-fill" : "good"}
                  busy={decide.isPending}
                >
                  {act === "reject" ? t`Reject` : t`Approve`} {shown.length}
                </Button>
              </>
            )}
          </div>
        </form>
      </Dialog>
    </>
  );
}
