// The chat widget: one classic script on any site. It draws into a shadow root, so that neither the
// site's styles reach it nor its own the site's, and keeps nothing but the visitor's own token.
import { createRoot } from "react-dom/client";
import { tellIn } from "../api/client";
import { SCRIPT } from "../api/origin";
import { WordsOf } from "../chat/words";
import { formatIn } from "../text/language";
import { spokenFor } from "./language";
import { inkOn, settingsOf } from "./settings";
import { Widget } from "./Widget";
import "../shell/tokens.css";
import "../shell/base.css";
import "../chat/chat.css";
import "./widget.css";

/** All of the above, put in by the build. */
declare const WIDGET_STYLES: string;

const TAG = "countersign-chat";
/** What sites do with keys is not meant for what is written here. */
const KEYS = ["keydown", "keyup", "keypress"];

function start(script: HTMLScriptElement): void {
  if (document.querySelector(TAG)) return;
  const { words, tag } = spokenFor(
    script.dataset.language,
    document.documentElement.lang,
    navigator.languages,
  );
  formatIn(tag);
  tellIn(words);
  const settings = settingsOf(script.dataset, words);
  const host = document.createElement(TAG);
  const shadow = host.attachShadow({ mode: "open" });
  // A sheet made by script passes policies that forbid inline styles.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(WIDGET_STYLES);
  shadow.adoptedStyleSheets = [sheet];
  if (settings.theme !== "system") host.dataset.theme = settings.theme;
  if (settings.color) {
    host.style.setProperty("--brand", settings.color);
    host.style.setProperty("--on-brand", inkOn(settings.color));
  }
  for (const name of KEYS) shadow.addEventListener(name, (event) => event.stopPropagation());
  const root = document.createElement("div");
  root.lang = tag;
  shadow.append(root);
  document.body.append(host);
  createRoot(root).render(
    <WordsOf value={words}>
      <Widget settings={settings} />
    </WordsOf>,
  );
}

if (SCRIPT) {
  const script = SCRIPT;
  if (document.body) start(script);
  else document.addEventListener("DOMContentLoaded", () => start(script), { once: true });
} else {
  console.warn("Countersign: load widget.js by a classic <script src>, not as a module.");
}
