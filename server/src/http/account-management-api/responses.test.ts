import { text } from "node:stream/consumers";
import fastify, { type FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { Downloads } from "#http/shared/operation.ts";
import { Problem } from "#http/shared/problem.ts";
import { until } from "../../../test/support/until.ts";
import { type Format, bufferStream, negotiateFormat, renderResponse } from "./responses.ts";

const half = "x".repeat(2_000_000);

/** Returns a stream of chunks, and counts how many it produced. */
function countedStream(pieces: readonly string[]) {
  const rendered = { count: 0 };
  async function* make(): AsyncGenerator<string, void> {
    for (const piece of pieces) {
      rendered.count += 1;
      yield piece;
    }
  }
  return { rendered, pieces: make() };
}

test("a stream of up to four megabytes is returned as one buffer", async () => {
  for (const pieces of [[], ["<list>", "<é/>", "</list>"], [half, half]]) {
    expect(await bufferStream(countedStream(pieces).pieces)).toEqual(Buffer.from(pieces.join("")));
  }
});

test("a longer stream is returned completely, in order and with backpressure", async () => {
  const { rendered, pieces } = countedStream([half, "a", half, "b", "c"]);
  const gathered = await bufferStream(pieces);
  if (Buffer.isBuffer(gathered)) throw new Error("It is one buffer.");
  const counts: number[] = [];
  const chunks: string[] = [];
  for await (const piece of gathered) {
    chunks.push(String(piece));
    counts.push(rendered.count);
  }
  expect(chunks).toEqual([half, "a", half, "b", "c"]);
  expect(counts).toEqual([3, 3, 3, 4, 5]);
});

test("a failing stream rejects", async () => {
  async function* breaking(): AsyncGenerator<string, void> {
    yield `${half}${half}!`;
    throw new Error("the database is gone");
  }
  const gathered = await bufferStream(breaking());
  if (Buffer.isBuffer(gathered)) throw new Error("It is one buffer.");
  await expect(text(gathered)).rejects.toThrow("the database is gone");
});

test("four lists are rendered at once, and providers take turns", async () => {
  const http = fastify();
  const downloads = new Downloads();
  const mayEnd = Promise.withResolvers<void>();
  const begun: string[] = [];
  async function* list(provider: string): AsyncGenerator<string, void> {
    begun.push(provider);
    await mayEnd.promise;
    yield provider;
  }
  http.get<{ Params: { provider: string } }>("/:provider", async (request, reply) => {
    const { provider } = request.params;
    const call = {
      format: "json",
      adminUrl: "",
      streamBody: () => reply.raw.req,
      inTurn: <Result>(work: () => Promise<Result>) => downloads.render([provider], work),
    } as const;
    return (await renderResponse(request, call, { json: () => list(provider) })).body;
  });
  const answers = Promise.all(Array.from("11111112").map((provider) => http.inject(`/${provider}`)));
  await until(() => begun.length >= 4);
  const before = [...begun];
  mayEnd.resolve();
  const bodies = (await answers).map(({ body }) => body);
  await http.close();
  expect([before, begun.indexOf("2") < 6, bodies.join("")]).toEqual([["1", "1", "1", "1"], true, "11111112"]);
});

interface FormatRequest {
  readonly extension?: string;
  readonly query?: string;
  readonly body?: unknown;
  readonly accept?: string;
}

type NegotiatedRequest = Pick<FastifyRequest, "params" | "url" | "headers" | "body">;

const requestWith = ({ extension, query = "", body, accept }: FormatRequest): NegotiatedRequest => ({
  body,
  params: extension === undefined ? {} : { extension },
  url: `/admin/api/accounts?${query}`,
  headers: accept === undefined ? {} : { accept },
});

test.each<[string, FormatRequest, Format]>([
  ["no preference", {}, "xml"],
  ["the extension .json", { extension: "json" }, "json"],
  [
    "an extension that differs from parameter and Accept",
    { extension: "xml", query: "format=json", accept: "application/json" },
    "xml",
  ],
  ["a parameter that differs from Accept", { query: "format=json", accept: "application/xml" }, "json"],
  ["a parameter in the body", { body: { format: "json" }, accept: "application/xml" }, "json"],
  ["different parameters in query and body", { query: "format=json", body: { format: "xml" } }, "json"],
  ["a field named format in the body", { body: { format: "A4" } }, "xml"],
  ["Accept: application/json", { accept: "application/json" }, "json"],
  ["Accept: */*", { accept: "*/*" }, "xml"],
  ["an Accept with qualities", { accept: "application/xml;q=0.5, application/json;q=0.9" }, "json"],
  ["a browser's Accept", { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }, "xml"],
  ["an empty Accept", { accept: " " }, "xml"],
  ["an Accept that excludes XML", { accept: "application/xml;q=0, */*" }, "json"],
  ["an Accept that excludes JSON", { accept: "*/*;q=0.1, application/json;q=0" }, "xml"],
  ["an Accept that prefers JSON", { accept: "*/*;q=0.1, application/json" }, "json"],
  ["an Accept without a preference for JSON", { accept: "*/*, application/json" }, "xml"],
  ["an Accept with an unsupported type before JSON", { accept: "text/csv, text/json;q=0.1" }, "json"],
  ["an Accept with type parameters", { accept: "application/json; charset=utf-8; q=0.9, text/xml; q=0.1" }, "json"],
  ["an extension that differs from Accept", { extension: "json", accept: "application/xml" }, "json"],
  ["a JSON client's Accept", { accept: "application/json, text/plain, */*" }, "json"],
])("a request with %s selects the format", (_kind, preferences, format) => {
  expect(negotiateFormat(requestWith(preferences), ["xml", "json"])).toBe(format);
});

test.each<[string, FormatRequest, readonly Format[]]>([
  ["an unknown extension", { extension: "yaml" }, ["xml", "json"]],
  ["an empty extension", { extension: "" }, ["xml", "json"]],
  ["an unknown Accept", { accept: "text/csv" }, ["xml", "json"]],
  ["an Accept that excludes XML and JSON", { accept: "application/xml;q=0, application/json;q=0" }, ["xml", "json"]],
  ["no preference, where only JSON is offered,", {}, ["json"]],
])("a request with %s is rejected", (_kind, preferences, offered) => {
  expect(() => negotiateFormat(requestWith(preferences), offered)).toThrow(new Problem("format-unknown").message);
});
