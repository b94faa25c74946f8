import type { Event } from "../api/event-queries.ts";

export const exampleEvent: Event = {
  id: "0192f0c1-0000-7000-8000-000000000001",
  type: "account.created",
  object_id: 7,
  account_id: 7,
  account_name: "Harbour & Sons",
  sequence: 1,
  occurred_at: "2026-03-01T09:00:00.000Z",
  actor: { kind: "developer", user_id: 21 },
  channel: "developer_portal",
};
