import type { Words } from "./words";

export const en: Words = {
  language: "en",

  title: "Ask us",
  close: "Close",
  newConversation: "New conversation",
  newMessages: { one: "{count} new message", other: "{count} new messages" },

  greeting:
    "An assistant answers at once, with its sources. When it is not sure, a person takes over.",
  ended: "Your last conversation has ended. {greeting}",
  howCanWeHelp: "How can we help?",
  name: "Name",
  email: "Email",
  optional: "optional",
  whyEmail: "Needed for questions about an order.",
  startChat: "Start chat",
  starting: "Starting…",

  conversation: "Conversation",
  loading: "Loading",
  connectionLost: "Connection lost; reconnecting…",
  you: "You",
  assistant: "Assistant",
  ai: "AI",
  offlineModel: "offline model",
  whyOfflineModel: "Put together from our help pages by rules; no language model was used",
  sending: "Sending…",
  notSent: "Not sent: {error}",
  sendAgain: "Send again",
  assistantWrites: "The assistant is writing",
  handedOff:
    "A person has been asked to take over and will answer here. You can close this page and come back to it.",
  checked:
    "A person is checking this, and the answer comes here. You can close this page and come back to it.",
  resolved: "Resolved. Write again if something is left.",

  yourMessage: "Your message",
  writeMessage: "Write a message",
  send: "Send",
  charactersLeft: { other: "{count} of {longest} characters left" },
  talkToPerson: "Talk to a person",
  wish: "I would like to talk to a person.",

  wasHelpful: "Was this helpful?",
  helpful: "Helpful",
  notHelpful: "Not helpful",
  saved: "Saved",
  notSaved: "Not saved: {error}",

  sources: { one: "{count} source", other: "{count} sources" },
  source: "Source {number}: {title}",
  quoted: "{title}: “{quote}”",
  more: "More",
  less: "Less",

  offline: "Offline",
  unreachable:
    "The service cannot be reached. Check your connection; this page tries again by itself.",
  wrong: "Something went wrong",
  status: "The service answered with status {status}.",
  request: "Request {id}",
  tryAgain: "Try again",
};
