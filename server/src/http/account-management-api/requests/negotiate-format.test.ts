import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { Problem } from "#http/shared/problem.ts";
import { negotiateFormat, type Format } from "./negotiate-format.ts";

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
  ["Accept of a JSON client", { accept: "application/json, text/plain, */*" }, "json"],
])("%s decides the format", (_what, asked, format) => {
  expect(negotiateFormat(asking(asked), ["xml", "json"])).toBe(format);
});

test.each<[string, Asked, readonly Format[]]>([
  ["an unknown extension", { extension: "yaml" }, ["xml", "json"]],
  ["an empty extension", { extension: "" }, ["xml", "json"]],
  ["an unknown Accept", { accept: "text/csv" }, ["xml", "json"]],
  ["XML where there is only JSON", {}, ["json"]],
])("%s is refused", (_what, asked, offered) => {
  expect(() => negotiateFormat(asking(asked), offered)).toThrow(new Problem("format-unknown").message);
});
