// What calls are judged by: the rules in an editor that checks them while they are written, a dry run
// on past calls, and the versions there were.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useRef, useState } from "react";
import { api, send } from "../api/client";
import type { PolicyView } from "../api/words";
import { actorName } from "../messages/actor";
import { Button } from "../parts/Button";
import { useSettled } from "../parts/settled";
import { Failure, Loading } from "../parts/states";
import { Ago } from "../parts/Time";
import { useTitle } from "../parts/title";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { DryRun } from "./DryRun";
import { Findings } from "./Findings";
import { type Draft, overtaken, placeOf } from "./policy";
import { policyQuery } from "./queries";
import { Replay } from "./Replay";
import { Versions } from "./Versions";
import "./policy.css";

/** Characters of a note. */
const LONGEST = 500;
/** Characters of a policy. */
const MOST = 65_536;

export function PolicyPage() {
  useTitle(t`Policy`);
  const query = useQuery(policyQuery);
  return (
    <div className="page">
      <header className="page-head">
        <h1>
          <Trans>Policy</Trans>
        </h1>
      </header>
      <p className="muted">
        <Trans>
          Every call with an effect is judged by these rules in their order: the first that matches
          answers, a call that none matches waits for a person, and a rule that cannot be evaluated
          refuses.
        </Trans>
      </p>
      {query.isPending && <Loading lines={8} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {query.data && <Policy policy={query.data} />}
    </div>
  );
}

function Policy({ policy }: { policy: PolicyView }) {
  const { may } = useSession();
  const [draft, setDraft] = useState<Draft>();
  const editor = useRef<HTMLTextAreaElement>(null);
  const text = draft?.text ?? policy.text;
  const settled = useSettled(text, 500);
  const mayTry = may("try_policy");
  const mayPut = may("change_policy");
  const write = (next: string) => {
    const from = draft?.from ?? policy.version;
    setDraft(next === policy.text && from === policy.version ? undefined : { text: next, from });
  };
  const goTo = (rule: string) => {
    const place = placeOf(text, rule);
    if (!place || !editor.current) return;
    editor.current.focus();
    editor.current.setSelectionRange(...place);
  };
  return (
    <div className="policy">
      <div className="stack">
        {policy.problem && (
          <div className="notice" data-tone="red" role="alert">
            <div className="grow">
              <strong>
                <Trans>Everything is refused</Trans>
              </strong>
              <div>{policy.problem}</div>
            </div>
          </div>
        )}
        {overtaken(draft, policy.version) && (
          <div className="notice" data-tone="amber" role="alert">
            <div className="grow">
              <strong>
                <Trans>Version {policy.version} is in effect meanwhile</Trans>
              </strong>
              <div>
                <Trans>
                  Somebody changed the policy since you began. Look at it under Versions.
                </Trans>
              </div>
            </div>
            <Button size="small" onClick={() => setDraft({ text, from: policy.version })}>
              <Trans>Put mine after it</Trans>
            </Button>
            <Button size="small" onClick={() => setDraft(undefined)}>
              <Trans>Drop mine</Trans>
            </Button>
          </div>
        )}
        <label className="stack">
          <span className="row">
            <span className="grow">
              {policy.version === 0 ? t`The installation's policy` : t`Version ${policy.version}`}
              {draft && t`, changed`}
            </span>
            {policy.created_by && policy.created_at && (
              <span className="muted small">
                {actorName(policy.created_by)}, <Ago at={policy.created_at} />
              </span>
            )}
          </span>
          <textarea
            ref={editor}
            className="textarea policy-editor"
            aria-label={t`Policy in TOML`}
            spellCheck={false}
            autoCapitalize="off"
            autoCorrect="off"
            wrap="off"
            maxLength={MOST}
            readOnly={!mayTry}
            value={text}
            onChange={(event) => write(event.target.value)}
          />
        </label>
        {mayPut && draft && <Save draft={draft} onDone={() => setDraft(undefined)} />}
        {mayTry && !mayPut && draft && (
          <p className="muted small">
            <Trans>
              You can check and try changes; putting them in effect needs the permission
              change_policy.
            </Trans>
          </p>
        )}
      </div>
      <div className="stack">
        {mayTry && <Findings text={settled} onPick={goTo} />}
        <Versions current={policy.version} onTake={mayTry ? write : undefined} />
      </div>
      {mayTry && (
        <div className="policy-wide">
          <DryRun text={text} />
        </div>
      )}
      {mayPut && (
        <div className="policy-wide">
          <Replay text={text} />
        </div>
      )}
    </div>
  );
}

function Save({ draft, onDone }: { draft: Draft; onDone: () => void }) {
  const client = useQueryClient();
  const [note, setNote] = useState("");
  const put = useMutation({
    mutationFn: () =>
      send(api.PUT("/v1/policy", { body: { text: draft.text, note, expected: draft.from } })),
    onSuccess: async ({ policy }) => {
      client.setQueryData(policyQuery.queryKey, policy);
      tell(t`In effect within a second`, "good", t`Version ${policy.version} of the policy`);
      onDone();
      await client.invalidateQueries({ queryKey: ["policy", "versions"] });
    },
    // Somebody may have been faster: then what is in effect now is shown beside the failure.
    onError: () => client.invalidateQueries({ queryKey: policyQuery.queryKey, exact: true }),
  });
  return (
    <form
      className="stack"
      aria-label={t`Put it in effect`}
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (note.trim() !== "") put.mutate();
      }}
    >
      {put.isError && <Failure error={put.error} />}
      <div className="row">
        <input
          className="input grow"
          aria-label={t`Why is it changed?`}
          placeholder={t`Why is it changed? Others read it`}
          maxLength={LONGEST}
          required
          value={note}
          onChange={(event) => setNote(event.target.value)}
        />
        <Button type="submit" tone="primary" busy={put.isPending}>
          {put.isPending ? t`Putting…` : t`Put it in effect`}
        </Button>
        <Button onClick={onDone}>
          <Trans>Discard</Trans>
        </Button>
      </div>
    </form>
  );
}
