import type { Endpoint } from "../../api/endpoint-queries.ts";
import type { EventTypeName } from "../../api/event-type-queries.ts";
import { HeaderFacts } from "../../components/header-facts.tsx";

export interface HeaderListProps {
  readonly type: EventTypeName;
  readonly format: Endpoint["format"];
}

const contentTypes = {
  "3scale": "application/xml",
  json: "application/json",
  cloudevents: "application/cloudevents+json",
  "cloudevents-binary": "application/json",
} as const;

const cloudEventHeaders = (type: EventTypeName) => ({
  "ce-specversion": "1.0",
  "ce-id": "The same as webhook-id",
  "ce-source": "The address of your Admin Portal",
  "ce-type": type,
  "ce-subject": `${type.split(".")[0]}/ and its id`,
  "ce-time": "The same as bellwire-event-time",
  "ce-bellwiresequence": "The same as bellwire-sequence, and so are ce-bellwireactor and ce-bellwirechannel",
});

export function HeaderList({ type, format }: HeaderListProps) {
  const headers = {
    "content-type": contentTypes[format],
    "webhook-id": "The same for every attempt: remember it, to ignore what comes twice",
    "webhook-timestamp": "Seconds since 1970, of this attempt",
    "webhook-signature": "v1, and an HMAC-SHA256 over id.timestamp.body with the signing secret",
    "bellwire-attempt": "1, and up with each try",
    "bellwire-event-type": type,
    "bellwire-event-time": "When it happened, to the millisecond",
    "bellwire-sequence": "Counts the events of the account, without gaps",
    "bellwire-actor": "developer, admin, token, key or system",
    "bellwire-channel": "developer_portal, admin_portal, api or system",
    ...(format === "cloudevents-binary" && cloudEventHeaders(type)),
  };
  return <HeaderFacts label="Headers" headers={headers} />;
}
