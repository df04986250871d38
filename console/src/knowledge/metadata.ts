// What is known of a document besides its text: as words, as a filter, as front matter.
import { t } from "@lingui/core/macro";
import type { Document, DocumentItem, Layer, VersionItem, Visibility } from "../api/words";

export type Metadata = Pick<
  DocumentItem,
  | "title"
  | "layer"
  | "customer_id"
  | "visibility"
  | "locale"
  | "brand"
  | "category"
  | "tags"
  | "valid_from"
  | "valid_until"
  | "template"
>;

export interface DocumentFilter {
  q?: string;
  layer?: Layer;
  visibility?: Visibility;
  locale?: string;
  category?: string;
}

export const isFiltered = (filter: DocumentFilter): boolean =>
  Object.values(filter).some((value) => value !== undefined && value !== "");

const folded = (text: string): string =>
  text
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase();

/** Whether a document fits; of `q` every word must stand in its title, name, category or tags. */
export function fits(document: DocumentItem, filter: DocumentFilter): boolean {
  if (filter.layer && document.layer !== filter.layer) return false;
  if (filter.visibility && document.visibility !== filter.visibility) return false;
  if (filter.locale && document.locale !== filter.locale) return false;
  if (filter.category && document.category !== filter.category) return false;
  if (!filter.q) return true;
  const { title, slug, category, brand, tags } = document;
  const text = folded([title, slug, category, brand ?? "", ...tags].join(" "));
  return folded(filter.q)
    .split(/\s+/)
    .every((word) => text.includes(word));
}

/** The values that documents have, each once, in order. */
export function valuesOf(documents: DocumentItem[], of: (document: DocumentItem) => string) {
  return [...new Set(documents.map(of))].filter((value) => value !== "").sort();
}

export type Validity = "valid" | "later" | "over";

export function validity(
  meta: Pick<Metadata, "valid_from" | "valid_until">,
  now: number,
): Validity {
  if (meta.valid_from && Date.parse(meta.valid_from) > now) return "later";
  if (meta.valid_until && Date.parse(meta.valid_until) <= now) return "over";
  return "valid";
}

/** The text with what is known of the document above it, as the service reads it. JSON is YAML. */
export function withFrontMatter(document: Metadata & Pick<Document, "body">): string {
  const said: [string, unknown][] = [
    ["title", document.title],
    ["visibility", document.visibility],
    ["layer", document.layer === "company" ? undefined : document.layer],
    ["customer", document.customer_id],
    ["locale", document.locale],
    ["brand", document.brand],
    ["category", document.category],
    ["tags", document.tags.length > 0 ? document.tags : undefined],
    ["valid_from", document.valid_from],
    ["valid_until", document.valid_until],
    ["channel", document.template?.channel],
    ["variables", document.template?.variables.length ? document.template.variables : undefined],
  ];
  const lines = said
    .filter(([, value]) => value !== undefined && value !== null && value !== "")
    .map(([key, value]) => `${key}: ${yaml(value)}`);
  return `---\n${lines.join("\n")}\n---\n\n${document.body}\n`;
}

function yaml(value: unknown): string {
  // A word that YAML cannot take for anything else is read more easily without quotes.
  if (typeof value === "string" && /^[A-Za-z][A-Za-z ]*$/.test(value)) {
    return /^(true|false|yes|no|on|off|null|y|n)$/i.test(value) || value.endsWith(" ")
      ? JSON.stringify(value)
      : value;
  }
  return JSON.stringify(value);
}

export interface Differing {
  name: string;
  before: string;
  after: string;
}

/** What differs between two versions besides their text. */
export function differing(before: VersionItem, after: VersionItem): Differing[] {
  const said = (version: VersionItem): [string, string][] => [
    [t`Name`, version.slug],
    [t`Title`, version.title],
    [t`Visibility`, version.visibility],
    [t`Layer`, version.layer],
    [t`Customer`, version.customer_id ?? ""],
    [t`Language`, version.locale],
    [t`Brand`, version.brand ?? ""],
    [t`Category`, version.category],
    [t`Tags`, version.tags.join(", ")],
    [t`Valid from`, version.valid_from ?? ""],
    [t`Valid until`, version.valid_until ?? ""],
    [t`Template`, version.template ? JSON.stringify(version.template) : ""],
  ];
  const then = new Map(said(before));
  return said(after)
    .map(([name, now]) => ({ name, before: then.get(name) ?? "", after: now }))
    .filter((each) => each.before !== each.after);
}
