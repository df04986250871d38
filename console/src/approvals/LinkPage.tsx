// One approval by the link in a mail, for whoever is not signed in: what a reviewer sees, and two acts. Looking
// decides nothing; a decision is asked for once more before it is sent.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useEffect, useState } from "react";
import { api, Problem, send } from "../api/client";
import type { Approval, LinkDecision, LinkedApproval } from "../api/words";
import { Badge, RiskBadge } from "../parts/Badge";
import { Button } from "../parts/Button";
import { useNow } from "../parts/now";
import { Failure, Loading } from "../parts/states";
import { useTitle } from "../parts/title";
import { Entrance, linkToken } from "../session/Entrance";
import { Icon } from "../shell/Icon";
import { lowerFirst, remaining, sentence, waited, words } from "../text/format";
import { fullTime } from "../text/times";
import { useLooking } from "./Footing";
import { Conversation, Evidence, Proposal, Why } from "./Proposal";
import { type Act, actWords } from "./words";
import "./link.css";

/** How often it is asked whether somebody else was first. */
const ASK_EVERY = 15_000;
const LONGEST = 4000;

const key = (token: string) => ["approval-link", token];
const holding = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

export function LinkPage() {
  useTitle(t`Approval`);
  const [token] = useState(linkToken);
  const query = useQuery({
    queryKey: key(token),
    queryFn: ({ signal }) => send(api.GET("/v1/approval-link", { ...holding(token), signal })),
    retry: (count, error) => error instanceof Problem && error.offline && count < 5,
    refetchInterval: ({ state }) => (state.data?.state === "open" ? ASK_EVERY : false),
    enabled: token !== "",
  });
  if (token === "") {
    return (
      <Entrance title={t`This link is not whole`}>
        <p>
          <Trans>Open it from the mail once more, with everything behind the sign #.</Trans>
        </p>
        <ToConsole />
      </Entrance>
    );
  }
  if (query.isPending) {
    return (
      <Entrance title={t`Approval`}>
        <Loading lines={4} />
      </Entrance>
    );
  }
  if (!query.data) {
    const refused = query.error instanceof Problem && [401, 403].includes(query.error.status);
    return (
      <Entrance title={refused ? t`This link opens nothing` : t`Approval`}>
        {refused ? (
          <p role="alert">{sentence(query.error.message)}.</p>
        ) : (
          <Failure error={query.error} retry={() => void query.refetch()} />
        )}
        <ToConsole />
      </Entrance>
    );
  }
  const { state, view } = query.data;
  if (state !== "open" || !view) return <Over linked={query.data} token={token} />;
  return (
    <>
      {query.isError && (
        <div className="link-offline">
          <Failure error={query.error} retry={() => void query.refetch()} />
        </div>
      )}
      <Open key={view.approval.digest} linked={query.data} view={view} token={token} />
    </>
  );
}

/** The console asks who one is. Not a link of the router: its pages are another bundle. */
const ToConsole = ({ to = "/approvals" }: { to?: string }) => (
  <p className="small">
    <a href={to}>
      <Trans>Open the console</Trans>
    </a>
  </p>
);

const TITLES: Record<LinkedApproval["state"], MessageDescriptor> = {
  open: msg`Approval`,
  decided: msg`This is decided`,
  expired: msg`The deadline is over`,
  superseded: msg`This is not proposed any more`,
  changed: msg`This has changed`,
  not_asked: msg`This is not yours to decide`,
  console: msg`Decide this in the console`,
};

/** Nothing is to be decided here: what became of it, and the way back while there is one. */
function Over({ linked, token }: { linked: LinkedApproval; token: string }) {
  const client = useQueryClient();
  const undo = useMutation({
    mutationFn: () => send(api.POST("/v1/approval-link/undo", holding(token))),
    onSuccess: (after) => client.setQueryData(key(token), after),
    onError: () => void client.invalidateQueries({ queryKey: key(token) }),
  });
  const { decision } = linked;
  const done = decision ? actWords(decision.kind as Act, "call").done : "";
  const until = decision?.undo_until;
  const back = useWithin(until ? Date.parse(until) - Date.parse(decision.at) : 0);
  return (
    <Entrance title={t(TITLES[linked.state])}>
      <p>
        <strong>{linked.title}</strong>
      </p>
      <div role="status" className="stack">
        {decision && (
          <p>
            {decision.by_you ? t`You` : decision.by}: {lowerFirst(done)}, {fullTime(decision.at)}.
          </p>
        )}
        <p>{linked.detail}</p>
        {back && (
          <p>
            <Trans>Nothing is done yet: it can be taken back.</Trans>
          </p>
        )}
      </div>
      {undo.isError && <Failure error={undo.error} />}
      {back && (
        <Button onClick={() => undo.mutate()} busy={undo.isPending}>
          <Trans>Take it back</Trans>
        </Button>
      )}
      <ToConsole />
    </Entrance>
  );
}

const focusOn = (element: HTMLElement | null) => element?.focus();

/** By the service's clock alone, which need not be this machine's: whether so much time has not passed yet. */
function useWithin(ms: number): boolean {
  const [passed, setPassed] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(ms), ms);
    return () => clearTimeout(timer);
  }, [ms]);
  return ms > 0 && passed !== ms;
}

type View = NonNullable<LinkedApproval["view"]>;

function Open({ linked, view, token }: { linked: LinkedApproval; view: View; token: string }) {
  const { approval, body_html, ticket, findings, footing, messages, decisions } = view;
  const now = useNow();
  const looking = useLooking();
  return (
    <main className="link-page">
      <div className="approval-content">
        <header className="approval-head">
          <div className="row">
            <RiskBadge risk={approval.risk} />
            <span className="muted small">
              <Trans>
                {words(approval.agent)} agent proposes{" "}
                {words(approval.binding.call.tool).toLowerCase()} in {linked.workspace}
              </Trans>
            </span>
          </div>
          <h1 className="approval-title">{approval.preview.title}</h1>
          <div className="approval-sub">
            {ticket && (
              <span>
                #{ticket.number} {ticket.subject}
              </span>
            )}
            <span>
              <Trans>waiting {waited(approval.requested_at, now)}</Trans>
            </span>
            <span title={fullTime(approval.expires_at)}>
              <Icon name="clock" /> <Trans>expires {remaining(approval.expires_at, now)}</Trans>
            </span>
            <Badge>
              <Trans>for {linked.person}</Trans>
            </Badge>
          </div>
        </header>
        {approval.question === "outcome" && (
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
        <Proposal
          preview={approval.preview}
          tool={approval.binding.call.tool}
          origins={approval.origins}
          html={body_html}
          findings={findings}
          footing={footing}
          looking={looking}
        />
        <Why approval={approval} decisions={decisions} />
        <Evidence approval={approval} footing={footing} looking={looking} linked={false} />
        <Conversation messages={messages} />
      </div>
      <Decide approval={approval} reasons={linked.reject_reasons} token={token} />
    </main>
  );
}

function Decide({
  approval,
  reasons,
  token,
}: {
  approval: Approval;
  reasons: string[];
  token: string;
}) {
  const client = useQueryClient();
  const [act, setAct] = useState<"approve" | "reject">();
  const [reason, setReason] = useState("");
  const decide = useMutation({
    mutationFn: (decision: LinkDecision) =>
      send(
        api.POST("/v1/approval-link/decision", {
          ...holding(token),
          body: { digest: approval.digest, decision },
        }),
      ),
    onSuccess: (after) => client.setQueryData(key(token), after),
    // Somebody else was first, or it is not what it was: show that instead.
    onError: (error) => {
      if (error instanceof Problem && error.status === 409) {
        void client.invalidateQueries({ queryKey: key(token) });
      }
    },
  });
  const of = (each: "approve" | "reject") => actWords(each, approval.question).label;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (decide.isPending) return;
    if (act === "approve") decide.mutate({ type: "approve" });
    else if (reason.trim() !== "") decide.mutate({ type: "reject", reason: reason.trim() });
  };
  return (
    <section className="decide link-decide" aria-label={t`Your decision`}>
      {decide.isError && <Failure error={decide.error} />}
      {act === undefined ? (
        <div className="row">
          <Button tone="good" onClick={() => setAct("approve")}>
            {of("approve")}
          </Button>
          <Button tone="danger" onClick={() => setAct("reject")}>
            {of("reject")}
          </Button>
          <a className="small" href={`/approvals/${approval.id}`}>
            <Trans>Change it or do something else in the console</Trans>
          </a>
        </div>
      ) : (
        <form className="stack" onSubmit={submit}>
          {act === "approve" ? (
            <p>
              <strong>{approval.preview.title}</strong>
              {approval.risk === "irreversible" && t` It cannot be undone.`}
            </p>
          ) : (
            <>
              <label className="field">
                <span className="field-label">
                  <Trans>Why not? The agent reads this.</Trans>
                </span>
                <textarea
                  ref={focusOn}
                  className="input"
                  rows={3}
                  maxLength={LONGEST}
                  required
                  value={reason}
                  onChange={(event) => setReason(event.target.value)}
                />
              </label>
              <div className="row">
                {reasons.map((each) => (
                  <Button key={each} size="small" onClick={() => setReason(each)}>
                    {each}
                  </Button>
                ))}
              </div>
            </>
          )}
          <div className="row">
            <Button
              autoFocus={act === "approve"}
              type="submit"
              tone={act === "approve" ? "good" : "danger"}
              busy={decide.isPending}
            >
              {act === "approve" ? t`Yes, ${of("approve").toLowerCase()}` : of("reject")}
            </Button>
            <Button onClick={() => setAct(undefined)}>
              <Trans>Back</Trans>
            </Button>
          </div>
        </form>
      )}
    </section>
  );
}
