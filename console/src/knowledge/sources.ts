// Knowledge sources in words: what one is doing, and what came of its last sync.
import type { MessageDescriptor } from "@lingui/core";
import { msg, plural, t } from "@lingui/core/macro";
import type { AddSource, SourceState, SourceView, SyncReport } from "../api/words";
import type { BadgeTone } from "../parts/Badge";
import type { Said } from "./uploads";

/** While it is on its way, it is looked at again and again. */
export const isUnderWay = (source: Pick<SourceView, "state">): boolean =>
  ["new", "waiting", "syncing", "removing"].includes(source.state);

export const STATE: Record<SourceState, [BadgeTone, MessageDescriptor]> = {
  new: ["grey", msg`Waits for its first sync`],
  waiting: ["grey", msg`Waits for a sync`],
  syncing: ["blue", msg`Syncing`],
  synced: ["green", msg`Synced`],
  failed: ["red", msg`Failed`],
  removing: ["grey", msg`Is being removed`],
};

/** What came of a sync, without what did not happen. */
export function outcome(report: SyncReport): string {
  const said: [number, string][] = [
    [report.added, t`added`],
    [report.changed, t`changed`],
    [report.unchanged, t`unchanged`],
    [report.removed, t`removed`],
    [report.rejected, t`left out`],
  ];
  const parts = said.filter(([n]) => n > 0).map(([n, word]) => `${n} ${word}`);
  if (parts.length === 0) return t`Nothing was found`;
  return `${plural(report.pages, { one: "# page", other: "# pages" })}: ${parts.join(", ")}`;
}

/** The form of a source from what a person filled in. */
export function addition(kind: AddSource["kind"], address: string, said: Said): AddSource {
  const { customer, tags, ...same } = said;
  const form: AddSource = { kind, address: address.trim(), ...same };
  if (customer) form.customer_id = customer;
  const each = (tags ?? "")
    .split(",")
    .map((tag) => tag.trim())
    .filter((tag) => tag !== "");
  if (each.length > 0) form.tags = each;
  return form;
}

/** A sitemap is what its address looks like, until somebody says otherwise. */
export const looksLikeSitemap = (address: string): boolean =>
  /\.xml(\.gz)?([?#]|$)/i.test(address.trim());
