import type { Words } from "./words";

// Words that Brazil and Portugal share, as far as there are any.
export const pt: Words = {
  language: "pt",

  title: "Tire as suas dúvidas",
  close: "Fechar",
  newConversation: "Nova conversa",
  newMessages: { one: "{count} nova mensagem", other: "{count} novas mensagens" },

  greeting:
    "Um assistente responde de imediato e indica as fontes. Se não tiver certeza, uma pessoa assume o atendimento.",
  ended: "A sua última conversa terminou. {greeting}",
  howCanWeHelp: "Como podemos ajudar?",
  name: "Nome",
  email: "E-mail",
  optional: "opcional",
  whyEmail: "Necessário para perguntas sobre um pedido.",
  startChat: "Iniciar conversa",
  starting: "Um momento…",

  conversation: "Conversa",
  loading: "Um momento",
  connectionLost: "Conexão perdida; nova tentativa em curso…",
  you: "Você",
  assistant: "Assistente",
  ai: "IA",
  offlineModel: "modelo offline",
  whyOfflineModel:
    "Resposta composta por regras a partir das nossas páginas de ajuda, sem modelo de linguagem",
  sending: "Envio em curso…",
  notSent: "Não enviada: {error}",
  sendAgain: "Enviar novamente",
  assistantWrites: "O assistente escreve uma resposta",
  handedOff:
    "Pedimos a uma pessoa que assuma o atendimento; a resposta chegará aqui. Pode fechar esta página e voltar mais tarde.",
  checked:
    "Uma pessoa verifica esta questão, e a resposta chegará aqui. Pode fechar esta página e voltar mais tarde.",
  resolved: "Resolvido. Escreva novamente se faltar alguma coisa.",

  yourMessage: "A sua mensagem",
  writeMessage: "Escreva uma mensagem",
  send: "Enviar",
  charactersLeft: {
    one: "Resta {count} de {longest} caracteres",
    other: "Restam {count} de {longest} caracteres",
  },
  talkToPerson: "Falar com uma pessoa",
  wish: "Gostaria de falar com uma pessoa.",

  wasHelpful: "Esta resposta foi útil?",
  helpful: "Útil",
  notHelpful: "Pouco útil",
  saved: "Avaliação enviada",
  notSaved: "Avaliação não enviada: {error}",

  sources: { one: "{count} fonte", other: "{count} fontes" },
  source: "Fonte {number}: {title}",
  quoted: "{title}: “{quote}”",
  more: "Ver mais",
  less: "Ver menos",

  offline: "Sem conexão",
  unreachable:
    "O serviço não está acessível. Verifique a sua conexão; esta página tentará novamente de forma automática.",
  wrong: "Ocorreu um erro",
  status: "O serviço respondeu com o código {status}.",
  request: "Referência {id}",
  tryAgain: "Tentar novamente",
};
