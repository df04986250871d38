// Begins several runs anew that failed. Each is asked for by itself and gets its own result.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, problemOf, send } from "../api/client";
import type { Run } from "../api/words";
import { useShortcuts } from "../keys/shortcuts";
import { Badge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { words } from "../text/format";

interface Props {
  selected: Run[];
  onClear: () => void;
  /** Called when the results have been read, with the runs that go on. */
  onDone: (retried: ReadonlySet<string>) => void;
}

/** What came of one: nothing for a run that goes on. */
type Results = ReadonlyMap<string, string | undefined>;

export function RetryBar({ selected, onClear, onDone }: Props) {
  const client = useQueryClient();
  // The runs as they were when the dialog opened.
  const [shown, setShown] = useState<Run[]>();
  const [results, setResults] = useState<Results>(new Map());
  const retry = useMutation({
    // One after the other: runs of one ticket hold it, and the first decides whether the next may.
    mutationFn: async (runs: Run[]) => {
      for (const { id } of runs) {
        const failed = await send(api.POST("/v1/runs/{id}/retry", { params: { path: { id } } }))
          .then(() => undefined)
          .catch((error: unknown) => problemOf(error).detail);
        setResults((before) => new Map(before).set(id, failed));
      }
    },
    onSettled: async () => {
      await client.invalidateQueries({ queryKey: ["runs"] });
      await client.invalidateQueries({ queryKey: ["run"] });
    },
  });
  const start = () => {
    if (selected.length === 0) return;
    retry.reset();
    setResults(new Map());
    setShown(selected);
  };
  const close = () => {
    if (retry.isPending) return;
    setShown(undefined);
    if (results.size > 0) {
      onDone(new Set([...results].filter(([, failed]) => failed === undefined).map(([id]) => id)));
    }
  };
  useShortcuts(t`Selected runs`, [{ keys: "r", label: t`Retry what is selected`, run: start }]);
  const over = retry.isSuccess;
  return (
    <div className="retry-bar" role="toolbar" aria-label={t`Selected runs`}>
      <strong className="grow">
        <Trans>{selected.length} selected</Trans>
      </strong>
      <Button size="small" tone="primary" keys="R" onClick={start}>
        <Trans>Retry</Trans>
      </Button>
      <Button size="small" tone="quiet" onClick={onClear}>
        <Trans>Clear</Trans>
      </Button>
      <Dialog
        open={shown !== undefined}
        onClose={close}
        title={
          over
            ? t`Results`
            : t`Retry ${plural(shown?.length ?? 0, { one: "# run", other: "# runs" })}?`
        }
      >
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            if (over) close();
            else if (!retry.isPending && shown) retry.mutate(shown);
          }}
        >
          <p>
            <Trans>Each goes back into the queue and continues from its journal.</Trans>
          </p>
          <ul className="retry-list" aria-live="polite">
            {shown?.map((run) => {
              const failed = results.get(run.id);
              return (
                <li key={run.id}>
                  <span className="grow">
                    <Trans>
                      {words(run.agent)} agent: {run.error ?? t`no error was kept`}
                    </Trans>
                    {failed && <span className="field-error retry-problem">{failed}</span>}
                  </span>
                  {results.has(run.id) && (
                    <Badge tone={failed ? "red" : "green"}>
                      {failed ? t`Not retried` : t`In the queue`}
                    </Badge>
                  )}
                </li>
              );
            })}
          </ul>
          <div className="dialog-foot">
            {over ? (
              <Button type="submit" tone="primary">
                <Trans>Close</Trans>
              </Button>
            ) : (
              <>
                <Button onClick={close}>
                  <Trans>Cancel</Trans>
                </Button>
                <Button type="submit" tone="primary" busy={retry.isPending}>
                  {retry.isPending
                    ? t`${results.size} of ${shown?.length ?? 0}…`
                    : t`Retry ${shown?.length ?? 0}`}
                </Button>
              </>
            )}
          </div>
        </form>
      </Dialog>
    </div>
  );
}
