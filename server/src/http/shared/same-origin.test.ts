import fastify from "fastify";
import { expect, test } from "vitest";
import { comesFromElsewhere } from "./same-origin.ts";

test.each<[string, Record<string, string>, boolean]>([
  ["a program that says nothing is not elsewhere", {}, false],
  ["our own page", { "sec-fetch-site": "same-origin", origin: "http://acme.test" }, false],
  ["an address typed by hand", { "sec-fetch-site": "none" }, false],
  ["another site", { "sec-fetch-site": "cross-site", origin: "http://acme.test" }, true],
  ["a neighbour under the same domain", { "sec-fetch-site": "same-site" }, true],
  ["an older browser on our page", { origin: "http://acme.test" }, false],
  ["an older browser on our page behind https", { origin: "https://acme.test" }, false],
  ["an older browser on another page", { origin: "http://other.test" }, true],
  ["an older browser on another port", { origin: "http://acme.test:8080" }, true],
  ["a page that hides where it is", { origin: "null" }, true],
])("%s", async (_guarantee, headers, expected) => {
  const http = fastify();
  http.post("/", (request) => ({ elsewhere: comesFromElsewhere(request) }));
  const answer = await http.inject({ method: "POST", url: "/", headers: { host: "acme.test", ...headers } });
  expect(answer.json()).toEqual({ elsewhere: expected });
});
