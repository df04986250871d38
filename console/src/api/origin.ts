// Where the service is: here, for its own pages; for the chat widget, which other sites load, where
// its script came from.

// Known only while a classic script runs; modules, which our own pages are made of, have none.
const script = document.currentScript;

/** The element that loaded the widget. */
export const SCRIPT = script instanceof HTMLScriptElement && script.src !== "" ? script : undefined;

/** The service's origin; empty on its own pages. */
export const ORIGIN = SCRIPT ? new URL(SCRIPT.src).origin : "";
