// Having one masked thing shown: a button, a dialog that asks why, and a note that it was written down.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation } from "@tanstack/react-query";
import { type ReactNode, useId, useState } from "react";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { useSession } from "../session/session";
import "./personal.css";

const SHORTEST = 5;
const LONGEST = 500;

/** Whether the reader is served masks, and may have one thing shown. */
export function useMasks() {
  const { may } = useSession();
  const masked = !may("see_personal_data");
  return { masked, mayUnmask: masked && may("unmask") };
}

/** What was shown in the place of `masked`, for as long as that is what is served: who looks at a record sees it change
 * however much of it was shown to them. */
export function useUnmasked<T>(masked: unknown): [T | undefined, (shown: T | undefined) => void] {
  const of = JSON.stringify(masked);
  const [kept, keep] = useState<{ of: string; shown: T }>();
  return [
    kept?.of === of ? kept.shown : undefined,
    (shown) => keep(shown === undefined ? undefined : { of, shown }),
  ];
}

interface Props<T> {
  /** What is shown, in words: `this message`. */
  what: string;
  /** What the service gave; absent while it is masked. */
  shown: T | undefined;
  ask: (reason: string) => Promise<T>;
  onShown: (shown: T | undefined) => void;
}

export function Unmask<T>({ what, shown, ask, onShown }: Props<T>) {
  const { mayUnmask } = useMasks();
  const [open, setOpen] = useState(false);
  if (!mayUnmask) return null;
  if (shown !== undefined) {
    return (
      <Note>
        <span role="status">
          <Trans>Shown to you. Who, when and why are in the audit.</Trans>
        </span>
        <Button size="small" tone="quiet" onClick={() => onShown(undefined)}>
          <Trans>Mask again</Trans>
        </Button>
      </Note>
    );
  }
  return (
    <>
      <Button size="small" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Trans>
          Unmask<span className="sr-only"> {what}</span>
        </Trans>
      </Button>
      <Dialog open={open} onClose={() => setOpen(false)} title={t`Unmask ${what}`}>
        <Reason
          ask={ask}
          onShown={(given) => {
            setOpen(false);
            onShown(given);
          }}
        />
      </Dialog>
    </>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <div className="shown-note">{children}</div>;
}

function Reason<T>({ ask, onShown }: { ask: Props<T>["ask"]; onShown: (shown: T) => void }) {
  const help = useId();
  const [reason, setReason] = useState("");
  const unmask = useMutation({ mutationFn: ask, onSuccess: onShown });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!unmask.isPending) unmask.mutate(reason.trim());
      }}
    >
      <p id={help} className="muted small">
        <Trans>
          Your name, the time and this reason are written into the audit before you see it.
        </Trans>
      </p>
      {unmask.isError && <Failure error={unmask.error} />}
      <label className="field">
        <span className="field-label">
          <Trans>Why do you need to see it?</Trans>
        </span>
        <input
          className="input"
          aria-describedby={help}
          minLength={SHORTEST}
          maxLength={LONGEST}
          required
          // biome-ignore lint/a11y/noAutofocus: the dialog has one question
          autoFocus
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </label>
      <div className="row">
        <Button
          type="submit"
          tone="primary"
          busy={unmask.isPending}
          disabled={reason.trim().length < SHORTEST}
        >
          {unmask.isPending ? t`Writing it down…` : t`Show it`}
        </Button>
      </div>
    </form>
  );
}
