// The badges that say whose a document is, who may read it and when it holds.
import type { Visibility } from "../api/words";
import { Badge } from "../parts/Badge";
import { useNow } from "../parts/now";
import { fullTime, words } from "../text/format";
import { languageOf, type Metadata, validity } from "./metadata";

export function VisibilityBadge({ visibility }: { visibility: Visibility }) {
  return visibility === "internal" ? (
    <Badge tone="amber" title="Never used in what a customer reads">
      Internal
    </Badge>
  ) : (
    <Badge tone="green" title="Customers may read it">
      Public
    </Badge>
  );
}

export function LayerBadge({ layer }: { layer: Metadata["layer"] }) {
  if (layer === "company") return null;
  return layer === "customer" ? (
    <Badge tone="violet" title="Used in matters of this customer alone">
      One customer's
    </Badge>
  ) : (
    <Badge tone="blue" title="Comes with Countersign; no workspace can change it">
      Library
    </Badge>
  );
}

export function ValidityBadge({ meta }: { meta: Pick<Metadata, "valid_from" | "valid_until"> }) {
  const now = useNow();
  const state = validity(meta, now);
  if (state === "valid") return null;
  return state === "later" ? (
    <Badge tone="amber" title={`Valid from ${fullTime(meta.valid_from ?? "")}`}>
      Not valid yet
    </Badge>
  ) : (
    <Badge tone="red" title={`Valid until ${fullTime(meta.valid_until ?? "")}`}>
      No longer valid
    </Badge>
  );
}

/** All that sets a document apart from a public one of the company's, in English. */
export function DocumentMarks({ meta }: { meta: Metadata }) {
  return (
    <>
      {meta.template && <Badge>{words(meta.template.channel)} template</Badge>}
      <ValidityBadge meta={meta} />
      <LayerBadge layer={meta.layer} />
      <VisibilityBadge visibility={meta.visibility} />
      {meta.locale !== "en" && <Badge title={languageOf(meta.locale)}>{meta.locale}</Badge>}
    </>
  );
}
