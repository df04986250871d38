// What set a handoff off, word by word: what a person should know before they answer.
import type { MessageDescriptor } from "@lingui/core";
import { msg, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import type { Trigger, TriggerKind } from "../api/words";
import { Badge, type BadgeTone } from "../parts/Badge";

const KINDS: Record<TriggerKind, [BadgeTone, MessageDescriptor]> = {
  self_harm: ["red", msg`Self-harm`],
  threat: ["red", msg`Threat`],
  security: ["red", msg`Security incident`],
  legal: ["amber", msg`Law`],
  press: ["amber", msg`Press`],
  anger: ["amber", msg`Anger`],
  leaving: ["amber", msg`May leave`],
  person: ["blue", msg`Asked for a person`],
  vip: ["violet", msg`VIP`],
  repeated_contact: ["amber", msg`Repeated contact`],
  tool_silence: ["grey", msg`Silent tool`],
};

export function triggerName(kind: TriggerKind): string {
  return t(KINDS[kind][1]);
}

/** Words are quoted; a fact stands as it is. */
export function triggerText(trigger: Trigger): string {
  return trigger.language ? `“${trigger.phrase}”` : trigger.phrase;
}

export function Triggers({ triggers }: { triggers: Trigger[] }) {
  return (
    <>
      <ul className="triggers" aria-label={t`What called for a person`}>
        {triggers.map((trigger) => (
          <li key={`${trigger.kind} ${trigger.phrase}`}>
            <Badge tone={KINDS[trigger.kind][0]}>{triggerName(trigger.kind)}</Badge>
            <span>{triggerText(trigger)}</span>
          </li>
        ))}
      </ul>
      {triggers.some((trigger) => trigger.kind === "self_harm") && (
        <div>
          <Trans>
            The customer was told with the handoff that a colleague reads this before anything else,
            and where to find help.
          </Trans>
        </div>
      )}
    </>
  );
}
