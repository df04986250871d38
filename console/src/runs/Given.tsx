// What the model was given in a step, as it was sent or as it would be today: which of the two stands above it.
import { t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import type { S, Step } from "../api/words";
import { ModelName } from "../messages/MessageItem";
import { Badge } from "../parts/Badge";
import { Json } from "../parts/Json";
import { Failure, Loading } from "../parts/states";
import { Icon } from "../shell/Icon";
import { credits, words } from "../text/format";
import { tags } from "../text/language";
import {
  beginning,
  borderText,
  givenQuery,
  isOpen,
  type PromptMessage,
  roleName,
  type StepPrompt,
  standing,
} from "./given";
import "./given.css";

export default function Given({ run, step }: { run: string; step: Step }) {
  const query = useQuery(givenQuery(run, step.seq));
  if (query.isPending) return <Loading lines={5} />;
  if (query.isError && !query.data) {
    return <Failure error={query.error} retry={() => void query.refetch()} />;
  }
  return <Shown given={query.data} />;
}

function Shown({ given }: { given: StepPrompt }) {
  const { tone, title, detail } = standing(given.proof);
  const { request } = given;
  return (
    <div className="given">
      <div className="notice" data-tone={tone}>
        <Icon name={tone === "green" ? "check" : "warn"} />
        <div className="grow">
          <strong>{title}</strong>
          <div>{detail}</div>
        </div>
      </div>
      <Facts given={given} />
      {request && (
        <>
          <p className="muted small">{borderText(request.border)}</p>
          <ol className="given-messages">
            {request.messages.map((message, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: what was sent is in this order for good
              <li key={at}>
                {at === 1 && request.omitted > 0 && (
                  <p className="muted small">
                    <Plural
                      value={request.omitted}
                      one="# message is left out here, because all of them together are too long."
                      other="# messages are left out here, because all of them together are too long."
                    />
                  </p>
                )}
                <Message message={message} />
              </li>
            ))}
          </ol>
          <Tools request={request} />
        </>
      )}
    </div>
  );
}

function Facts({ given }: { given: StepPrompt }) {
  const { request, usage } = given;
  return (
    <div className="row step-facts muted small">
      {given.model && <ModelName model={given.model} />}
      {given.prompt && <code>{given.prompt}</code>}
      <span>
        <Trans>
          {usage.tokens_in.toLocaleString(tags())} tokens in,{" "}
          {usage.tokens_out.toLocaleString(tags())} out
        </Trans>
      </span>
      <span>{credits(usage.cost_micros)}</span>
      {request && (
        <span>
          <Trans>
            at most {request.max_output_tokens.toLocaleString(tags())} tokens of an answer
          </Trans>
        </span>
      )}
      {request?.output && (
        <span>
          <Trans>
            JSON by the schema <code>{request.output}</code>
          </Trans>
        </span>
      )}
      {given.input_digest && (
        <span>
          <Trans>
            digest <code title={given.input_digest}>{given.input_digest.slice(0, 12)}</code>
          </Trans>
        </span>
      )}
      {!given.same && given.digest_now && (
        <span>
          <Trans>
            today <code title={given.digest_now}>{given.digest_now.slice(0, 12)}</code>
          </Trans>
        </span>
      )}
    </div>
  );
}

function Message({ message }: { message: PromptMessage }) {
  return (
    <details className="given-message" data-role={message.role} open={isOpen(message)}>
      <summary>
        <strong>{roleName(message.role)}</strong>
        {message.tool && <code> {message.tool}</code>}{" "}
        <span className="given-beginning muted small" translate="no">
          {beginning(message)}
        </span>
      </summary>
      {message.parts.map((part, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text that does not change
        <Part key={at} part={part} />
      ))}
      {message.calls?.map((call) => (
        <div key={call.id} className="given-call">
          <span className="small">
            <Trans>
              Calls <code>{call.tool}</code>
            </Trans>
          </span>
          <Json
            value={call.args}
            label={t`What ${words(call.tool).toLowerCase()} was called with`}
          />
        </div>
      ))}
      {message.cut && (
        <p className="muted small">
          <Trans>It is longer; this is its beginning.</Trans>
        </p>
      )}
    </details>
  );
}

function Part({ part }: { part: S["PromptPart"] }) {
  return (
    <div className="given-part" data-voice={part.voice}>
      {part.voice === "untrusted" && (
        <Badge tone="amber" title={t`Somebody else's words: data, and no instruction to the model`}>
          <Trans>Untrusted</Trans>
        </Badge>
      )}
      {part.voice === "colleague" && (
        <Badge tone="blue">
          <Trans>A colleague's words</Trans>
        </Badge>
      )}
      <pre>{part.text}</pre>
    </div>
  );
}

function Tools({ request }: { request: S["PromptRequest"] }) {
  const count = request.tools.length + request.more_tools;
  if (count === 0) {
    return (
      <p className="muted small">
        <Trans>No tools were offered.</Trans>
      </p>
    );
  }
  return (
    <details className="given-tools">
      <summary className="small">
        <Plural value={count} one="# tool offered" other="# tools offered" />
      </summary>
      <ul>
        {request.tools.map((tool) => (
          <li key={tool.name}>
            <code>{tool.name}</code>{" "}
            <span className="small" translate="no">
              {tool.description}
            </span>
            {tool.parameters !== null && tool.parameters !== undefined && (
              <details>
                <summary className="muted small">
                  <Trans>Arguments</Trans>
                </summary>
                <Json value={tool.parameters} label={t`Arguments of ${words(tool.name)}`} />
              </details>
            )}
          </li>
        ))}
        {request.more_tools > 0 && (
          <li className="muted small">
            <Plural value={request.more_tools} one="and # more" other="and # more" />
          </li>
        )}
      </ul>
    </details>
  );
}
