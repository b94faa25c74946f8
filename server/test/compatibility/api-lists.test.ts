import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { renderXmlDocument } from "#platform/xml.ts";
import { asJson, asXml } from "./api-lists.ts";

const golden = (file: string): Promise<string> => readFile(new URL(`golden/${file}`, import.meta.url), "utf8");

test.each(asXml)("the API's XML equals the golden file: %s", async (file, document) => {
  expect(renderXmlDocument(document)).toBe((await golden(`${file}.xml`)).trimEnd());
});

test.each(asJson)("the API's JSON equals the golden file, including the field order: %s", async (file, json) => {
  expect(`${JSON.stringify(json, null, 2)}\n`).toBe(await golden(`${file}.json`));
});
