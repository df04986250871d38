// What somebody might do when a page of theirs was last open in this browser. It lets a visit begin with the right
// questions before the service has said who is there, and gives no right: the service answers each for itself.
const KEY = "countersign.known";

/** The permissions of whoever was here last; nothing when they signed out, or nobody was. */
export function known(): readonly string[] | undefined {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    return Array.isArray(kept) ? kept : undefined;
  } catch {
    return undefined;
  }
}

export function know(permissions: readonly string[]): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(permissions));
  } catch {
    // Not writable: the next visit asks one after the other.
  }
}

export function forget(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // Not writable, so nothing was kept.
  }
}
