import { Dialog as Base } from "@base-ui/react/dialog";
import { t } from "@lingui/core/macro";
import type { ReactNode } from "react";
import { Button } from "./Button";

interface Props {
  open: boolean;
  onClose: () => void;
  title: string;
  size?: "normal" | "wide";
  /** It holds what would be lost with it: only its own buttons close it. */
  keeps?: boolean;
  children: ReactNode;
}

/** A modal dialog: focus stays inside, Escape closes, focus returns to where it was. */
export function Dialog({ open, onClose, title, size = "normal", keeps = false, children }: Props) {
  return (
    <Base.Root
      open={open}
      disablePointerDismissal={keeps}
      onOpenChange={(next, { reason }) => {
        if (!next && !(keeps && reason === "escape-key")) onClose();
      }}
    >
      <Base.Portal>
        <Base.Backdrop className="dialog-backdrop" />
        <Base.Popup className="dialog" data-size={size}>
          <div className="dialog-head">
            <Base.Title>{title}</Base.Title>
            <Button tone="quiet" size="small" onClick={onClose} aria-label={t`Close`}>
              ✕
            </Button>
          </div>
          {children}
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
