// A decision becomes a case of the evaluations, with one click.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { api, send } from "../api/client";
import type { ApprovalStatus } from "../api/words";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { sentence } from "../text/format";

const TELLING: readonly ApprovalStatus[] = ["approved", "edited", "rejected"];

const made = (approvalId: string) =>
  send(api.POST("/v1/evaluations/cases", { body: { approval_id: approvalId } }));

/** Whether what was decided says what should happen. */
export function makesCase(status: ApprovalStatus): boolean {
  return TELLING.includes(status);
}

/** The offer beside the message that it was decided. */
export function offerCase(approvalId: string) {
  const run = async () => {
    try {
      const { case: kept } = await made(approvalId);
      tell(t`It is a case of the evaluations now`, "good", kept.name);
    } catch (error) {
      tell(sentence(error instanceof Error ? error.message : String(error)), "error");
    }
  };
  return { label: t`Make this a case`, run: () => void run() };
}

export function MakeCase({ id, status }: { id: string; status: ApprovalStatus }) {
  const { may } = useSession();
  const client = useQueryClient();
  const make = useMutation({
    mutationFn: () => made(id),
    onSuccess: () => void client.invalidateQueries({ queryKey: ["evaluation-cases"] }),
  });
  if (!makesCase(status) || !(may("decide_approvals") || may("manage_evaluations"))) return null;
  if (make.data) {
    return (
      <p className="small" role="status">
        <Trans>
          It is a case of the evaluations now, without personal data:{" "}
          <Link to="/evaluations">{make.data.case.name}</Link>
        </Trans>
      </p>
    );
  }
  return (
    <div className="stack">
      {make.isError && <Failure error={make.error} />}
      <div>
        <Button size="small" busy={make.isPending} onClick={() => make.mutate()}>
          <Trans>Make this a case</Trans>
        </Button>
      </div>
    </div>
  );
}
