// What a search of the palette finds in the service: tickets, customers, documents, approvals.
import { plural, t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { api, send } from "../api/client";
import { ticketStatusName } from "../api/names";
import { oldestQuery } from "../approvals/queries";
import { useSession } from "../session/session";
import { lowerFirst } from "../text/format";
import { type Command, type CommandGroup, matching } from "./commands";

/** Fewer letters find anything. */
const FROM = 2;
const EACH = 5;
const PASSAGES = 10;

const named = (value: string, items: Command[]): CommandGroup[] =>
  items.length > 0 ? [{ value, items }] : [];

/** The groups that were found, whether more may come, and whether a part failed. */
export function useFound(q: string): { groups: CommandGroup[]; busy: boolean; failed: boolean } {
  const { may } = useSession();
  const enabled = q.length >= FROM;
  const tickets = useQuery({
    queryKey: ["palette", "tickets", q],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/tickets", { params: { query: { q, limit: EACH } }, signal })),
    enabled,
  });
  const customers = useQuery({
    queryKey: ["palette", "customers", q],
    queryFn: ({ signal }) =>
      send(api.GET("/v1/customers", { params: { query: { q, limit: EACH } }, signal })),
    // Names that are masked cannot be searched.
    enabled: enabled && may("see_personal_data"),
  });
  const passages = useQuery({
    queryKey: ["palette", "passages", q],
    queryFn: ({ signal }) =>
      send(
        api.GET("/v1/knowledge/search", {
          params: { query: { q, limit: PASSAGES, internal: true } },
          signal,
        }),
      ),
    enabled,
  });
  const waiting = useQuery({ ...oldestQuery, enabled });

  if (!enabled) return { groups: [], busy: false, failed: false };

  const documents = new Map<string, Command>();
  for (const passage of passages.data?.items ?? []) {
    documents.set(passage.document_id, {
      id: `document:${passage.document_id}`,
      label: passage.title,
      detail: passage.slug,
      icon: "book",
      act: `/knowledge/documents/${passage.document_id}`,
    });
  }
  const proposals = (waiting.data?.items ?? []).map(
    ({ approval, ticket }): Command => ({
      id: `approval:${approval.id}`,
      label: approval.preview.title,
      detail: ticket ? `#${ticket.number}` : undefined,
      also: ticket ? `${ticket.number} ${ticket.subject}` : undefined,
      icon: "check",
      act: `/approvals/${approval.id}`,
    }),
  );
  const queries = [tickets, customers, passages, waiting];
  return {
    groups: [
      ...named(t`Waiting approvals`, matching(proposals, q).slice(0, EACH)),
      ...named(
        t`Tickets`,
        (tickets.data?.items ?? []).map((ticket) => ({
          id: `ticket:${ticket.id}`,
          label: ticket.subject,
          detail: `#${ticket.number}, ${lowerFirst(ticketStatusName(ticket.status))}`,
          icon: "inbox",
          act: `/tickets/${ticket.id}`,
        })),
      ),
      ...named(
        t`Customers`,
        (customers.data?.items ?? []).map((customer) => ({
          id: `customer:${customer.id}`,
          label: customer.name,
          icon: "person",
          act: `/customers/${customer.id}`,
        })),
      ),
      ...named(t`Knowledge`, [...documents.values()].slice(0, EACH)),
    ],
    busy: queries.some((query) => query.isFetching),
    failed: queries.some((query) => query.isError),
  };
}

/** What a screen reader is told of a search. */
export function summary(groups: CommandGroup[]): string {
  const total = groups.reduce((sum, group) => sum + group.items.length, 0);
  return plural(total, { one: "# result", other: "# results" });
}
