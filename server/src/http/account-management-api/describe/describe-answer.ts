import { text as textOf } from "node:stream/consumers";
import { indentXml } from "#platform/document/indent-xml.ts";
import type { Body } from "../answers/send-answer.ts";
import type { DocumentedAnswer } from "../answers/documented-answer.ts";
import type { Operation } from "../operation.ts";

/** The answers that are no refusals. */
export async function describeAnswer({ method, formats, answers }: Operation): Promise<Record<number, object>> {
  if (!answers) return { 200: { description: "Done. The answer is empty." } };
  const content = await describeContent(answers, formats);
  if (method === "POST") return { 201: { description: "Made, as it is now.", headers: location, content } };
  return {
    200: { description: method === "GET" ? "As it is." : "As it is now.", headers: validators, content },
    ...(method === "GET" ? { 304: { description: "You have this answer already, as your request says." } } : {}),
  };
}

async function describeContent({ schema, example }: DocumentedAnswer, formats: Operation["formats"]) {
  const xml = formats.includes("xml") ? await wholeOf(example.xml?.()) : undefined;
  const json: unknown = JSON.parse((await wholeOf(example.json?.())) ?? "null");
  return {
    ...(xml === undefined ? {} : { "application/xml": { schema: xmlText, example: indentXml(xml) } }),
    "application/json": { schema, example: json },
  };
}

async function wholeOf(body: Body | undefined): Promise<string | undefined> {
  const written = await body;
  return typeof written === "object" ? textOf(written) : written;
}

/** OpenAPI describes the shape of JSON; of XML the example tells. */
export const xmlText = { type: "string", contentMediaType: "application/xml" };

const headerOf = (text: string) => ({ description: text, schema: { type: "string" } });
const location = { Location: headerOf("Where it can be read.") };
const validators = {
  ETag: headerOf("Send it back as `If-None-Match`, and an answer that has not changed is 304 and empty."),
  "Last-Modified": headerOf(
    "Of a single thing: when it changed, itself and not what belongs to it. So `If-Modified-Since` is not looked at.",
  ),
};
