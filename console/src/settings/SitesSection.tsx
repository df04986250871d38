// Whose pages may hold the chat: what the workspace says, or the configuration where it says nothing.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api, send } from "../api/client";
import type { S } from "../api/words";
import { Button } from "../parts/Button";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { useSession } from "../session/session";
import { Key } from "./Key";
import { channelsQuery } from "./queries";

/** One address a line. */
const lines = (text: string): string[] => text.split(/\s+/).filter((line) => line !== "");

export function SitesSection({ chat }: { chat: S["ChatChannel"] }) {
  const { may } = useSession();
  const [editing, setEditing] = useState(false);
  return (
    <div className="stack">
      <h3>
        <Trans>Sites</Trans>
      </h3>
      <p className="settings-address">
        {chat.sites.length === 0 ? (
          <strong>
            <Trans>None: browsers keep the widget from working anywhere.</Trans>
          </strong>
        ) : (
          chat.sites.join(", ")
        )}{" "}
        {chat.own_sites ? (
          <span className="muted small">
            <Trans>set here</Trans>
          </span>
        ) : (
          <Key name="chat.sites" />
        )}
      </p>
      {may("manage_channels") &&
        (editing ? (
          <Edit chat={chat} onDone={() => setEditing(false)} />
        ) : (
          <div>
            <Button size="small" onClick={() => setEditing(true)}>
              <Trans>Change the sites</Trans>
            </Button>
          </div>
        ))}
    </div>
  );
}

function Edit({ chat, onDone }: { chat: S["ChatChannel"]; onDone: () => void }) {
  const client = useQueryClient();
  const [text, setText] = useState(chat.sites.join("\n"));
  const save = useMutation({
    mutationFn: (sites: string[] | null) =>
      sites === null
        ? send(api.DELETE("/v1/channels/chat/sites"))
        : send(api.PUT("/v1/channels/chat/sites", { body: { sites } })),
    onSuccess: (channels) => {
      client.setQueryData(channelsQuery.queryKey, channels);
      tell(t`Saved`, "good", t`In effect within seconds.`);
      onDone();
    },
  });
  return (
    <form
      className="stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending) save.mutate(lines(text));
      }}
    >
      {save.isError && <Failure error={save.error} />}
      <label className="field">
        <span className="field-label">
          <Trans>Sites, each on its own line</Trans>
        </span>
        <textarea
          className="textarea"
          rows={4}
          value={text}
          spellCheck={false}
          onChange={(event) => setText(event.target.value)}
        />
        <span className="field-hint">
          <Trans>
            Origins, such as https://www.example.com. None closes the widget to every site.
          </Trans>
        </span>
      </label>
      <div className="row">
        <Button type="submit" tone="primary" busy={save.isPending}>
          {save.isPending ? t`Saving…` : t`Save the sites`}
        </Button>
        {chat.own_sites && (
          <Button busy={save.isPending} onClick={() => save.mutate(null)}>
            <Trans>Leave it to the configuration</Trans>
          </Button>
        )}
        <Button tone="quiet" onClick={onDone}>
          <Trans>Cancel</Trans>
        </Button>
      </div>
    </form>
  );
}
