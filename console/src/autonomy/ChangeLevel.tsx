// The rungs with what speaks for each, and a person's consent to a change.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import { permissionName } from "../api/names";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import {
  allows,
  confidence,
  type Detail,
  evidenceWords,
  LEVEL_NAMES,
  type Level,
  levelMeans,
  levelName,
  share,
} from "./words";

export function ChangeLevel({ detail }: { detail: Detail }) {
  const { may, userId } = useSession();
  const [wanted, setWanted] = useState<Level | null>();
  const now = detail.cell.rung?.level;
  const mayChange = may("manage_autonomy") && userId !== undefined;
  return (
    <>
      <ol className="autonomy-rungs" aria-label={t`Rungs`}>
        {LEVEL_NAMES.map((level) => {
          const evidence = detail.evidence.find((one) => one.level === level);
          return (
            <li key={level} aria-current={level === now ? "step" : undefined}>
              <div className="grow">
                <strong>{levelName(level)}</strong>{" "}
                <span className="muted">{levelMeans(level)}</span>
                {evidence && <div className="small">{evidenceWords(evidence)}</div>}
              </div>
              {mayChange && allows(detail, level) && (
                <Button size="small" onClick={() => setWanted(level)}>
                  <Trans>Put it here</Trans>
                </Button>
              )}
            </li>
          );
        })}
      </ol>
      {mayChange && allows(detail, null, userId) && (
        <div>
          <Button size="small" tone="quiet" onClick={() => setWanted(null)}>
            <Trans>Leave it to the policy alone</Trans>
          </Button>
        </div>
      )}
      {!may("manage_autonomy") && (
        <p className="muted small">
          <Trans>Changing it takes the permission “{permissionName("manage_autonomy")}”.</Trans>
        </p>
      )}
      {wanted !== undefined && (
        <Consent detail={detail} level={wanted} onClose={() => setWanted(undefined)} />
      )}
    </>
  );
}

function Consent({
  detail,
  level,
  onClose,
}: {
  detail: Detail;
  level: Level | null;
  onClose: () => void;
}) {
  const client = useQueryClient();
  const [why, setWhy] = useState("");
  const { cell, certificate } = detail;
  const evidence = detail.evidence.find((one) => one.level === level);
  const change = useMutation({
    mutationFn: () =>
      send(
        api.POST("/v1/autonomy/level", {
          body: {
            intent: cell.intent,
            tool: cell.tool,
            level,
            promise: certificate.promise,
            version: cell.version,
            why,
          },
        }),
      ),
    onSuccess: async () => {
      tell(t`Counts within a second, everywhere`, "good", `${cell.title}: ${levelName(level)}`);
      onClose();
      await client.invalidateQueries({ queryKey: ["autonomy"] });
    },
  });
  return (
    <Dialog open onClose={onClose} title={t`${cell.title}: ${levelName(level)}?`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (why.trim() !== "" && !change.isPending) change.mutate();
        }}
      >
        <p>{levelMeans(level)}</p>
        {evidence && <p>{evidenceWords(evidence)}</p>}
        {level === "act" &&
          certificate.threshold !== null &&
          certificate.threshold !== undefined && (
            <p>
              <Trans>
                It is promised that of what is at least {confidence(certificate.threshold)} sure at
                most {share(certificate.promise.ceiling)} are wrong. When that is broken, or is not
                shown any more by what was heard, it goes back to “Ask” by itself.
              </Trans>
            </p>
          )}
        <label className="field">
          <span className="field-label">
            <Trans>Why? Others read it.</Trans>
          </span>
          <input
            className="input"
            required
            maxLength={500}
            value={why}
            onChange={(event) => setWhy(event.target.value)}
          />
        </label>
        {change.isError && <Failure error={change.error} />}
        <div className="row">
          <Button type="submit" tone="primary" busy={change.isPending}>
            {level === null ? t`Leave it to the policy` : t`Put it there`}
          </Button>
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
