// English with accents, for those who look for words that no catalogue could change.
import type { I18n, MessageDescriptor, Messages } from "@lingui/core";

type Message = Messages[string];

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED = [..."åƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"];

const accented = (text: string) =>
  [...text].map((each) => ACCENTED[PLAIN.indexOf(each)] ?? each).join("");

/** A message with an accent on every letter that is not of a value. */
function spoken(message: Message): Message {
  if (typeof message === "string") return accented(message);
  return message.map((part) => {
    if (typeof part === "string") return accented(part);
    const [name, type, cases] = part;
    // The choices of a plural are messages; a number's format is no text.
    if (typeof cases !== "object" || cases === null) return part;
    const choices = Object.entries(cases).map(([key, said]) => [
      key,
      typeof said === "number" ? said : spoken(said as Message),
    ]);
    return [name, type, Object.fromEntries(choices)];
  }) as Message;
}

/** From here on everything that is said has accents. */
export function pseudo(i18n: I18n): void {
  const say = i18n._.bind(i18n);
  i18n._ = (
    id: MessageDescriptor | string,
    values?: MessageDescriptor["values"],
    options?: { message?: string },
  ) => {
    const said = typeof id === "string" ? { message: options?.message, id, values } : id;
    const message = spoken((said.message ?? said.id) as Message) as string;
    return say(said.id, said.values ?? values, { ...options, message });
  };
}
