// Short messages about what just happened; read out politely by screen readers.

import { Toast } from "@base-ui/react/toast";
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useEffect, useState } from "react";

/** Something further that can be done about it. */
export interface Also {
  label: string;
  run: () => void;
}

interface Extra {
  until?: number;
  also?: Also;
}

const toasts = Toast.createToastManager<Extra>();

export function tell(
  title: string,
  type: "info" | "good" | "error" = "info",
  description?: string,
  also?: Also,
) {
  const timeout = type === "error" || also ? 9000 : 5000;
  toasts.add({ title, description, type, timeout, data: { also } });
}

interface Offer {
  label: string;
  /** The key that does the same. */
  keys: string;
  /** How long it stands. */
  ms: number;
  run: () => void;
  also?: Also;
}

/** Says something, and for a while offers to do something about it. */
export function offer(title: string, type: "info" | "good", description: string, does: Offer) {
  const id = toasts.add({
    title,
    description,
    type,
    timeout: does.ms,
    data: { until: Date.now() + does.ms, also: does.also },
    actionProps: {
      children: does.label,
      onClick: () => {
        toasts.close(id);
        does.run();
      },
    },
  });
}

/** The seconds that are left, for those who look; readers of the screen hear of the offer once. */
function Countdown({ until }: { until: number }) {
  const [left, setLeft] = useState(() => Math.ceil((until - Date.now()) / 1000));
  useEffect(() => {
    const timer = setInterval(() => setLeft(Math.ceil((until - Date.now()) / 1000)), 250);
    return () => clearInterval(timer);
  }, [until]);
  return (
    <span className="muted small" aria-hidden="true">
      <Trans>{Math.max(0, left)} s</Trans>
    </span>
  );
}

/** Done once: what it was about stands in a message of its own then. */
function AlsoButton({ also }: { also: Also }) {
  const [done, setDone] = useState(false);
  if (done) return null;
  return (
    <button
      type="button"
      className="button"
      data-tone="plain"
      data-size="small"
      onClick={() => {
        setDone(true);
        also.run();
      }}
    >
      {also.label}
    </button>
  );
}

function List() {
  const { toasts: shown } = Toast.useToastManager<Extra>();
  return shown.map((toast) => (
    <Toast.Root key={toast.id} toast={toast} className="toast">
      <div className="grow">
        <Toast.Title className="toast-title" />
        <Toast.Description className="muted small" />
      </div>
      {toast.data?.until && (
        <>
          <Countdown until={toast.data.until} />
          <Toast.Action className="button" data-tone="plain" data-size="small" />
        </>
      )}
      {toast.data?.also && <AlsoButton also={toast.data.also} />}
      <Toast.Close className="button" data-tone="quiet" data-size="small" aria-label={t`Dismiss`}>
        ✕
      </Toast.Close>
    </Toast.Root>
  ));
}

export function Toasts() {
  return (
    <Toast.Provider toastManager={toasts}>
      <Toast.Portal>
        <Toast.Viewport className="toasts" aria-label={t`Notifications`}>
          <List />
        </Toast.Viewport>
      </Toast.Portal>
    </Toast.Provider>
  );
}
