// Deciding several approvals at once. Each is sent with the digest that was shown for it, and each
// gets its own result.
import { plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { DecisionKind, S } from "../api/words";
import { Badge, RiskBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { decidedHere, patch } from "./news";
import type { Queued } from "./queue";
import { offerUndo } from "./undo";

/** As many as the service takes in one request. */
const AT_ONCE = 50;

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
  const decide = useMutation({
    mutationFn: async (decision: DecisionKind) => {
      const results: S["DecidedItem"][] = [];
      for (let from = 0; from < shown.length; from += AT_ONCE) {
        const part = shown.slice(from, from + AT_ONCE);
        const decided = await send(
          api.POST("/v1/approvals/decisions", {
            body: {
              items: part.map((item) => ({ approval_id: item.id, digest: item.digest, decision })),
            },
          }),
        );
        results.push(...decided.results);
      }
      return { results };
    },
    onSuccess: ({ results }) => {
      const decided = results.flatMap(({ approval }) => (approval ? [approval] : []));
      for (const after of decided) {
        decidedHere(after.id, after.status !== "pending");
        patch(client, after.id, after);
      }
      if (decided.length === 0) return;
      const title = t`${plural(decided.length, { one: "# proposal", other: "# proposals" })} decided`;
      offerUndo(client, decided, { title, tone: "info", detail: "" }, () => {});
    },
    onSettled: () => {
      void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
      void client.invalidateQueries({ queryKey: ["approvals", "oldest"] });
      void client.invalidateQueries({ queryKey: ["approval"] });
      void client.invalidateQueries({ queryKey: ["home"] });
    },
  });

  const start = (next: "approve" | "reject") => {
    decide.reset();
    setReason("");
    setShown(selected);
    setAct(next);
  };
  const close = () => {
    const results = decide.data?.results;
    setAct(undefined);
    if (!results) return;
    onDone(
      new Set(results.filter((each) => each.status === "decided").map((each) => each.approval_id)),
    );
  };
  const result = (id: string) => decide.data?.results.find((each) => each.approval_id === id);
  const irreversible = shown.filter((item) => item.risk === "irreversible").length;

  return (
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
      <Dialog
        open={act !== undefined}
        onClose={close}
        title={
          decide.data
            ? t`Results`
            : `${act === "reject" ? t`Reject` : t`Approve`} ${plural(shown.length, { one: "# proposal", other: "# proposals" })}?`
        }
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (decide.data) close();
            else if (!decide.isPending) {
              decide.mutate(
                act === "reject" ? { type: "reject", reason: reason.trim() } : { type: "approve" },
              );
            }
          }}
        >
          {decide.isError && <Failure error={decide.error} />}
          {!decide.data && act === "approve" && irreversible > 0 && (
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
              const outcome = result(item.id);
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
                    {outcome?.problem && (
                      <span className="field-error batch-problem">{outcome.problem.detail}</span>
                    )}
                  </span>
                  {outcome ? (
                    <Badge tone={outcome.status === "decided" ? "green" : "red"}>
                      {outcome.status === "decided" ? t`Done` : t`Not decided`}
                    </Badge>
                  ) : (
                    <RiskBadge risk={item.risk} />
                  )}
                </li>
              );
            })}
          </ul>
          {act === "reject" && !decide.data && (
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
          )}
          <div className="dialog-foot">
            {decide.data ? (
              <Button type="submit" tone="primary">
                <Trans>Close</Trans>
              </Button>
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
    </div>
  );
}
