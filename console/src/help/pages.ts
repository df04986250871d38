// The customers' pages as one module; nothing of staff's is in it.

export { OwnTicketPage } from "../portal/OwnTicketPage";
export { OwnTicketsPage } from "../portal/OwnTicketsPage";
export { SignInPage } from "../portal/SignInPage";
export { ArticlePage } from "./ArticlePage";
export { AskPage } from "./AskPage";
export { ConversationsPage, OwnConversationPage } from "./ConversationsPage";
export { HelpFrame } from "./HelpFrame";
export { HelpPage } from "./HelpPage";
