import { text } from "node:stream/consumers";
import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { Problem } from "#http/shared/problem.ts";
import { type Format, bufferStream, negotiateFormat } from "./responses.ts";

const megabyte = "x".repeat(1_000_000);

/** Returns a stream of chunks, and counts how many it produced. */
function making(pieces: readonly string[]) {
  const rendered = { count: 0 };
  async function* make(): AsyncGenerator<string, void> {
    for (const piece of pieces) {
      rendered.count += 1;
      yield piece;
    }
  }
  return { made: rendered, pieces: make() };
}

test("a stream of up to one megabyte is returned as one string", async () => {
  expect(await bufferStream(making([]).pieces)).toBe("");
  expect(await bufferStream(making(["<list>", "<one/>", "</list>"]).pieces)).toBe("<list><one/></list>");
  expect(await bufferStream(making([megabyte]).pieces)).toBe(megabyte);
});

test("a longer stream is returned completely, in order and with backpressure", async () => {
  const { made: rendered, pieces } = making(["a", megabyte, "b", "c"]);
  const gathered = await bufferStream(pieces);
  if (typeof gathered === "string") throw new Error("It is one text.");
  expect(rendered.count).toBe(2);
  const taken: string[] = [];
  for await (const piece of gathered) {
    taken.push(piece);
    expect(rendered.count).toBe(taken.length + 1);
  }
  expect(taken).toEqual([`a${megabyte}`, "b", "c"]);
});

test("a failing stream rejects", async () => {
  async function* breaking(): AsyncGenerator<string, void> {
    yield `${megabyte}!`;
    throw new Error("the database is gone");
  }
  const gathered = await bufferStream(breaking());
  if (typeof gathered === "string") throw new Error("It is one text.");
  await expect(text(gathered)).rejects.toThrow("the database is gone");
});

interface Asked {
  readonly extension?: string;
  readonly query?: string;
  readonly accept?: string;
}

type Asking = Pick<FastifyRequest, "params" | "url" | "headers">;

const asking = ({ extension, query = "", accept }: Asked): Asking => ({
  params: extension === undefined ? {} : { extension },
  url: `/admin/api/accounts?${query}`,
  headers: accept === undefined ? {} : { accept },
});

test.each<[string, Asked, Format]>([
  ["nothing", {}, "xml"],
  ["the extension .json", { extension: "json" }, "json"],
  ["the extension before all else", { extension: "xml", query: "format=json", accept: "application/json" }, "xml"],
  ["the parameter before Accept", { query: "format=json", accept: "application/xml" }, "json"],
  ["Accept: application/json", { accept: "application/json" }, "json"],
  ["Accept: */*", { accept: "*/*" }, "xml"],
  ["the better quality", { accept: "application/xml;q=0.5, application/json;q=0.9" }, "json"],
  ["a browser's Accept", { accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8" }, "xml"],
  ["an Accept that says nothing", { accept: " " }, "xml"],
  ["all but XML", { accept: "application/xml;q=0, */*" }, "json"],
  ["all but JSON", { accept: "*/*;q=0.1, application/json;q=0" }, "xml"],
  ["all, but JSON better", { accept: "*/*;q=0.1, application/json" }, "json"],
  ["all, and JSON as well", { accept: "*/*, application/json" }, "xml"],
  ["a kind that is not here, then JSON", { accept: "text/csv, text/json;q=0.1" }, "json"],
  ["parameters of a type", { accept: "application/json; charset=utf-8; q=0.9, text/xml; q=0.1" }, "json"],
  ["the extension before Accept", { extension: "json", accept: "application/xml" }, "json"],
  ["Accept of a JSON client", { accept: "application/json, text/plain, */*" }, "json"],
])("%s decides the format", (_what, headers, format) => {
  expect(negotiateFormat(asking(headers), ["xml", "json"])).toBe(format);
});

test.each<[string, Asked, readonly Format[]]>([
  ["an unknown extension", { extension: "yaml" }, ["xml", "json"]],
  ["an empty extension", { extension: "" }, ["xml", "json"]],
  ["an unknown Accept", { accept: "text/csv" }, ["xml", "json"]],
  ["neither", { accept: "application/xml;q=0, application/json;q=0" }, ["xml", "json"]],
  ["XML where there is only JSON", {}, ["json"]],
])("%s is rejected", (_what, headers, offered) => {
  expect(() => negotiateFormat(asking(headers), offered)).toThrow(new Problem("format-unknown").message);
});
