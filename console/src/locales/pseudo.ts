// English for those who look for words that no catalogue could change: with an accent on every
// letter for people, and with marks that nobody sees for programs.
import type { I18n, MessageDescriptor, Messages } from "@lingui/core";

type Message = Messages[string];

const PLAIN = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
const ACCENTED = [..."åƀçðéƒĝĥîĵķļɱñöþǫŕšţûṽŵẋýžÅƁÇÐÉƑĜĤÎĴĶĻṀÑÖÞǪŔŠŢÛṼŴẊÝŽ"];

const accented = (text: string) =>
  [...text].map((each) => ACCENTED[PLAIN.indexOf(each)] ?? each).join("");

/** Around what is said: a space without width before it, and two after it. Playwright compares texts
 * without them, and they take no room. */
const OPENS = "\u200b";
const CLOSES = "\u200b\u200b";

/** Text between the elements of a message, each stretch with marks around it. */
const marked = (text: string) =>
  text
    .split(/(<\/?\w+\/?>)/)
    .map((piece, index) => (index % 2 || !/\p{L}/u.test(piece) ? piece : OPENS + piece + CLOSES))
    .join("");

type Way = (text: string) => string;

/** A message with everything changed that is not of a value. */
function spoken(message: Message, way: Way): Message {
  if (typeof message === "string") return way(message);
  return message.map((part) => {
    if (typeof part === "string") return way(part);
    const [name, type, cases] = part;
    // The choices of a plural are messages; a number's format is no text.
    if (typeof cases !== "object" || cases === null) return part;
    const choices = Object.entries(cases).map(([key, said]) => [
      key,
      typeof said === "number" ? said : spoken(said as Message, way),
    ]);
    return [name, type, Object.fromEntries(choices)];
  }) as Message;
}

/** From here on everything that is said has accents, or marks. */
export function pseudo(i18n: I18n, visibly: boolean): void {
  const say = i18n._.bind(i18n);
  const way = visibly ? accented : marked;
  i18n._ = (
    id: MessageDescriptor | string,
    values?: MessageDescriptor["values"],
    options?: { message?: string },
  ) => {
    const said = typeof id === "string" ? { message: options?.message, id, values } : id;
    const message = spoken((said.message ?? said.id) as Message, way) as string;
    return say(said.id, said.values ?? values, { ...options, message });
  };
}
