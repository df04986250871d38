/** A stable name from a file's or a title's: `Returns & Refunds.md` becomes `returns-refunds`. */
export function slugOf(name: string): string {
  return name
    .replace(/\.(md|markdown|txt)$/i, "")
    .normalize("NFKD")
    .replaceAll(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "")
    .slice(0, 200);
}
