/** What stands in the headers of every request that is sent, for those who receive. The names are those of `requestHeaders`. */
export const describedHeaders = {
  "user-agent": "`Bellwire/` and its version.",
  "webhook-id": "The event's id: the same at every attempt. Do what you do once for each.",
  "webhook-timestamp": "When this attempt was sent, in seconds since 1970.",
  "webhook-signature":
    "`v1,` and the HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and the body, joined by dots, in base64. For a day after " +
    "a rotation two of them, with a space between; one must be right.",
  "bellwire-attempt": "Which attempt this is, from 1 on.",
  "bellwire-event-type": "What happened, such as `account.created`.",
  "bellwire-event-time": "When it happened, in ISO 8601 with milliseconds.",
  "bellwire-sequence": "Counts the events of their account, without gaps: order by it.",
  "bellwire-actor": "Who did it: `developer:21`, `admin:3`, `token:3`, `key` or `system`.",
  "bellwire-channel": "Through which door: `developer_portal`, `admin_portal`, `api` or `system`.",
  "bellwire-replay": "How often it was sent again by hand. Absent the first time.",
  "bellwire-test": "`true` for a sample that somebody asked for, which is no event. Absent otherwise.",
} as const;
