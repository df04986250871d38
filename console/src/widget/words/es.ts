import type { Words } from "./words";

export const es: Words = {
  language: "es",

  title: "Pregúntenos",
  close: "Cerrar",
  newConversation: "Nueva conversación",
  newMessages: { one: "{count} mensaje nuevo", other: "{count} mensajes nuevos" },

  greeting:
    "Un asistente le responde al momento e indica sus fuentes. Si no está seguro, le atenderá una persona.",
  ended: "Su última conversación ha terminado. {greeting}",
  howCanWeHelp: "¿En qué podemos ayudarle?",
  name: "Nombre",
  email: "Correo electrónico",
  optional: "opcional",
  whyEmail: "Necesario para consultas sobre un pedido.",
  startChat: "Iniciar chat",
  starting: "Iniciando…",

  conversation: "Conversación",
  loading: "Cargando",
  connectionLost: "Se ha perdido la conexión; reconectando…",
  you: "Usted",
  assistant: "Asistente",
  ai: "IA",
  offlineModel: "modelo sin conexión",
  whyOfflineModel:
    "Elaborado con reglas a partir de nuestras páginas de ayuda, sin usar un modelo de lenguaje",
  sending: "Enviando…",
  notSent: "No enviado: {error}",
  sendAgain: "Enviar de nuevo",
  assistantWrites: "El asistente está escribiendo",
  handedOff:
    "Hemos pedido a una persona de nuestro equipo que le atienda; le responderá aquí. Puede cerrar esta página y volver más tarde.",
  checked:
    "Una persona de nuestro equipo lo está revisando y la respuesta llegará aquí. Puede cerrar esta página y volver más tarde.",
  resolved: "Resuelto. Escríbanos de nuevo si queda algo pendiente.",

  yourMessage: "Su mensaje",
  writeMessage: "Escriba un mensaje",
  send: "Enviar",
  charactersLeft: {
    one: "Queda {count} de {longest} caracteres",
    other: "Quedan {count} de {longest} caracteres",
  },
  talkToPerson: "Hablar con una persona",
  wish: "Quisiera hablar con una persona.",

  wasHelpful: "¿Le ha resultado útil?",
  helpful: "Útil",
  notHelpful: "Poco útil",
  saved: "Guardado",
  notSaved: "No se ha guardado: {error}",

  sources: { one: "{count} fuente", other: "{count} fuentes" },
  source: "Fuente {number}: {title}",
  quoted: "{title}: «{quote}»",
  more: "Ver más",
  less: "Ver menos",

  offline: "Sin conexión",
  unreachable:
    "No se puede acceder al servicio. Compruebe su conexión; esta página volverá a intentarlo automáticamente.",
  wrong: "Algo ha salido mal",
  status: "El servicio ha respondido con el estado {status}.",
  request: "Solicitud {id}",
  tryAgain: "Intentar de nuevo",
};
