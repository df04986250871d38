// What set a handoff off, word by word: what a person should know before they answer.
import type { Trigger, TriggerKind } from "../api/words";
import { Badge, type BadgeTone } from "../parts/Badge";

const KINDS: Record<TriggerKind, [BadgeTone, string]> = {
  self_harm: ["red", "Self-harm"],
  threat: ["red", "Threat"],
  security: ["red", "Security incident"],
  legal: ["amber", "Law"],
  press: ["amber", "Press"],
  anger: ["amber", "Anger"],
  leaving: ["amber", "May leave"],
  person: ["blue", "Asked for a person"],
  vip: ["violet", "VIP"],
  repeated_contact: ["amber", "Repeated contact"],
  tool_silence: ["grey", "Silent tool"],
};

export function triggerName(kind: TriggerKind): string {
  return KINDS[kind][1];
}

/** Words are quoted; a fact stands as it is. */
export function triggerText(trigger: Trigger): string {
  return trigger.language ? `“${trigger.phrase}”` : trigger.phrase;
}

export function Triggers({ triggers }: { triggers: Trigger[] }) {
  return (
    <>
      <ul className="triggers" aria-label="What called for a person">
        {triggers.map((trigger) => (
          <li key={`${trigger.kind} ${trigger.phrase}`}>
            <Badge tone={KINDS[trigger.kind][0]}>{triggerName(trigger.kind)}</Badge>
            <span>{triggerText(trigger)}</span>
          </li>
        ))}
      </ul>
      {triggers.some((trigger) => trigger.kind === "self_harm") && (
        <div>
          The customer was told with the handoff that a colleague reads this before anything else,
          and where to find help.
        </div>
      )}
    </>
  );
}
