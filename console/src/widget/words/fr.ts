import type { Words } from "./words";

// A space that does not break stands before high punctuation and inside of quotation marks.
export const fr: Words = {
  language: "fr",

  title: "Posez votre question",
  close: "Fermer",
  newConversation: "Nouvelle conversation",
  newMessages: { one: "{count} nouveau message", other: "{count} nouveaux messages" },

  greeting:
    "Un assistant vous répond aussitôt, sources à l’appui. En cas de doute, une personne de notre équipe prend le relais.",
  ended: "Votre dernière conversation est terminée. {greeting}",
  howCanWeHelp: "Comment pouvons-nous vous aider\u00a0?",
  name: "Nom",
  email: "E-mail",
  optional: "facultatif",
  whyEmail: "Nécessaire pour toute question sur une commande.",
  startChat: "Démarrer la conversation",
  starting: "Démarrage…",

  conversation: "Conversation",
  loading: "Chargement",
  connectionLost: "Connexion perdue\u00a0; reconnexion en cours…",
  you: "Vous",
  assistant: "Assistant",
  ai: "IA",
  offlineModel: "modèle hors ligne",
  whyOfflineModel: "Composé selon des règles à partir de nos pages d’aide, sans modèle de langage",
  sending: "Envoi en cours…",
  notSent: "Non envoyé\u00a0: {error}",
  sendAgain: "Renvoyer",
  assistantWrites: "L’assistant est en train d’écrire",
  handedOff:
    "Nous avons demandé à une personne de notre équipe de prendre le relais\u00a0; elle vous répondra ici. Vous pouvez fermer cette page et y revenir plus tard.",
  checked:
    "Une personne de notre équipe vérifie ce point\u00a0; la réponse arrivera ici. Vous pouvez fermer cette page et y revenir plus tard.",
  resolved: "Résolu. Écrivez-nous à nouveau s’il reste une question.",

  yourMessage: "Votre message",
  writeMessage: "Écrivez un message",
  send: "Envoyer",
  charactersLeft: {
    one: "{count} caractère restant sur {longest}",
    other: "{count} caractères restants sur {longest}",
  },
  talkToPerson: "Parler à un conseiller",
  wish: "Je voudrais parler à un conseiller.",

  wasHelpful: "Cette réponse vous a-t-elle été utile\u00a0?",
  helpful: "Utile",
  notHelpful: "Pas utile",
  saved: "Enregistré",
  notSaved: "Non enregistré\u00a0: {error}",

  sources: { one: "{count} source", other: "{count} sources" },
  source: "Source {number}\u00a0: {title}",
  quoted: "{title}\u00a0: «\u00a0{quote}\u00a0»",
  more: "Voir plus",
  less: "Voir moins",

  offline: "Hors ligne",
  unreachable:
    "Le service est injoignable. Vérifiez votre connexion\u00a0; cette page réessaie automatiquement.",
  wrong: "Une erreur est survenue",
  status: "Le service a répondu avec le statut {status}.",
  request: "Requête {id}",
  tryAgain: "Réessayer",
};
