import type { EventTypeName } from "../../api/event-type-queries.ts";
import { HeaderFacts } from "../../components/header-facts.tsx";

export interface HeaderListProps {
  readonly type: EventTypeName;
  readonly format: "3scale" | "json";
}

export function HeaderList({ type, format }: HeaderListProps) {
  const headers = {
    "content-type": format === "3scale" ? "application/xml" : "application/json",
    "webhook-id": "The same for every attempt: remember it, to ignore what comes twice",
    "webhook-timestamp": "Seconds since 1970, of this attempt",
    "webhook-signature": "v1, and an HMAC-SHA256 over id.timestamp.body with the signing secret",
    "bellwire-attempt": "1, and up with each try",
    "bellwire-event-type": type,
    "bellwire-event-time": "When it happened, to the millisecond",
    "bellwire-sequence": "Counts the events of the account, without gaps",
    "bellwire-actor": "developer, admin, token, key or system",
    "bellwire-channel": "developer_portal, admin_portal, api or system",
  };
  return <HeaderFacts label="Headers" headers={headers} />;
}
