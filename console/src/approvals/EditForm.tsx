// Changing the proposed arguments: a form from the tool's schema, the difference to the proposal,
// and what the service says the changed call would do.
import { plural, t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { Approval } from "../api/words";
import type { Focusable } from "../editor/MessageField";
import { SchemaForm } from "../form/SchemaForm";
import { argsOf, changesOf, type Draft, draftOf, fieldsOf } from "../form/schema";
import { MOD } from "../keys/shortcuts";
import { Button } from "../parts/Button";
import { useSettled } from "../parts/settled";
import { Failure, Loading } from "../parts/states";
import { toolQuery } from "../tools/queries";
import { formKeys } from "./DecisionPanel";
import { Proposal } from "./Proposal";
import { TextChange } from "./TextChange";

interface Props {
  approval: Approval;
  busy: boolean;
  /** Nothing can be sent any more. */
  over: boolean;
  onLeave: () => void;
  onSave: (args: unknown) => void;
}

export default function EditForm(props: Props) {
  const { tool } = props.approval.binding.call;
  const query = useQuery(toolQuery(tool));
  if (query.isPending) return <Loading lines={4} />;
  if (query.isError) {
    return (
      <div className="stack">
        <Failure error={query.error} retry={() => void query.refetch()} />
        <div>
          <Button onClick={props.onLeave}>
            <Trans>Cancel</Trans>
          </Button>
        </div>
      </div>
    );
  }
  return (
    <Form
      {...props}
      parameters={query.data.tool.parameters}
      protectedArgs={query.data.tool.protected}
    />
  );
}

function Form({
  approval,
  busy,
  over,
  onLeave,
  onSave,
  parameters,
  protectedArgs,
}: Props & { parameters: unknown; protectedArgs: string[] }) {
  const { tool, args: proposed } = approval.binding.call;
  const fields = useMemo(() => fieldsOf(parameters, proposed), [parameters, proposed]);
  const [draft, setDraft] = useState<Draft>(() => draftOf(fields, proposed));
  const first = useRef<Focusable>(null);
  useEffect(() => first.current?.focus(), []);

  const changes = changesOf(fields, draft, proposed);
  const { args, errors } = useMemo(
    () => argsOf(fields, draft, proposed),
    [fields, draft, proposed],
  );
  const valid = Object.keys(errors).length === 0;
  const settled = useSettled(args);
  // An answer about other arguments than those on screen must never stand beside them.
  const asked = changes.length > 0 && valid && settled === args;
  const dryRun = useQuery({
    queryKey: ["dry-run", tool, settled],
    queryFn: () =>
      send(
        api.POST("/v1/tools/{name}/dry-run", {
          params: { path: { name: tool } },
          body: { args: settled },
        }),
      ),
    enabled: asked,
    retry: false,
  });
  const said = asked ? dryRun.data : undefined;

  return (
    <form
      className="decide-form decide-edit"
      aria-label={t`Edit the proposal`}
      onKeyDown={formKeys(onLeave)}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && !over && valid && changes.length > 0) onSave(args);
      }}
      noValidate
    >
      <div className="decide-edit-columns">
        <SchemaForm
          fields={fields}
          draft={draft}
          changes={changes}
          errors={errors}
          protectedArgs={protectedArgs}
          onChange={setDraft}
          firstRef={first}
        />
        <div className="stack" aria-live="polite">
          {changes.length === 0 && (
            <p className="muted">
              <Trans>Change what should be different; the result is shown here.</Trans>
            </p>
          )}
          {changes.length > 0 && valid && !said && !dryRun.isError && (
            <p className="muted">
              <Trans>Working out what this would do…</Trans>
            </p>
          )}
          {changes
            .filter(({ field }) => field.kind === "long")
            .map(({ field, before, after }) => (
              <TextChange key={field.key} label={field.label} before={before} after={after} />
            ))}
          {asked && dryRun.isError && <Failure error={dryRun.error} />}
          {said?.preview && (
            <Proposal
              preview={said.preview}
              tool={tool}
              html={said.body_html}
              title={t`With your changes`}
            />
          )}
          {said?.problem && (
            <div className="notice" data-tone="red">
              {said.problem}
            </div>
          )}
          {said?.verdict?.answer.type === "refuse" && (
            <div className="notice" data-tone="red">
              <Trans>The policy refuses this: {said.verdict.answer.why}</Trans>
            </div>
          )}
        </div>
      </div>
      <div className="row">
        {!over && (
          <Button
            type="submit"
            tone="good"
            keys={`${MOD} ⏎`}
            busy={busy}
            disabled={!valid || changes.length === 0}
          >
            {busy
              ? t`Sending…`
              : changes.length === 0
                ? t`Approve with changes`
                : t`Approve with ${plural(changes.length, { one: "# change", other: "# changes" })}`}
          </Button>
        )}
        <Button onClick={onLeave} keys="Esc">
          {over ? t`Close` : t`Cancel`}
        </Button>
      </div>
    </form>
  );
}
