import { expect, test } from "vitest";
import type { Actor } from "#access/index.ts";
import { decideGate } from "./subscriptions.ts";

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
  ["a developer's change is sent with every other choice off", {}, event, undefined],
  ["a provider that may not use webhooks sends none", { webHooks: "denied" }, event, "web_hooks_denied"],
  ["a hidden capability is an allowed one", { webHooks: "hidden" }, event, undefined],
  ["an endpoint that is switched off gets nothing", { active: false }, event, "not_active"],
  ["an event whose switch is off is not sent", { eventTypes: ["user.created"] }, event, "switch_off"],
  ["a star stands for every event", { eventTypes: ["*"] }, event, undefined],
  [
    "an admin's change is sent only where admin actions count",
    {},
    { ...event, actor: { kind: "admin", userId: 1 } },
    "admin_actions_off",
  ],
  [
    "a token acts as its user, who is an admin",
    {},
    { ...event, actor: { kind: "token", userId: 1 } },
    "admin_actions_off",
  ],
  [
    "with admin actions on, a token's change is sent",
    { providerActions: true },
    { ...event, actor: { kind: "token", userId: 1 } },
    undefined,
  ],
  [
    "the provider key has no acting user, whatever admin actions say",
    { providerActions: true },
    { ...event, actor: { kind: "key" } },
    "no_acting_user",
  ],
  ["nor has Bellwire itself", {}, { ...event, actor: { kind: "system" } }, "no_acting_user"],
  [
    "with all actors on, the provider key's change is sent",
    { allActors: true },
    { ...event, actor: { kind: "key" } },
    undefined,
  ],
  ["a star stands for no operational event", { eventTypes: ["*"] }, operational, "switch_off"],
  [
    "an endpoint that names an operational event gets it",
    { eventTypes: ["endpoint.degraded"] },
    operational,
    undefined,
  ],
  [
    "3scale's webhook gets no operational event, even if it names one",
    { eventTypes: ["endpoint.degraded"], isDefault: true },
    operational,
    "switch_off",
  ],
  [
    "an endpoint gets no event about itself",
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
] as const)("%s", (_guarantee, choices, happened, gate) => {
  expect(decideGate({ ...subscription, ...choices }, happened)).toBe(gate);
});
