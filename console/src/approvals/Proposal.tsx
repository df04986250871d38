// What a proposal shows of itself: what will happen, why it stopped, what was said and what it rests on. For
// reviewers in the console and for whoever holds the link of a mail, who is not signed in.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { lazy, Suspense } from "react";
import { roleName } from "../api/names";
import type {
  Approval,
  ArgumentOrigin,
  Decision,
  Escalates,
  FieldFinding,
  Footing,
  Message,
  Preview,
  Role,
} from "../api/words";
import { Quote } from "../messages/Answer";
import { MessageItem } from "../messages/MessageItem";
import { MessageText } from "../messages/MessageText";
import { Badge } from "../parts/Badge";
import { Loading } from "../parts/states";
import { Marked } from "../personal/Marked";
import { evidenceMark } from "../review/attention";
import { Icon } from "../shell/Icon";
import { sentence, words } from "../text/format";
import { fullTime } from "../text/times";
import { FootedText, FootingSources, type Looking } from "./Footing";
import { carriedWords, fieldLabel, originWords } from "./words";
import "./approvals.css";

/** Where a value that decides who is affected or how much comes from. */
function OriginNote({ origin }: { origin: ArgumentOrigin | undefined }) {
  if (!origin) return null;
  const { trusted, text } = originWords(origin);
  return (
    <span className="origin" data-trusted={trusted}>
      {!trusted && <Icon name="warn" />}
      {text}
    </span>
  );
}

/** Its text is Markdown, and readers see it as the knowledge pages draw it. */
const ADD_ARTICLE = "add_article";

/** Of articles alone, which are rare, and not small: no first visit waits for it. */
const Markdown = lazy(async () => ({ default: (await import("../parts/Markdown")).Markdown }));

/** Who reads the text of a call. */
function caption(tool: string): string {
  if (tool === ADD_ARTICLE) return t`The article will read`;
  if (tool === "add_note") return t`Colleagues will read`;
  return t`The customer will read`;
}

/** The action itself. Also shows what an edit would do. */
export function Proposal({
  preview,
  tool,
  html,
  origins = [],
  findings = [],
  before = {},
  footing,
  looking,
  title = t`What will happen`,
  reads = caption(tool),
}: {
  preview: Preview;
  tool: string;
  /** The text of a message as the service drew it. */
  html?: string | null;
  origins?: ArgumentOrigin[];
  /** Personal data in the approval, or the masks that stand for it. */
  findings?: FieldFinding[];
  /** What the fields hold now, of those that a call changes. */
  before?: Record<string, string>;
  /** What the text rests on, as long as it is the text that was proposed. */
  footing?: Footing | null;
  looking?: Looking;
  title?: string;
  /** Who reads its text. */
  reads?: string;
}) {
  const found = (place: string) => findings.filter((each) => each.at === place);
  return (
    <section className="card section">
      <h3>{title}</h3>
      {preview.fields.length > 0 && (
        <dl className="proposal">
          {preview.fields.map((field, at) => (
            <div key={field.label} data-protected={field.protected}>
              <dt>
                {field.protected && (
                  <Icon name="lock" label={t`Protected: decides who is affected or how much`} />
                )}
                {fieldLabel(field.label)}
              </dt>
              <dd>
                {before[field.label] !== undefined && (
                  <>
                    <del className="before">{before[field.label]}</del> →{" "}
                  </>
                )}
                <Marked text={field.value} findings={found(`/preview/fields/${at}/value`)} />
                <OriginNote origin={origins.find((origin) => origin.argument === field.label)} />
              </dd>
            </div>
          ))}
        </dl>
      )}
      {preview.body && (
        <figure className="customer-sees">
          <figcaption>{reads}</figcaption>
          {tool === ADD_ARTICLE ? (
            <Suspense fallback={<Loading lines={8} />}>
              <Markdown text={preview.body} level={4} />
            </Suspense>
          ) : footing && looking ? (
            <FootedText
              text={preview.body}
              html={html}
              footing={footing}
              findings={found("/preview/body")}
              looking={looking}
            />
          ) : (
            <MessageText text={preview.body} html={html} findings={found("/preview/body")} />
          )}
        </figure>
      )}
      {preview.fields.length === 0 && !preview.body && <p>{preview.title}</p>}
    </section>
  );
}

function escalationWords(role: Role, { at, from, to }: Escalates): string {
  return role === to
    ? t`It was asked of the role ${from} first.`
    : t`When nobody decides before ${fullTime(at)}, it needs the role ${to}.`;
}

export function Why({
  approval,
  decisions,
  userId,
}: {
  approval: Approval;
  decisions: Decision[];
  /** Who reads it; absent where that is told otherwise. */
  userId?: string;
}) {
  const approvals = decisions.filter((each) => each.kind.type === "approve").length;
  return (
    <section className="card section">
      <h3>
        <Trans>Why it stopped</Trans>
      </h3>
      <p>{sentence(approval.why || t`no rule lets this run by itself`)}</p>
      {approval.carries && approval.carries.length > 0 && (
        <ul className="row" aria-label={t`Look at before it leaves`}>
          {approval.carries.map((one) => (
            <li key={`${one.kind} ${one.shown}`}>
              <Badge tone="amber">{carriedWords(one)}</Badge>
            </li>
          ))}
        </ul>
      )}
      {approval.suspicions && approval.suspicions.length > 0 && (
        <ul className="suspicions" aria-label={t`Reads like an order to the agent`}>
          {approval.suspicions.map((one) => (
            <li key={`${one.place} ${one.quote}`}>
              <Badge tone="amber">
                <Trans>Order to the agent?</Trans>
              </Badge>{" "}
              {sentence(one.place)}: <q>{one.quote}</q>
              {one.why && <span className="muted small"> {sentence(one.why)}</span>}
            </li>
          ))}
        </ul>
      )}
      <p className="muted small">
        <Trans>
          Rule <span className="mono">{approval.rule}</span>. Asked of the role{" "}
          {roleName(approval.role)}
        </Trans>
        {approval.team && t` in the team ${words(approval.team)}`}
        {approval.quorum > 1 && t`, and ${approvals} of ${approval.quorum} people have approved`}.
        {approval.escalates && ` ${escalationWords(approval.role, approval.escalates)}`}
        {(approval.requesters ?? []).includes(userId ?? "") &&
          t` You asked for this, by your words or your edit: another person has to approve it.`}
      </p>
    </section>
  );
}

export function Evidence({
  approval,
  footing,
  looking,
  linked,
}: {
  approval: Approval;
  footing?: Footing | null;
  looking: Looking;
  /** Whether whoever looks can open documents. */
  linked?: boolean;
}) {
  const marked = footing && footing.sources.length > 0;
  if (!marked && approval.evidence.length === 0) return null;
  return (
    <section className="card section">
      <h3>
        <Trans>Evidence</Trans>
      </h3>
      {marked ? (
        <FootingSources footing={footing} looking={looking} linked={linked} />
      ) : (
        <ul className="stack">
          {approval.evidence.map((source, at) => (
            <li key={source.chunk_id} {...evidenceMark(at)}>
              <Quote source={source} />
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

const RECENT = 6;

export function Conversation({
  messages,
  ticketId,
}: {
  messages: Message[];
  /** Where the reader can have what is masked shown. */
  ticketId?: string;
}) {
  const earlier = messages.slice(0, -RECENT);
  return (
    <section className="card section">
      <h3>
        <Trans>Conversation</Trans>
      </h3>
      {messages.length === 0 && (
        <p className="muted">
          <Trans>Nothing was said yet.</Trans>
        </p>
      )}
      {earlier.length > 0 && (
        <details>
          <summary className="small">
            <Plural value={earlier.length} one="# earlier message" other="# earlier messages" />
          </summary>
          <div className="stack">
            {earlier.map((message) => (
              <MessageItem key={message.id} message={message} ticketId={ticketId} />
            ))}
          </div>
        </details>
      )}
      {messages.slice(-RECENT).map((message) => (
        <MessageItem key={message.id} message={message} ticketId={ticketId} />
      ))}
    </section>
  );
}
