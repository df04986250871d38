/** What stands behind `#`, taken out of the address so that nothing keeps it: neither history nor who looks on. */
export function linkToken(): string {
  const token = window.location.hash.slice(1);
  if (token) {
    window.history.replaceState(
      window.history.state,
      "",
      window.location.pathname + window.location.search,
    );
  }
  return token;
}
