// The decision itself: a bar of acts that opens into a form where an act needs words. The digest
// that is sent is the one of the approval on screen, and nothing is shown as decided before the
// service has said so.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import {
  type FormEvent,
  type KeyboardEvent,
  lazy,
  type ReactNode,
  Suspense,
  useEffect,
  useRef,
  useState,
} from "react";
import { api, Problem, send } from "../api/client";
import { permissionName } from "../api/names";
import type { Approval, Attention, Decision, DecisionKind } from "../api/words";
import { makesCase, offerCase } from "../evaluations/MakeCase";
import { MOD, useShortcuts } from "../keys/shortcuts";
import { Button, type Tone } from "../parts/Button";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { sentence } from "../text/format";
import { useOther } from "./claim";
import { decidedHere, patch } from "./news";
import { approvalQuery } from "./queries";
import { useQueue } from "./queue";
import { Reasons, withReason } from "./Reasons";
import { offerUndo } from "./undo";
import { type Act, actWords } from "./words";

/** With the schema's controls and the differences: most approvals are decided as they are. */
const EditForm = lazy(() => import("./EditForm"));

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
  inline,
}: {
  approval: Approval;
  decisions: Decision[];
  mayDecide: boolean;
  /** Why the reader cannot, in words. */
  mayNot: string | null | undefined;
  /** How long the reader had it before them. */
  attention: () => Attention;
  /** For a place beside other things: its acts, none of them by a key alone, and the way to the whole. */
  inline?: {
    acts: readonly Act[];
    open: ReactNode;
    /** Called when a form is open, and when none is any more. */
    onForm: (open: boolean) => void;
  };
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
      setAct(undefined);
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
        refresh();
      }
    },
  });

  // Decided, superseded or expired while somebody wrote: their words stay before them.
  const over = approval.status !== "pending";
  useEffect(() => {
    if (over && act === "approve") setAct(undefined);
    inline?.onForm(act !== undefined);
  }, [over, act, inline?.onForm]);

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
  // Who is served masks would save them.
  const mayEdit = session.may("see_personal_data");
  const canEdit = approval.question === "call";
  const acts = ORDER.filter((each) => each !== "edit" || (canEdit && mayEdit)).filter(
    (each) => !inline || inline.acts.includes(each),
  );

  const choose = (next: Act) => {
    if (decide.isPending) return;
    decide.reset();
    // What cannot be undone, or is somebody else's just now, takes a second, deliberate key.
    const plain = approval.risk !== "irreversible" && !other && !inline;
    if (next === "approve" && plain) decide.mutate({ type: "approve" });
    else setAct(next);
  };

  const panel = useRef<HTMLDivElement>(null);
  const leave = () => {
    setAct(undefined);
    if (!inline) document.getElementById("approval")?.focus();
    // The acts are drawn again first.
    else requestAnimationFrame(() => panel.current?.querySelector("button")?.focus());
  };

  useShortcuts(
    t`Decide`,
    inline
      ? []
      : acts.map((each) => ({
          keys: actWords(each, approval.question).keys,
          label: actWords(each, approval.question).label,
          when: allowed && !already && !over && act === undefined,
          run: () => choose(each),
        })),
  );

  if (over && act === undefined) return null;
  if (!over && (!allowed || already)) {
    return (
      <div className="decide" data-inline={inline !== undefined}>
        <p className="muted">
          {already
            ? t`You have approved this; another person has to approve too.`
            : sentence(mayNot ?? t`You cannot decide this.`)}
        </p>
        {inline && <div className="row">{inline.open}</div>}
      </div>
    );
  }

  return (
    <div
      ref={panel}
      className="decide"
      data-open={act !== undefined}
      data-inline={inline !== undefined}
    >
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
                keys={inline ? undefined : keys.toUpperCase()}
                busy={decide.isPending}
                onClick={() => choose(each)}
              >
                {decide.isPending && decide.variables?.type === each ? t`Sending…` : label}
              </Button>
            );
          })}
          {inline?.open}
        </div>
      )}
      {act === undefined && canEdit && !mayEdit && !inline && (
        <p className="muted small">
          <Trans>
            The arguments are masked for you, and an edit would save the masks. Editing takes the
            permission “{permissionName("see_personal_data")}”.
          </Trans>
        </p>
      )}
      {over && (
        <p className="notice" data-tone="amber" role="alert">
          <Trans>It was settled while you wrote, and nothing of this was sent.</Trans>
        </p>
      )}
      {act !== undefined && !over && other && (
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
        <Suspense fallback={<Loading lines={4} />}>
          <EditForm
            approval={approval}
            busy={decide.isPending}
            over={over}
            onLeave={leave}
            onSave={(args) => decide.mutate({ type: "edit", args })}
          />
        </Suspense>
      )}
      {(act === "reject" || act === "respond" || act === "escalate") && (
        <WordsForm
          act={act}
          approval={approval}
          busy={decide.isPending}
          over={over}
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
  over,
  onLeave,
  onSend,
}: {
  act: "reject" | "respond" | "escalate";
  approval: Approval;
  busy: boolean;
  /** Nothing can be sent any more. */
  over: boolean;
  onLeave: () => void;
  onSend: (text: string) => void;
}) {
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const words = actWords(act, approval.question);
  useEffect(() => area.current?.focus(), []);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!busy && !over && text.trim() !== "") onSend(text.trim());
  };
  return (
    <form className="decide-form" onKeyDown={formKeys(onLeave)} onSubmit={submit}>
      <label className="field">
        <span className="field-label">{words.prompt}</span>
        <textarea
          ref={area}
          className="textarea"
          required
          readOnly={over}
          maxLength={LONGEST}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        {words.hint && <span className="field-hint">{words.hint}</span>}
      </label>
      {act === "reject" && approval.question === "call" && !over && (
        <Reasons
          onPick={(reason) => {
            setText((typed) => withReason(typed, reason));
            area.current?.focus();
          }}
        />
      )}
      <div className="row">
        {!over && (
          <Button
            type="submit"
            tone={act === "reject" ? "danger-fill" : "primary"}
            keys={`${MOD} ⏎`}
            busy={busy}
          >
            {busy ? t`Sending…` : words.label}
          </Button>
        )}
        <Button onClick={onLeave} keys="Esc">
          {over ? t`Close` : t`Cancel`}
        </Button>
      </div>
    </form>
  );
}
