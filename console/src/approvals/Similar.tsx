// What was decided about proposals like this one, and why.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ApprovalBadge } from "../parts/Badge";
import { Ago } from "../parts/Time";
import { percent } from "../text/format";
import { similarQuery } from "./queries";

export function Similar({ id }: { id: string }) {
  const { data } = useQuery(similarQuery(id));
  if (!data || data.length === 0) return null;
  return (
    <section className="card section">
      <h3>
        <Trans>Decided before</Trans>
      </h3>
      <ul className="stack similar">
        {data.map((each) => (
          <li key={each.approval_id}>
            <div className="row">
              <ApprovalBadge status={each.status} />
              <span className="muted small" title={t`By words, amount, what is wanted and agent`}>
                <Trans>{percent(each.likeness)} alike</Trans>
              </span>
            </div>
            <Link to="/approvals/$id" params={{ id: each.approval_id }} search={true}>
              {each.title}
            </Link>
            {each.words && <q className="small">{each.words}</q>}
            <span className="muted small">
              {each.by && `${each.by}, `}
              {each.decided_at && <Ago at={each.decided_at} />}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
