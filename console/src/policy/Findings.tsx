// What a check of the policy found while it is written.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Badge } from "../parts/Badge";
import { Failure, Loading } from "../parts/states";
import { upperFirst } from "../text/format";
import { LEVEL, LEVEL_TONE, reportWords } from "./policy";
import { checkQuery } from "./queries";

interface Props {
  /** The text as it stood when its writer last paused. */
  text: string;
  onPick: (rule: string) => void;
}

export function Findings({ text, onPick }: Props) {
  const check = useQuery({ ...checkQuery(text), placeholderData: (before) => before });
  const report = check.data;
  return (
    <section className="card section stack" aria-label={t`Check`}>
      <div className="row">
        <h2 className="grow">
          <Trans>Check</Trans>
        </h2>
        {check.isFetching && (
          <span className="muted small">
            <Trans>Checking…</Trans>
          </span>
        )}
      </div>
      {check.isPending && <Loading lines={2} label={t`Checking`} />}
      {check.isError && <Failure error={check.error} retry={() => void check.refetch()} />}
      {report && (
        <p role="status" className="small">
          {reportWords(report)}
        </p>
      )}
      {report && report.findings.length > 0 && (
        <ul className="policy-findings">
          {report.findings.map((finding) => (
            <li key={`${finding.rule}-${finding.flaw}-${finding.text}`}>
              <Badge tone={LEVEL_TONE[finding.level]}>{t(LEVEL[finding.level])}</Badge>
              <div>
                {finding.rule && (
                  <button
                    type="button"
                    className="link-button mono"
                    onClick={() => finding.rule && onPick(finding.rule)}
                  >
                    {finding.rule}
                  </button>
                )}
                <p className="policy-finding">{upperFirst(finding.text.trim())}</p>
              </div>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
