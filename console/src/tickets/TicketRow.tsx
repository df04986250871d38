// A ticket as a line of a list.
import { Trans } from "@lingui/react/macro";
import { channelName } from "../api/names";
import type { Channel, S, Ticket } from "../api/words";
import { Badge, PriorityBadge, TicketBadge } from "../parts/Badge";
import { Ago } from "../parts/Time";
import { Icon, type IconName } from "../shell/Icon";
import { Way } from "../shell/Way";
import "./tickets.css";

const ICONS: Record<Channel, IconName> = { chat: "chat", email: "mail", api: "code" };

export const CHANNELS: readonly Channel[] = ["chat", "email", "api"];

interface Props {
  /** With who asks, where the list is not one person's. */
  ticket: Ticket & Partial<Pick<S["TicketRow"], "contact_name" | "customer_name">>;
  isNamed?: boolean;
}

export function TicketRow({ ticket, isNamed }: Props) {
  const asker = ticket.contact_name ?? ticket.customer_name;
  return (
    <li>
      <Way to="/tickets/$id" params={{ id: ticket.id }} className="ticket-row" data-row>
        <Icon name={ICONS[ticket.channel]} label={channelName(ticket.channel)} />
        <span className="ticket-number">#{ticket.number}</span>
        <span className="ticket-subject truncate">
          {ticket.subject}
          {asker && <span className="muted small"> · {asker}</span>}
        </span>
        <span className="ticket-marks">
          {isNamed && (
            <Badge tone="violet">
              <Trans>Mentions you</Trans>
            </Badge>
          )}
          {ticket.tags.slice(0, 3).map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
          <PriorityBadge priority={ticket.priority} />
          <TicketBadge status={ticket.status} />
        </span>
        <span className="ticket-time muted small">
          <Ago at={ticket.updated_at} />
        </span>
      </Way>
    </li>
  );
}
