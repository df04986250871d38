// One approval, as a person would understand it, and what can be done about it.

import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { agentsQuery } from "../agents/queries";
import { api, send } from "../api/client";
import { approvalStatusName, channelName } from "../api/names";
import type { paths } from "../api/schema.gen";
import type { Approval, Customer, Decision } from "../api/words";
import { MakeCase } from "../evaluations/MakeCase";
import { ApprovalBadge, Badge, PriorityBadge, RiskBadge, TicketBadge } from "../parts/Badge";
import { Json } from "../parts/Json";
import { useNow } from "../parts/now";
import { Empty, Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { Unmask, useUnmasked } from "../personal/Unmask";
import { useAttention } from "../review/attention";
import { Reveal } from "../review/Reveal";
import { breakerWords, stops } from "../safety/breakers";
import { breakersQuery } from "../safety/queries";
import { useSession } from "../session/session";
import { Icon } from "../shell/Icon";
import { Way } from "../shell/Way";
import { percent, plain, remaining, upperFirst, urgency, waited, words } from "../text/format";
import { languageOf } from "../text/language";
import { dayName, fullTime } from "../text/times";
import { Bar } from "./Bar";
import { useClaim, useOther } from "./claim";
import { DecisionPanel } from "./DecisionPanel";
import { useLooking } from "./Footing";
import { Conversation, Evidence, Proposal, Why } from "./Proposal";
import { approvalQuery } from "./queries";
import { Similar } from "./Similar";
import { Tend } from "./Tend";
import { actWords, BANDS, bandOf, reasonLabel } from "./words";

export function ApprovalView() {
  const { id } = useParams({ from: "/staff/approvals/$id" });
  const query = useQuery(approvalQuery(id));
  const pane = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another approval starts at its top
  useEffect(() => {
    pane.current?.scrollTo({ top: 0 });
  }, [id]);

  return (
    <section id="approval" ref={pane} className="approval" aria-label={t`Approval`} tabIndex={-1}>
      <Link
        to="/approvals"
        search={true}
        className="button approval-back"
        data-tone="quiet"
        data-size="small"
      >
        <Trans>← All approvals</Trans>
      </Link>
      {query.isPending && <Loading lines={8} />}
      {query.isError &&
        !query.data &&
        ("status" in query.error && query.error.status === 404 ? (
          <Empty title={t`This approval does not exist`} />
        ) : (
          <div className="approval-content">
            <Failure error={query.error} retry={() => void query.refetch()} />
          </div>
        ))}
      {query.data && <Loaded key={id} {...query.data} />}
    </section>
  );
}

type Data = paths["/v1/approvals/{id}"]["get"]["responses"][200]["content"]["application/json"];

/** Where words of people can be; the rest of an approval says how it stands. */
const SAID = [
  "binding",
  "preview",
  "why",
  "confidence",
  "evidence",
  "origins",
  "carries",
  "suspicions",
  "facts",
  "edited_args",
] as const satisfies readonly (keyof Approval)[];
type Said = (typeof SAID)[number];

function saidIn(approval: Pick<Approval, Said>): Pick<Approval, Said> {
  return Object.fromEntries(SAID.map((name) => [name, approval[name]])) as Pick<Approval, Said>;
}

function Loaded({
  approval: served,
  body_html,
  may_decide,
  may_not,
  ticket,
  messages,
  findings,
  footing,
  customer,
  decisions,
  run,
  exercise,
  // A process of the version before, while one replaces the other, does not say it.
  eligible = [],
}: Data) {
  const [shown, setShown] = useUnmasked<Pick<Approval, Said>>(saidIn(served));
  // How it stands is what is served now, whatever of it was shown.
  const approval: Approval = { ...served, ...shown };
  const now = useNow();
  const looking = useLooking();
  const content = useRef<HTMLDivElement>(null);
  const attention = useAttention(served.id, content);
  const pending = approval.status === "pending";
  const outcome = approval.question === "outcome";
  const { may, userId } = useSession();
  const breakers = useQuery({ ...breakersQuery, enabled: may("read_system") }).data;
  useClaim(served.id, pending && userId !== undefined && may_decide);
  const other = useOther(served.id);
  const stop = stops(breakers?.items ?? [], approval.agent, approval.binding.call.tool);
  const failing = stops(breakers?.automatic ?? [], approval.agent, approval.binding.call.tool);
  return (
    <>
      <div ref={content} className="approval-content">
        <header className="approval-head">
          <div className="row">
            {pending ? (
              <RiskBadge risk={approval.risk} />
            ) : (
              <ApprovalBadge status={approval.status} />
            )}
            <span className="muted small">
              <Trans>
                {words(approval.agent)} agent proposes{" "}
                {words(approval.binding.call.tool).toLowerCase()}
              </Trans>
            </span>
          </div>
          <h2 className="approval-title">{approval.preview.title}</h2>
          <div className="approval-sub">
            {ticket && (
              <Way to="/tickets/$id" params={{ id: ticket.id }}>
                #{ticket.number} {ticket.subject}
              </Way>
            )}
            <Way only to="/runs/$id" params={{ id: run.id }}>
              <Trans>Run</Trans>
            </Way>
            {pending ? (
              <>
                <span>
                  <Trans>waiting {waited(approval.requested_at, now)}</Trans>
                </span>
                <span
                  className="queue-expiry"
                  data-urgency={urgency(approval.expires_at, now)}
                  title={fullTime(approval.expires_at)}
                >
                  <Icon name="clock" />{" "}
                  {remaining(approval.expires_at, now) === "expired"
                    ? t`expired`
                    : t`expires ${remaining(approval.expires_at, now)}`}
                </span>
              </>
            ) : (
              approval.decided_at && (
                <span>
                  <Trans>
                    decided <Ago at={approval.decided_at} />
                  </Trans>
                </span>
              )
            )}
          </div>
        </header>
        {pending && <Tend approval={approval} mayDecide={may_decide} eligible={eligible} />}
        {pending && other && (
          <div className="notice" role="status">
            <Icon name="eye" />
            <div className="grow">
              <Trans>{other.name} looks at this now.</Trans>
            </div>
          </div>
        )}
        {pending && stop && (
          <div className="notice" data-tone="amber" role="status">
            <Icon name="warn" />
            <div className="grow">
              <Trans>
                {upperFirst(breakerWords(stop.of))} is stopped: “{stop.reason}”. What you decide is
                kept, and done when it may go on.
              </Trans>
            </div>
          </div>
        )}
        {pending && !stop && failing && (
          <div className="notice" data-tone="amber" role="status">
            <Icon name="warn" />
            <div className="grow">
              <Trans>
                {upperFirst(breakerWords(failing.of))} {failing.reason} and is left alone for a
                while. What you decide is kept, and done by itself when it works again.
              </Trans>
            </div>
          </div>
        )}

        {outcome && (
          <div className="notice" data-tone="amber">
            <Icon name="warn" />
            <div className="grow">
              <Trans>
                <strong>This was attempted, and nobody knows whether it was done.</strong> Look it
                up where it would have happened, then say what you found.
              </Trans>
            </div>
          </div>
        )}
        {exercise ? (
          <Reveal id={served.id} result={exercise} />
        ) : (
          !pending && (
            <>
              <Decided approval={approval} decisions={decisions} />
              <MakeCase id={served.id} status={served.status} />
            </>
          )
        )}

        <div className="approval-columns">
          <div className="stack">
            <Proposal
              preview={approval.preview}
              tool={approval.binding.call.tool}
              origins={approval.origins}
              html={shown ? undefined : body_html}
              findings={shown ? [] : findings}
              before={beforeOf(approval, ticket)}
              footing={shown ? undefined : footing}
              looking={looking}
            />
            {findings.length > 0 && (
              <Unmask
                what={t`this approval`}
                shown={shown}
                onShown={(given) => setShown(given && saidIn(given))}
                ask={(reason) =>
                  send(
                    api.POST("/v1/approvals/{id}/unmask", {
                      params: { path: { id: served.id } },
                      body: { reason },
                    }),
                  )
                }
              />
            )}
            <Why approval={approval} decisions={decisions} userId={userId} />
            <Conversation messages={messages} ticketId={ticket?.id} />
            <ConfidenceSection approval={approval} />
            <Evidence approval={approval} footing={footing} looking={looking} />
            <Behind approval={approval} />
          </div>
          <aside className="stack" aria-label={t`Context`}>
            <Similar id={served.id} />
            {customer && <CustomerCard customer={customer} />}
            {ticket && (
              <section className="card section">
                <h3>
                  <Trans>Ticket</Trans>
                </h3>
                <div className="row">
                  <TicketBadge status={ticket.status} />
                  <PriorityBadge priority={ticket.priority} />
                </div>
                <dl className="facts small">
                  <dt>
                    <Trans>Channel</Trans>
                  </dt>
                  <dd>{channelName(ticket.channel)}</dd>
                  <dt>
                    <Trans>Opened</Trans>
                  </dt>
                  <dd>
                    <Ago at={ticket.created_at} />
                  </dd>
                  <dt>
                    <Trans>Messages</Trans>
                  </dt>
                  <dd>{ticket.message_count}</dd>
                </dl>
                {ticket.tags.length > 0 && (
                  <div className="row">
                    {ticket.tags.map((tag) => (
                      <Badge key={tag}>{tag}</Badge>
                    ))}
                  </div>
                )}
              </section>
            )}
          </aside>
        </div>
      </div>
      <DecisionPanel
        approval={approval}
        decisions={decisions}
        mayDecide={may_decide}
        mayNot={may_not}
        attention={attention}
      />
    </>
  );
}

function Decided({ approval, decisions }: { approval: Approval; decisions: Decision[] }) {
  const last = decisions.at(-1);
  const reason =
    last?.kind.type === "reject" || last?.kind.type === "escalate"
      ? last.kind.reason
      : last?.kind.type === "respond"
        ? last.kind.message
        : undefined;
  const text: Partial<Record<Approval["status"], string>> = {
    expired: t`Nobody decided in time. The agent was told and may ask again.`,
    superseded: t`The customer wrote again before anyone decided; the agent considers it anew.`,
  };
  return (
    <div className="notice" data-tone={approval.status === "rejected" ? "red" : undefined}>
      <div className="grow">
        <strong>
          {last
            ? actWords(last.kind.type, approval.question).done
            : approvalStatusName(approval.status)}
        </strong>
        {text[approval.status] && <div>{text[approval.status]}</div>}
        {reason && <div>“{reason}”</div>}
        {approval.edited_args != null && (
          <details>
            <summary className="small">
              <Trans>Arguments after the edit</Trans>
            </summary>
            <Json value={approval.edited_args} label={t`Arguments after the edit`} />
          </details>
        )}
      </div>
    </div>
  );
}

const SET_FIELDS = "set_ticket_fields";

/** What the ticket says now in the fields that a call would change. */
function beforeOf(approval: Approval, ticket: Data["ticket"]): Record<string, string> {
  if (!ticket || approval.binding.call.tool !== SET_FIELDS) return {};
  const now: Record<string, unknown> = { ...ticket.fields, priority: ticket.priority };
  const found = approval.preview.fields.filter((field) => Object.hasOwn(now, field.label));
  return Object.fromEntries(found.map(({ label }) => [label, plain(now[label])]));
}

function ConfidenceSection({ approval }: { approval: Approval }) {
  const agents = useQuery({ ...agentsQuery, enabled: useSession().may("read_tools") });
  const agent = agents.data?.find((each) => each.name === approval.agent);
  const band = agent && BANDS[bandOf(approval.confidence, agent.settings.thresholds)];
  return (
    <section className="card section">
      <div className="row">
        <h3 className="grow">
          <Trans>Confidence</Trans>
        </h3>
        {band && (
          <Badge tone={band.tone} title={t(band.meaning)}>
            {t(band.label)}
          </Badge>
        )}
        <strong>{percent(approval.confidence.score)}</strong>
      </div>
      <ul className="reasons">
        {approval.confidence.reasons.map((reason) => (
          <li key={reason.name}>
            <div className="row">
              <span className="grow">{reasonLabel(reason.name)}</span>
              <span className="muted small">{percent(reason.score)}</span>
            </div>
            <Bar share={reason.score} label={reasonLabel(reason.name)} />
            <div className="muted small">{reason.detail}</div>
          </li>
        ))}
      </ul>
    </section>
  );
}

function CustomerCard({ customer }: { customer: Customer }) {
  return (
    <section className="card section">
      <h3>
        <Trans>Customer</Trans>
      </h3>
      <div className="row">
        <strong>{customer.name}</strong>
        <Link to="/approvals" search={{ customer_id: customer.id }} className="small">
          <Trans>All that waits</Trans>
        </Link>
        {customer.tier !== "standard" && <Badge tone="violet">{customer.tier}</Badge>}
      </div>
      <dl className="facts small">
        <dt>
          <Trans>Language</Trans>
        </dt>
        <dd>{languageOf(customer.locale)}</dd>
        <dt>
          <Trans>Since</Trans>
        </dt>
        <dd>{dayName(customer.created_at)}</dd>
        {Object.entries(customer.fields).map(([name, value]) => (
          <div key={name} className="facts-row">
            <dt>{words(name)}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Behind({ approval }: { approval: Approval }) {
  return (
    <details className="card section behind">
      <summary>
        <Trans>What the decision binds to</Trans>
      </summary>
      <dl className="facts small">
        <dt>
          <Trans>Digest</Trans>
        </dt>
        <dd className="mono">{approval.digest}</dd>
        <dt>
          <Trans>Tool version</Trans>
        </dt>
        <dd className="mono">{approval.binding.tool_version}</dd>
        <dt>
          <Trans>Policy version</Trans>
        </dt>
        <dd className="mono">{approval.binding.policy_version}</dd>
        <dt>
          <Trans>Evidence</Trans>
        </dt>
        <dd className="mono">{approval.binding.evidence}</dd>
      </dl>
      <Json value={approval.binding.call} label={t`The proposed call`} />
    </details>
  );
}
