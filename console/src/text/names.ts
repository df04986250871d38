// How names of the service and of people read. Nothing here is in any language.

/** `waiting_for_staff` and `shop__refund_order` as words: `Waiting for staff`, `Refund order`. */
export function words(name: string): string {
  const own = name.includes("__") ? name.slice(name.lastIndexOf("__") + 2) : name;
  const spaced = own.replaceAll(/[_-]+/g, " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

/** A remark of the service as a sentence: tools by their words, a capital letter first. */
export function sentence(text: string): string {
  const named = text.replaceAll(/\b[a-z0-9]+__[a-z0-9_]+\b/g, (name) => words(name).toLowerCase());
  return upperFirst(named);
}

/** What may stand before the first letter: one mark, such as a bracket. */
const FIRST = /^[^\p{L}\p{N}]?\p{L}/u;

export function upperFirst(text: string): string {
  return text.replace(FIRST, (letter) => letter.toUpperCase());
}

/** A name or label for the middle of a sentence. */
export function lowerFirst(text: string): string {
  return text.replace(FIRST, (letter) => letter.toLowerCase());
}

/** The first letters of a name, for an avatar. */
export function initials(name: string): string {
  const parts = name.trim().split(/\s+/).filter(Boolean);
  const first = parts[0]?.[0] ?? "?";
  const last = parts.length > 1 ? (parts.at(-1)?.[0] ?? "") : "";
  return (first + last).toUpperCase();
}
