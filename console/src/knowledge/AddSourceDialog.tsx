// A page or a sitemap to be kept in step with.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api, send } from "../api/client";
import type { AddSource } from "../api/words";
import { Button } from "../parts/Button";
import { Dialog } from "../parts/Dialog";
import { Segmented } from "../parts/Segmented";
import { Failure } from "../parts/states";
import { tell } from "../parts/toasts";
import { ForAll } from "./ForAll";
import { addition, looksLikeSitemap } from "./sources";
import type { Said } from "./uploads";

export function AddSourceDialog({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const id = useId();
  const [address, setAddress] = useState("");
  const [picked, setPicked] = useState<AddSource["kind"]>();
  const [said, setSaid] = useState<Said>({});
  const kind = picked ?? (looksLikeSitemap(address) ? "sitemap" : "url");
  const add = useMutation({
    mutationFn: () =>
      send(api.POST("/v1/knowledge/sources", { body: addition(kind, address, said) })),
    onSuccess: async (source) => {
      onClose();
      tell(t`Added; its first sync has begun`, "good", source.address);
      await client.invalidateQueries({ queryKey: ["knowledge", "sources"] });
    },
  });
  return (
    <Dialog open onClose={onClose} size="wide" title={t`Add a source`}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (!add.isPending) add.mutate();
        }}
      >
        {add.isError && <Failure error={add.error} />}
        <div className="field">
          <label className="field-label" htmlFor={id}>
            <Trans>Address</Trans>
          </label>
          <input
            id={id}
            className="input"
            type="url"
            required
            maxLength={2000}
            placeholder="https://help.example.com/sitemap.xml"
            value={address}
            onChange={(event) => setAddress(event.target.value)}
          />
          <span className="field-hint">
            <Trans>
              The site's robots.txt is respected; addresses inside your network are refused.
            </Trans>
          </span>
        </div>
        <Segmented
          label={t`What it is`}
          value={kind}
          options={[
            ["url", t`One page`],
            ["sitemap", t`A sitemap with its pages`],
          ]}
          onPick={setPicked}
        />
        <ForAll of="pages" said={said} onSay={setSaid} />
        <div className="dialog-foot">
          <Button onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" tone="primary" busy={add.isPending}>
            {add.isPending ? t`Adding…` : t`Add and sync`}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
