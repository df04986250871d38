import type { Words } from "./words";

export const nl: Words = {
  language: "nl",

  title: "Stel ons uw vraag",
  close: "Sluiten",
  newConversation: "Nieuw gesprek",
  newMessages: { one: "{count} nieuw bericht", other: "{count} nieuwe berichten" },

  greeting:
    "Een assistent antwoordt meteen en noemt de bronnen. Bij twijfel neemt een medewerker het over.",
  ended: "Uw laatste gesprek is afgelopen. {greeting}",
  howCanWeHelp: "Waarmee kunnen we u helpen?",
  name: "Naam",
  email: "E-mail",
  optional: "optioneel",
  whyEmail: "Nodig voor vragen over een bestelling.",
  startChat: "Chat starten",
  starting: "Wordt gestart…",

  conversation: "Gesprek",
  loading: "Wordt geladen",
  connectionLost: "Verbinding verbroken; er wordt opnieuw verbonden…",
  you: "U",
  assistant: "Assistent",
  ai: "AI",
  offlineModel: "offlinemodel",
  whyOfflineModel:
    "Volgens regels samengesteld uit onze helppagina’s; er is geen taalmodel gebruikt",
  sending: "Wordt verzonden…",
  notSent: "Niet verzonden: {error}",
  sendAgain: "Opnieuw verzenden",
  assistantWrites: "De assistent is aan het typen",
  handedOff:
    "We hebben een medewerker gevraagd het over te nemen; u krijgt hier antwoord. U kunt deze pagina sluiten en later terugkomen.",
  checked:
    "Een medewerker kijkt dit na; het antwoord verschijnt hier. U kunt deze pagina sluiten en later terugkomen.",
  resolved: "Opgelost. Schrijf ons gerust opnieuw als er nog iets is.",

  yourMessage: "Uw bericht",
  writeMessage: "Schrijf een bericht",
  send: "Verzenden",
  charactersLeft: { other: "Nog {count} van {longest} tekens" },
  talkToPerson: "Met een medewerker praten",
  wish: "Ik wil graag met een medewerker praten.",

  wasHelpful: "Was dit nuttig?",
  helpful: "Nuttig",
  notHelpful: "Niet nuttig",
  saved: "Opgeslagen",
  notSaved: "Niet opgeslagen: {error}",

  sources: { one: "{count} bron", other: "{count} bronnen" },
  source: "Bron {number}: {title}",
  quoted: "{title}: ‘{quote}’",
  more: "Meer",
  less: "Minder",

  offline: "Geen verbinding",
  unreachable:
    "De dienst is niet bereikbaar. Controleer uw verbinding; deze pagina probeert het vanzelf opnieuw.",
  wrong: "Er is iets misgegaan",
  status: "De dienst antwoordde met status {status}.",
  request: "Verzoek {id}",
  tryAgain: "Opnieuw proberen",
};
