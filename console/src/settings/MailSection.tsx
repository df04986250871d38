// Whether what waits for one comes by mail as well.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api, send } from "../api/client";
import type { Mailed } from "../api/words";
import { Failure, Loading } from "../parts/states";
import { tell } from "../parts/toasts";
import { count } from "../text/format";
import { mailedQuery } from "./queries";

type Choice = Mailed | "off";

const SAID: Record<Choice, string> = {
  off: "Nothing is mailed to you any more",
  all: "What waits for you is mailed",
  pressing: "What is pressing is mailed",
};

const minutes = (n: number) => (n % 60 === 0 ? count(n / 60, "hour") : count(n, "minute"));

export function MailSection() {
  const client = useQueryClient();
  const query = useQuery(mailedQuery);
  const save = useMutation({
    mutationFn: (choice: Choice) =>
      send(api.PUT("/v1/approvals/mail", { body: { mailed: choice === "off" ? null : choice } })),
    onSuccess: (data, choice) => {
      client.setQueryData(mailedQuery.queryKey, data);
      tell(SAID[choice]);
    },
  });
  const { data } = query;
  const chosen: Choice = data?.mailed ?? "off";
  return (
    <section className="card section stack" aria-labelledby="settings-mail">
      <h2 id="settings-mail">Mail me what waits for me</h2>
      {query.isPending && <Loading lines={3} />}
      {query.isError && <Failure error={query.error} retry={() => void query.refetch()} />}
      {save.isError && <Failure error={save.error} />}
      {data && (
        <>
          <p className="muted">
            Approvals that you and your teams are asked for, in this workspace, when nobody has
            looked at them for {duration(data.after_seconds)}. At most{" "}
            {count(data.at_most_an_hour, "mail")} an hour; what is beyond comes in one list.{" "}
            {data.by_link
              ? "Each mail has a link of your own to approve or reject with."
              : "Mails lead to the console."}
          </p>
          {!data.possible && (
            <p className="notice" role="note">
              This service sends no mail: <code>email.address</code> and{" "}
              <code>email.smtp.host</code> are not set. What you choose counts once they are.
            </p>
          )}
          <fieldset className="stack mail-choices" disabled={save.isPending}>
            <legend className="sr-only">What is mailed</legend>
            <Option
              value="off"
              chosen={chosen}
              label="Nothing"
              hint="Links in mails that you have stop working."
              onChoose={save.mutate}
            />
            <Option
              value="pressing"
              chosen={chosen}
              label="What is pressing"
              hint={`With much at stake (from ${(data.pressing_cents / 100).toFixed(0)} expected to be lost), or less than ${minutes(data.pressing_minutes)} to its deadline.`}
              onChoose={save.mutate}
            />
            <Option
              value="all"
              chosen={chosen}
              label="Everything that waits for me"
              onChoose={save.mutate}
            />
          </fieldset>
        </>
      )}
    </section>
  );
}

function duration(seconds: number): string {
  return seconds % 60 === 0 && seconds > 0 ? minutes(seconds / 60) : count(seconds, "second");
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
