// Whether what waits for one comes by mail as well.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import { Plural, Trans } from "@lingui/react/macro";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { Mailed } from "../api/words";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { mailedQuery } from "./queries";

type Choice = Mailed | "off";

const SAID: Record<Choice, MessageDescriptor> = {
  off: msg`Nothing is mailed to you any more`,
  all: msg`What waits for you is mailed`,
  pressing: msg`What is pressing is mailed`,
};

const minutes = (n: number) =>
  n % 60 === 0
    ? plural(n / 60, { one: "# hour", other: "# hours" })
    : plural(n, { one: "# minute", other: "# minutes" });

export function MailSection() {
  const client = useQueryClient();
  const query = useQuery(mailedQuery);
  const save = useMutation({
    mutationFn: (choice: Choice) =>
      send(api.PUT("/v1/approvals/mail", { body: { mailed: choice === "off" ? null : choice } })),
    onSuccess: (data, choice) => {
      client.setQueryData(mailedQuery.queryKey, data);
      tell(t(SAID[choice]));
    },
  });
  const { data } = query;
  const chosen: Choice = data?.mailed ?? "off";
  return (
    <section className="card section stack" aria-labelledby="settings-mail">
      <h2 id="settings-mail">
        <Trans>Mail me what waits for me</Trans>
      </h2>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {save.isError && <Failure error={save.error} />}
      {data && (
        <>
          <p className="muted">
            <Trans>
              Approvals that you and your teams are asked for, in this workspace, when nobody has
              looked at them for {duration(data.after_seconds)}. At most{" "}
              <Plural value={data.at_most_an_hour} one="# mail" other="# mails" /> an hour; what is
              beyond comes in one list.{" "}
              {data.by_link
                ? t`Each mail has a link of your own to approve or reject with.`
                : t`Mails lead to the console.`}
            </Trans>
          </p>
          {!data.possible && (
            <div className="notice" role="note">
              <p className="grow">
                <Trans>
                  This service sends no mail: <code>email.address</code> and{" "}
                  <code>email.smtp.host</code> are not set. What you choose counts once they are.
                </Trans>
              </p>
            </div>
          )}
          <fieldset className="stack mail-choices" disabled={save.isPending}>
            <legend className="sr-only">
              <Trans>What is mailed</Trans>
            </legend>
            <Option
              value="off"
              chosen={chosen}
              label={t`Nothing`}
              hint={t`Links in mails that you have stop working.`}
              onChoose={save.mutate}
            />
            <Option
              value="pressing"
              chosen={chosen}
              label={t`What is pressing`}
              hint={t`With an expected loss of ${(data.pressing_cents / 100).toFixed(0)} or more, or less than ${minutes(data.pressing_minutes)} to its deadline.`}
              onChoose={save.mutate}
            />
            <Option
              value="all"
              chosen={chosen}
              label={t`Everything that waits for me`}
              onChoose={save.mutate}
            />
          </fieldset>
        </>
      )}
    </section>
  );
}

function duration(seconds: number): string {
  return seconds % 60 === 0 && seconds > 0
    ? minutes(seconds / 60)
    : plural(seconds, { one: "# second", other: "# seconds" });
}

function Option({
  value,
  chosen,
  label,
  hint,
  onChoose,
}: {
  value: Choice;
  chosen: Choice;
  label: string;
  hint?: string;
  onChoose: (choice: Choice) => void;
}) {
  const id = `mail-${value}`;
  return (
    <div className="mail-choice">
      <input
        type="radio"
        id={id}
        name="mailed"
        checked={chosen === value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={() => onChoose(value)}
      />
      <label htmlFor={id}>{label}</label>
      {hint && (
        <span id={`${id}-hint`} className="muted small">
          {hint}
        </span>
      )}
    </div>
  );
}
