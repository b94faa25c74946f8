import { expect, test } from "vitest";
import type { Actor } from "#access/index.ts";
import { msOfUuidV7, uuidV7Floor } from "#platform/ids.ts";
import { decideGate, newEventId } from "./record-events.ts";

const subscription = {
  id: 1,
  isDefault: false,
  active: true,
  eventTypes: ["account.created"],
  providerActions: false,
  allActors: false,
  format: "3scale",
  includeCredentials: false,
  ordering: "none",
  version: 1,
  source: "https://acme-admin.example",
  webHooks: "visible",
} as const;
const developer: Actor = { kind: "developer", userId: 21 };
const event = { type: "account.created", actor: developer, objectId: 31 };
const operational = { type: "endpoint.degraded", actor: { kind: "system" }, objectId: 7 } as const;

test.each([
  ["a developer's change is sent even if all options are off", {}, event, undefined],
  ["a denied web_hooks capability stops every event", { webHooks: "denied" }, event, "web_hooks_denied"],
  ["a hidden web_hooks capability counts as allowed", { webHooks: "hidden" }, event, undefined],
  ["an inactive endpoint receives no event", { active: false }, event, "not_active"],
  ["an event type without a subscription is not sent", { eventTypes: ["user.created"] }, event, "switch_off"],
  ["a star subscribes to every portal event", { eventTypes: ["*"] }, event, undefined],
  [
    "an admin's change is not sent if admin actions are off",
    {},
    { ...event, actor: { kind: "admin", userId: 1 } },
    "admin_actions_off",
  ],
  [
    "a token's change counts as an admin action",
    {},
    { ...event, actor: { kind: "token", userId: 1 } },
    "admin_actions_off",
  ],
  [
    "a token's change is sent if admin actions are on",
    { providerActions: true },
    { ...event, actor: { kind: "token", userId: 1 } },
    undefined,
  ],
  [
    "the provider key's change is not sent even if admin actions are on",
    { providerActions: true },
    { ...event, actor: { kind: "key" } },
    "no_acting_user",
  ],
  ["a change by the system is not sent", {}, { ...event, actor: { kind: "system" } }, "no_acting_user"],
  [
    "the provider key's change is sent if all actors are on",
    { allActors: true },
    { ...event, actor: { kind: "key" } },
    undefined,
  ],
  ["a star does not subscribe to operational events", { eventTypes: ["*"] }, operational, "switch_off"],
  ["a subscription to an operational event delivers it", { eventTypes: ["endpoint.degraded"] }, operational, undefined],
  [
    "the default endpoint receives no operational event, even with a subscription",
    { eventTypes: ["endpoint.degraded"], isDefault: true },
    operational,
    "switch_off",
  ],
  [
    "an endpoint receives no event about itself",
    { eventTypes: ["endpoint.degraded"] },
    { ...operational, objectId: 1 },
    "own_endpoint",
  ],
  [
    "all actors do not include admins",
    { allActors: true },
    { ...event, actor: { kind: "admin", userId: 1 } },
    "admin_actions_off",
  ],
] as const)("%s", (_guarantee, options, recorded, gate) => {
  expect(decideGate({ ...subscription, ...options }, recorded)).toBe(gate);
});

test.each([
  ["a minute before", -60_000, 0],
  ["a minute after", 60_000, 60_001],
  ["two hours after, by a clock that was wrong,", 7_200_000, 0],
])("the id of an event whose predecessor was recorded %s its time is of the right time", (_, beforeMs, expectedMs) => {
  const now = new Date("2026-03-01T09:00:00Z");
  const newUuidV7 = (ms: number): string => `${uuidV7Floor(ms).slice(0, -1)}1`;
  const after = newUuidV7(now.getTime() + beforeMs);
  expect(msOfUuidV7(newEventId({ newUuidV7 }, { now, after })) - now.getTime()).toBe(expectedMs);
});
