// Examples of a customer's own tickets.
import { at, id, type S } from "./base";
import { conversation } from "./desk";

export const signedInCustomer: S["CustomerSessionView"] = {
  name: "Mira Halloran",
  email: "mira@example.com",
  workspace: { id: id(900), slug: "northfold", name: "Northfold" },
  company_tickets: true,
};

export const ownTicket = (n: number, changes: Partial<S["OwnTicket"]> = {}): S["OwnTicket"] => ({
  id: id(700 + n),
  number: 70 + n,
  subject: "The second pole is missing",
  standing: "waiting_for_you",
  channel: "email",
  created_at: at(600),
  mine: true,
  asked_by: "Mira Halloran",
  claimed: false,
  ...changes,
});

export const ownTickets: S["OwnTicket"][] = [
  ownTicket(0),
  ownTicket(1, {
    subject: "A torn seam",
    standing: "being_checked",
    channel: "chat",
    claimed: true,
  }),
  ownTicket(2, {
    subject: "An invoice for the tents of the whole team, which has a long name",
    standing: "solved",
    mine: false,
    asked_by: "Sam Halloran",
  }),
];

export const ownTicketView = (changes: Partial<S["OwnTicket"]> = {}): S["OwnTicketView"] => ({
  ticket: ownTicket(0, changes),
  messages: conversation.messages,
});
