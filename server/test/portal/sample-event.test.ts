import { expect } from "vitest";
import { type Json, documentToJson } from "#platform/document.ts";
import { renderXml } from "#platform/xml.ts";
import { representAccount } from "#portal/accounts/index.ts";
import { representApplication } from "#portal/applications/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { representUser } from "#portal/users/index.ts";
import { sampleBody } from "#webhooks/events/index.ts";
import { test } from "../support/test.ts";
import { byToken, form, now, setUp, signUp } from "./portal-fixture.ts";

/** Returns the names of a document in their order, each with the type of its value; for a list, its first element. */
const shapeOf = (json: Json): unknown => {
  if (Array.isArray(json)) return json.slice(0, 1).map(shapeOf);
  if (typeof json !== "object" || json === null) return json === null ? "null" : typeof json;
  return Object.entries(json).map(([name, value]) => [name, shapeOf(value)]);
};

/** XML without its texts: elements, their order and their attributes. */
const tagsOf = (xml: string): string => xml.replaceAll(/>[^<]+</g, "><");

const source = "https://acme-admin.example.com";

test("a sample has the elements and the types of a delivery, in each format", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const { details, user, applications } = await signUp(pool, { provider, values: form, by: byToken });
  const settings = await readDocumentSettings(pool, provider);
  const [application] = applications;
  if (!application) throw new Error("The sign-up made no application.");
  const documents = [
    ["account.created", representAccount({ ...details, plans: details.plans.slice(0, 1) }, settings)],
    ["user.created", representUser(user, settings)],
    ["application.created", representApplication(application, settings)],
  ] as const;
  for (const [type, document] of documents) {
    const sample = { id: "sample", type, now, source };
    const { data } = JSON.parse(sampleBody(sample, "json+credentials").toString());
    expect([type, shapeOf(data[document.name])]).toEqual([type, shapeOf(documentToJson(document))]);
    expect(tagsOf(sampleBody(sample, "3scale").toString())).toContain(tagsOf(renderXml(document)));
  }
});
