// Asks for the present password before how one signs in is changed. Who has none is not asked: the service wants a
// fresh sign-in instead.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Failure } from "../parts/states";
import { Field, held } from "../session/Entrance";

interface Props {
  open: boolean;
  title: string;
  why: string;
  action: string;
  tone?: "primary" | "danger";
  hasPassword: boolean;
  busy: boolean;
  error: unknown;
  onClose: () => void;
  onProof: (proof: { password?: string }) => void;
}

export function PasswordDialog(props: Props) {
  return (
    <Dialog open={props.open} onClose={props.onClose} title={props.title}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          const password = held(new FormData(event.currentTarget), "proof");
          props.onProof(props.hasPassword ? { password } : {});
        }}
      >
        <p>{props.why}</p>
        {props.error != null && <Failure error={props.error} />}
        {props.hasPassword && (
          <Field
            label={t`Your password`}
            name="proof"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
        )}
        <div className="row">
          <Button type="submit" tone={props.tone ?? "primary"} busy={props.busy}>
            {props.action}
          </Button>
          <Button tone="quiet" onClick={props.onClose}>
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
