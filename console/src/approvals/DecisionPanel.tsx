// The decision itself: a bar of acts that opens into a form where an act needs words. The digest
// that is sent is the one of the approval on screen, and nothing is shown as decided before the
// service has said so.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type KeyboardEvent, useEffect, useRef, useState } from "react";
import { api, Problem, send } from "../api/client";
import type { Approval, Attention, Decision, DecisionKind } from "../api/words";
import { makesCase, offerCase } from "../evaluations/MakeCase";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { Button, type Tone } from "../parts/Button";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { sentence } from "../text/format";
import { useOther } from "./claim";
import { EditForm } from "./EditForm";
import { decidedHere, patch } from "./news";
import { approvalQuery, deskQuery } from "./queries";
import { useQueue } from "./queue";
import { offerUndo } from "./undo";
import { type Act, actWords } from "./words";

const TONES: Record<Act, Tone> = {
  approve: "good",
  edit: "plain",
  reject: "danger",
  respond: "plain",
  escalate: "plain",
};

const ORDER: Act[] = ["approve", "edit", "reject", "respond", "escalate"];
const LONGEST = 4000;

export function DecisionPanel({
  approval,
  decisions,
  mayDecide,
  mayNot,
  attention,
}: {
  approval: Approval;
  decisions: Decision[];
  mayDecide: boolean;
  /** Why the reader cannot, in words. */
  mayNot: string | null | undefined;
  /** How long the reader had it before them. */
  attention: () => Attention;
}) {
  const client = useQueryClient();
  const session = useSession();
  const queue = useQueue();
  const [act, setAct] = useState<Act>();
  const other = useOther(approval.id);

  const decide = useMutation({
    mutationFn: (decision: DecisionKind) =>
      send(
        api.POST("/v1/approvals/{id}/decisions", {
          params: { path: { id: approval.id } },
          body: { digest: approval.digest, decision, attention: attention() },
        }),
      ),
    onSuccess: ({ exercise, ...after }, decision) => {
      if (exercise) {
        // It stays before them with what it was; nothing else came of it.
        client.setQueryData(approvalQuery(approval.id).queryKey, (shown) =>
          shown ? { ...shown, approval: after, may_decide: false, exercise } : shown,
        );
        patch(client, approval.id, after);
        void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
        void client.invalidateQueries({ queryKey: ["review-quality"] });
        return;
      }
      const words = actWords(decision.type, approval.question);
      const waits =
        decision.type === "approve" &&
        decisions.filter((each) => each.kind.type === "approve").length + 1 < approval.quorum;
      const tone = decision.type === "approve" || decision.type === "edit" ? "good" : "info";
      if (waits) {
        const counts = t`Your approval counts; another person has to approve too`;
        tell(counts, tone, approval.preview.title);
      } else {
        const also = makesCase(after.status) ? offerCase(approval.id) : undefined;
        const said = { title: words.done, tone, detail: approval.preview.title, also } as const;
        offerUndo(client, [after], said, queue.open);
      }
      queue.openAfter(approval.id);
      decidedHere(approval.id);
      patch(client, approval.id, after);
      refresh();
    },
    onError: (error) => {
      // What was decided on is not what there is: show what happened instead. Said where it stays
      // to be read, for this panel goes when the approval turns out to be decided.
      if (isConflict(error)) {
        tell(sentence(error.message), "error", approval.preview.title);
        setAct(undefined);
        refresh();
      }
    },
  });

  const refresh = () => {
    void client.invalidateQueries({ queryKey: ["approvals", "counts"] });
    void client.invalidateQueries({ queryKey: ["approvals", "oldest"] });
    void client.invalidateQueries({ queryKey: ["approval", approval.id] });
    void client.invalidateQueries({ queryKey: ["home"] });
    if (approval.ticket_id) {
      void client.invalidateQueries({ queryKey: ["ticket", approval.ticket_id] });
    }
  };

  const allowed = mayDecide;
  const already = decisions.some((each) => each.user_id === session.userId);
  const acts = ORDER.filter((each) => !(each === "edit" && approval.question === "outcome"));

  const choose = (next: Act) => {
    if (decide.isPending) return;
    decide.reset();
    // What cannot be undone, or is somebody else's just now, takes a second, deliberate key.
    const plain = approval.risk !== "irreversible" && !other;
    if (next === "approve" && plain) decide.mutate({ type: "approve" });
    else setAct(next);
  };

  const leave = () => {
    setAct(undefined);
    document.getElementById("approval")?.focus();
  };

  useShortcuts(
    t`Decide`,
    acts.map((each) => ({
      keys: actWords(each, approval.question).keys,
      label: actWords(each, approval.question).label,
      when: allowed && !already && act === undefined,
      run: () => choose(each),
    })),
  );

  if (!allowed || already) {
    return (
      <div className="decide">
        <p className="muted">
          {already
            ? t`You have approved this; another person has to approve too.`
            : sentence(mayNot ?? t`You cannot decide this.`)}
        </p>
      </div>
    );
  }

  return (
    <div className="decide" data-open={act !== undefined}>
      {decide.isError && !isConflict(decide.error) && (
        <Failure
          error={decide.error}
          retry={
            decide.error instanceof Problem && decide.error.offline && decide.variables
              ? () => decide.mutate(decide.variables)
              : undefined
          }
        />
      )}
      {act === undefined && (
        <div className="decide-acts" role="toolbar" aria-label={t`Decide`}>
          {acts.map((each) => {
            const { label, keys } = actWords(each, approval.question);
            return (
              <Button
                key={each}
                tone={TONES[each]}
                keys={keys.toUpperCase()}
                busy={decide.isPending}
                onClick={() => choose(each)}
              >
                {decide.isPending && decide.variables?.type === each ? t`Sending…` : label}
              </Button>
            );
          })}
        </div>
      )}
      {act !== undefined && other && (
        <p className="notice" data-tone="amber" role="status">
          <Trans>{other.name} looks at this now. Decide all the same?</Trans>
        </p>
      )}
      {act === "approve" && (
        <Confirm
          approval={approval}
          busy={decide.isPending}
          onLeave={leave}
          onConfirm={() => decide.mutate({ type: "approve" })}
        />
      )}
      {act === "edit" && (
        <EditForm
          approval={approval}
          busy={decide.isPending}
          onLeave={leave}
          onSave={(args) => decide.mutate({ type: "edit", args })}
        />
      )}
      {(act === "reject" || act === "respond" || act === "escalate") && (
        <WordsForm
          act={act}
          approval={approval}
          busy={decide.isPending}
          onLeave={leave}
          onSend={(text) =>
            decide.mutate(
              act === "respond" ? { type: act, message: text } : { type: act, reason: text },
            )
          }
        />
      )}
    </div>
  );
}

function isConflict(error: Error): error is Problem {
  return error instanceof Problem && error.status === 409;
}

/** Escape leaves, Ctrl or Cmd with Enter sends. */
export function formKeys(onLeave: () => void) {
  return (event: KeyboardEvent<HTMLFormElement>) => {
    if (event.key === "Escape") {
      event.preventDefault();
      onLeave();
    }
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.currentTarget.requestSubmit();
    }
  };
}

function Confirm({
  approval,
  busy,
  onLeave,
  onConfirm,
}: {
  approval: Approval;
  busy: boolean;
  onLeave: () => void;
  onConfirm: () => void;
}) {
  const button = useRef<HTMLDivElement>(null);
  useEffect(() => {
    button.current?.querySelector<HTMLButtonElement>("[type=submit]")?.focus();
  }, []);
  return (
    <form
      className="decide-form"
      aria-label={t`Confirm`}
      onKeyDown={formKeys(onLeave)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) onConfirm();
      }}
    >
      <p>
        <strong>{approval.preview.title}?</strong>{" "}
        {approval.risk === "irreversible" && (
          <span className="muted">
            <Trans>It cannot be undone.</Trans>
          </span>
        )}
      </p>
      <div ref={button} className="row">
        <Button type="submit" tone="good" keys="⏎" busy={busy}>
          {busy ? t`Sending…` : actWords("approve", approval.question).label}
        </Button>
        <Button onClick={onLeave} keys="Esc">
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}

function WordsForm({
  act,
  approval,
  busy,
  onLeave,
  onSend,
}: {
  act: "reject" | "respond" | "escalate";
  approval: Approval;
  busy: boolean;
  onLeave: () => void;
  onSend: (text: string) => void;
}) {
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const words = actWords(act, approval.question);
  const reasons = useQuery(deskQuery).data?.reject_reasons ?? [];
  const offered = act === "reject" && approval.question === "call" ? reasons : [];
  useEffect(() => area.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && text.trim() !== "") onSend(text.trim());
  };
  return (
    <form className="decide-form" onKeyDown={formKeys(onLeave)} onSubmit={submit}>
      <label className="field">
        <span className="field-label">{words.prompt}</span>
        <textarea
          ref={area}
          className="textarea"
          required
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {words.hint && <span className="field-hint">{words.hint}</span>}
      </label>
      {offered.length > 0 && (
        <ul className="reasons-offered" aria-label={t`Reasons to choose from`}>
          {offered.map((reason) => (
            <li key={reason}>
              <Button
                size="small"
                onClick={() => {
                  setText((typed) => (typed.trim() === "" ? reason : `${typed.trim()} ${reason}`));
                  area.current?.focus();
                }}
              >
                {reason}
              </Button>
            </li>
          ))}
        </ul>
      )}
      <div className="row">
        <Button
          type="submit"
          tone={act === "reject" ? "danger-fill" : "primary"}
          keys={`${MOD} ⏎`}
          busy={busy}
        >
          {busy ? t`Sending…` : words.label}
        </Button>
        <Button onClick={onLeave} keys="Esc">
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}
