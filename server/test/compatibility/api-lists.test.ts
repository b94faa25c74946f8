import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { renderXmlDocument } from "#platform/xml.ts";
import { asJson, asXml } from "./api-lists.ts";

const golden = (file: string): Promise<string> => readFile(new URL(`golden/${file}`, import.meta.url), "utf8");

test.each(asXml)("what the API answers as XML is, byte for byte: %s", async (file, document) => {
  expect(renderXmlDocument(document)).toBe((await golden(`${file}.xml`)).trimEnd());
});

test.each(asJson)("what the API answers as JSON is, field by field and in this order: %s", async (file, json) => {
  expect(`${JSON.stringify(json, null, 2)}\n`).toBe(await golden(`${file}.json`));
});
