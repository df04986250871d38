import type { Words } from "./words";

export const de: Words = {
  language: "de",

  title: "Fragen Sie uns",
  close: "Schließen",
  newConversation: "Neue Unterhaltung",
  newMessages: { one: "{count} neue Nachricht", other: "{count} neue Nachrichten" },

  greeting:
    "Ein Assistent antwortet sofort und nennt seine Quellen. Ist er sich nicht sicher, übernimmt ein Mensch.",
  ended: "Ihre letzte Unterhaltung ist beendet. {greeting}",
  howCanWeHelp: "Wie können wir Ihnen helfen?",
  name: "Name",
  email: "E-Mail",
  optional: "optional",
  whyEmail: "Bei Fragen zu einer Bestellung erforderlich.",
  startChat: "Chat starten",
  starting: "Wird gestartet …",

  conversation: "Unterhaltung",
  loading: "Wird geladen",
  connectionLost: "Verbindung unterbrochen; sie wird wiederhergestellt …",
  you: "Sie",
  assistant: "Assistent",
  ai: "KI",
  offlineModel: "Offline-Modell",
  whyOfflineModel: "Nach Regeln aus unseren Hilfeseiten zusammengestellt, ohne Sprachmodell",
  sending: "Wird gesendet …",
  notSent: "Nicht gesendet: {error}",
  sendAgain: "Erneut senden",
  assistantWrites: "Der Assistent schreibt",
  handedOff:
    "Wir haben jemanden aus unserem Team gebeten zu übernehmen; die Antwort erscheint hier. Sie können diese Seite schließen und später wiederkommen.",
  checked:
    "Jemand aus unserem Team prüft das gerade; die Antwort erscheint hier. Sie können diese Seite schließen und später wiederkommen.",
  resolved: "Erledigt. Schreiben Sie uns gern wieder, wenn noch etwas offen ist.",

  yourMessage: "Ihre Nachricht",
  writeMessage: "Nachricht schreiben",
  send: "Senden",
  charactersLeft: { other: "Noch {count} von {longest} Zeichen" },
  talkToPerson: "Mit einem Menschen sprechen",
  wish: "Ich möchte mit einem Menschen sprechen.",

  wasHelpful: "War das hilfreich?",
  helpful: "Hilfreich",
  notHelpful: "Nicht hilfreich",
  saved: "Gespeichert",
  notSaved: "Nicht gespeichert: {error}",

  sources: { one: "{count} Quelle", other: "{count} Quellen" },
  source: "Quelle {number}: {title}",
  quoted: "{title}: „{quote}“",
  more: "Mehr",
  less: "Weniger",

  offline: "Keine Verbindung",
  unreachable:
    "Der Dienst ist nicht erreichbar. Bitte prüfen Sie Ihre Internetverbindung; diese Seite versucht es von selbst erneut.",
  wrong: "Etwas ist schiefgelaufen",
  status: "Der Dienst hat mit dem Status {status} geantwortet.",
  request: "Anfrage {id}",
  tryAgain: "Erneut versuchen",
};
