// What the chat says to customers in one language. `{name}` stands for a value; every language has
// the same ones in the same places.

/** The languages the widget speaks, each in a file of its own beside this one. */
export const LANGUAGES = ["en", "de", "es", "fr", "it", "nl", "pt"] as const;
export type Language = (typeof LANGUAGES)[number];

/** A number of things: a form for each of the language's plural categories that differs. */
export type Counted = Partial<Record<Intl.LDMLPluralRule, string>> & { other: string };

export interface Words {
  /** The language, whose rules of plurals hold. */
  language: Language;

  // The button and its panel.
  title: string;
  close: string;
  newConversation: string;
  /** `{count}` */
  newMessages: Counted;

  // How a conversation begins.
  greeting: string;
  /** `{greeting}` */
  ended: string;
  howCanWeHelp: string;
  name: string;
  email: string;
  optional: string;
  whyEmail: string;
  startChat: string;
  starting: string;

  // The conversation.
  conversation: string;
  loading: string;
  connectionLost: string;
  you: string;
  assistant: string;
  /** Beside the assistant's name: short for artificial intelligence. */
  ai: string;
  offlineModel: string;
  whyOfflineModel: string;
  sending: string;
  /** `{error}` */
  notSent: string;
  sendAgain: string;
  assistantWrites: string;
  handedOff: string;
  checked: string;
  resolved: string;

  // The composer.
  yourMessage: string;
  writeMessage: string;
  send: string;
  /** `{count}`, `{longest}` */
  charactersLeft: Counted;
  talkToPerson: string;
  /** Said in the customer's name. `guards/src/triggers/person.rs` hears it, and its tests hold it. */
  wish: string;

  // What one says of an answer.
  wasHelpful: string;
  helpful: string;
  notHelpful: string;
  saved: string;
  /** `{error}` */
  notSaved: string;

  // Sources.
  /** `{count}` */
  sources: Counted;
  /** `{number}`, `{title}` */
  source: string;
  /** `{title}`, `{quote}` */
  quoted: string;
  more: string;
  less: string;

  // What goes wrong, where the service has no words of its own for it.
  offline: string;
  unreachable: string;
  wrong: string;
  /** `{status}` */
  status: string;
  /** `{id}` */
  request: string;
  tryAgain: string;
}

/** A text with its values in their places. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replaceAll(/\{(\w+)\}/g, (place, name) => String(values[name] ?? place));
}

/** So many of something, in the form the language has for it. */
export function counted(
  { language }: Pick<Words, "language">,
  forms: Counted,
  count: number,
  values: Record<string, string | number> = {},
): string {
  const form = forms[new Intl.PluralRules(language).select(count)] ?? forms.other;
  return fill(form, { ...values, count });
}
