interface DescribedHeader {
  readonly says: string;
  readonly isAlways: boolean;
}

const always = (says: string): DescribedHeader => ({ says, isAlways: true });
const sometimes = (says: string): DescribedHeader => ({ says, isAlways: false });
const binary = (says: string): DescribedHeader => sometimes(`${says} Only in the format \`cloudevents-binary\`.`);

/** The headers of our requests, by the names that `requestHeaders` gives them, for those who receive. */
export const describedHeaders: Readonly<Record<string, DescribedHeader>> = {
  "user-agent": always("`Bellwire/` and its version."),
  "webhook-id": always("The event's id: the same at every attempt. Do what you do once for each."),
  "webhook-timestamp": always("When this attempt was sent, in seconds since 1970."),
  "webhook-signature": always(
    "`v1,` and the HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and the body, joined by dots, in base64. For a day " +
      "after a rotation two of them, with a space between; one must be right.",
  ),
  "bellwire-attempt": always("Which attempt this is, from 1 on."),
  "bellwire-event-type": always("What happened, such as `account.created`."),
  "bellwire-event-time": always("When it happened, in ISO 8601 with milliseconds."),
  "bellwire-sequence": always(
    "Counts the events of their account without gaps: order by it. After a database failover or restore it jumps ahead by a million or more.",
  ),
  "bellwire-actor": always("Who did it: `developer:21`, `admin:3`, `token:3`, `key` or `system`."),
  "bellwire-channel": always("Through which door: `developer_portal`, `admin_portal`, `api` or `system`."),
  "bellwire-replay": sometimes("How often it was sent again by hand. Absent the first time."),
  "bellwire-test": sometimes("`true` for a sample that somebody asked for, which is no event. Absent otherwise."),
  "ce-specversion": binary("The version of CloudEvents."),
  "ce-id": binary("The event's id."),
  "ce-source": binary("How the outside reaches the provider's admin side."),
  "ce-type": binary("What happened."),
  "ce-subject": binary("What it is about, such as `application/41`."),
  "ce-time": binary("When it happened."),
  "ce-bellwiresequence": binary("Counts the events of their account."),
  "ce-bellwireactor": binary("Who did it."),
  "ce-bellwirechannel": binary("Through which door."),
};
