import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { list } from "#platform/document.ts";
import { renderIndentedXml, renderXmlDocument } from "#platform/xml.ts";
import { asJson, asXml, identityProviders } from "./api-lists.ts";

const golden = (file: string): Promise<string> => readFile(new URL(`golden/${file}`, import.meta.url), "utf8");

test.each(asXml)("the API's XML equals the golden file: %s", async (file, document) => {
  expect(renderXmlDocument(document)).toBe((await golden(`${file}.xml`)).trimEnd());
});

test.each(asJson)("the API's JSON equals the golden file, including the field order: %s", async (file, json) => {
  expect(`${JSON.stringify(json, null, 2)}\n`).toBe(await golden(`${file}.json`));
});

test("XML of authentication providers is indented, has no declaration, and omits nil elements", async () => {
  const document = list("authentication_providers", identityProviders, "alone");
  expect(renderIndentedXml(document)).toBe((await golden("authentication-providers.xml")).trimEnd());
  expect(renderIndentedXml({ ...document, list: [] })).toBe("<authentication_providers/>");
});
