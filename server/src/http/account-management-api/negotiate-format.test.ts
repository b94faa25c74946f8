import type { FastifyRequest } from "fastify";
import { expect, test } from "vitest";
import { Problem } from "#http/shared/problem.ts";
import { type Format, negotiateFormat } from "./negotiate-format.ts";

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
