import { expect, test } from "vitest";
import type { Node } from "#platform/document.ts";
import { representAccount } from "#portal/accounts/index.ts";
import { representApplication } from "#portal/applications/index.ts";
import { representUser } from "#portal/users/index.ts";
import { bodyFormatOf, documentFamilies } from "#webhooks/deliveries/index.ts";
import { eventTypes, sampleBody } from "#webhooks/events/index.ts";
import { renderEvent } from "#webhooks/events/render-event.ts";
import { readEvent } from "../../../receiver/src/index.ts";
import { applications, changedAccount, changedUser, newAccount, settings, user } from "./documents.ts";

const documents: readonly (readonly [what: string, document: Node])[] = [
  ["a new account", representAccount(newAccount, settings)],
  ["a changed account", representAccount(changedAccount, settings)],
  ["a new user", representUser(user, settings)],
  ["a changed user", representUser(changedUser, settings)],
  ...Object.entries(applications).map(
    ([kind, { updated }]) => [`an application with ${kind}`, representApplication(updated, settings)] as const,
  ),
];

test.each(documents)("a receiver reads the same object from every format: %s", (_what, document) => {
  const type = `${document.name}.updated`;
  const event = {
    id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
    source: "https://acme-admin.example",
    type,
    objectId: 41,
    occurredAt: new Date(),
    accountId: 41,
    accountName: "Fjord & Sons",
    sequence: 1,
    actor: { kind: "system" },
    channel: "api" as const,
    document,
  };
  const fromXml = readEvent(renderEvent(event, "3scale"));
  for (const format of documentFamilies) {
    const read = readEvent(renderEvent(event, bodyFormatOf({ format, includeCredentials: true })), { type });
    expect(untyped(read), format).toEqual(untyped(fromXml));
  }
});

test.each(eventTypes)("a receiver reads %s in every format", (type) => {
  const sample = { id: "019b2c1e-8694-739b-aea5-966c26f8ad91", type, now: new Date(), source: "https://acme.example" };
  for (const format of documentFamilies) {
    const read = readEvent(sampleBody(sample, format), { type });
    expect(`${read.type}.${read.action}`, format).toBe(type);
  }
});

/** XML has no types, so 12.5 and true are texts. */
const untyped = (read: unknown): unknown =>
  JSON.parse(JSON.stringify(read), (_name, value: unknown) => {
    if (typeof value === "boolean") return String(value);
    return typeof value === "string" && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value;
  });
