// The badges that say whose a document is, who may read it and when it holds.
import { t } from "@lingui/core/macro";
import { Trans } from "@lingui/react/macro";
import { channelName } from "../api/names";
import type { Visibility } from "../api/words";
import { Badge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { languageOf } from "../text/language";
import { fullTime } from "../text/times";
import { type Metadata, validity } from "./metadata";

export function VisibilityBadge({ visibility }: { visibility: Visibility }) {
  return visibility === "internal" ? (
    <Badge tone="amber" title={t`Never used in what a customer reads`}>
      <Trans>Internal</Trans>
    </Badge>
  ) : (
    <Badge tone="green" title={t`Customers may read it`}>
      <Trans>Public</Trans>
    </Badge>
  );
}

export function LayerBadge({ layer }: { layer: Metadata["layer"] }) {
  if (layer === "company") return null;
  return layer === "customer" ? (
    <Badge tone="violet" title={t`Used in matters of this customer alone`}>
      <Trans>One customer's</Trans>
    </Badge>
  ) : (
    <Badge tone="blue" title={t`Comes with Countersign; no workspace can change it`}>
      <Trans>Library</Trans>
    </Badge>
  );
}

export function ValidityBadge({ meta }: { meta: Pick<Metadata, "valid_from" | "valid_until"> }) {
  const now = useNow();
  const state = validity(meta, now);
  if (state === "valid") return null;
  return state === "later" ? (
    <Badge tone="amber" title={t`Valid from ${fullTime(meta.valid_from ?? "")}`}>
      <Trans>Not valid yet</Trans>
    </Badge>
  ) : (
    <Badge tone="red" title={t`Valid until ${fullTime(meta.valid_until ?? "")}`}>
      <Trans>No longer valid</Trans>
    </Badge>
  );
}

/** All that sets a document apart from a public one of the company's, in English. */
export function DocumentMarks({ meta }: { meta: Metadata }) {
  return (
    <>
      {meta.template && (
        <Badge>
          <Trans>{channelName(meta.template.channel)} template</Trans>
        </Badge>
      )}
      <ValidityBadge meta={meta} />
      <LayerBadge layer={meta.layer} />
      <VisibilityBadge visibility={meta.visibility} />
      {meta.locale !== "en" && <Badge title={languageOf(meta.locale)}>{meta.locale}</Badge>}
    </>
  );
}
