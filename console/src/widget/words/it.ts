import type { Words } from "./words";

export const it: Words = {
  language: "it",

  title: "Serve aiuto?",
  close: "Chiudi",
  newConversation: "Nuova conversazione",
  newMessages: { one: "{count} nuovo messaggio", other: "{count} nuovi messaggi" },

  greeting:
    "Un assistente le risponde subito, indicando le fonti. Se non è sicuro, interviene una persona del nostro team.",
  ended: "La sua ultima conversazione è terminata. {greeting}",
  howCanWeHelp: "Come possiamo aiutarla?",
  name: "Nome",
  email: "E-mail",
  optional: "facoltativo",
  whyEmail: "Necessaria per domande su un ordine.",
  startChat: "Avvia la chat",
  starting: "Avvio in corso…",

  conversation: "Conversazione",
  loading: "Caricamento in corso",
  connectionLost: "Connessione persa; riconnessione in corso…",
  you: "Lei",
  assistant: "Assistente",
  ai: "IA",
  offlineModel: "modello offline",
  whyOfflineModel:
    "Composto secondo regole dalle nostre pagine di assistenza, senza usare un modello linguistico",
  sending: "Invio in corso…",
  notSent: "Non inviato: {error}",
  sendAgain: "Invia di nuovo",
  assistantWrites: "L’assistente sta scrivendo",
  handedOff:
    "Abbiamo chiesto a una persona del nostro team di occuparsene: le risponderà qui. Può chiudere questa pagina e tornare più tardi.",
  checked:
    "Una persona del nostro team sta verificando: la risposta arriverà qui. Può chiudere questa pagina e tornare più tardi.",
  resolved: "Risolto. Se resta qualcosa in sospeso, ci scriva di nuovo.",

  yourMessage: "Il suo messaggio",
  writeMessage: "Scriva un messaggio",
  send: "Invia",
  charactersLeft: {
    one: "{count} carattere rimanente su {longest}",
    other: "{count} caratteri rimanenti su {longest}",
  },
  talkToPerson: "Parla con un operatore",
  wish: "Vorrei parlare con un operatore.",

  wasHelpful: "La risposta le è stata utile?",
  helpful: "Utile",
  notHelpful: "Non utile",
  saved: "Salvato",
  notSaved: "Non salvato: {error}",

  sources: { one: "{count} fonte", other: "{count} fonti" },
  source: "Fonte {number}: {title}",
  quoted: "{title}: «{quote}»",
  more: "Mostra di più",
  less: "Mostra meno",

  offline: "Nessuna connessione",
  unreachable:
    "Il servizio non è raggiungibile. Controlli la connessione; questa pagina riproverà automaticamente.",
  wrong: "Qualcosa è andato storto",
  status: "Il servizio ha risposto con lo stato {status}.",
  request: "Richiesta {id}",
  tryAgain: "Riprova",
};
