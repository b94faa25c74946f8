import { connect } from "node:net";
import { text } from "node:stream/consumers";
import fastify from "fastify";
import { expect, test } from "vitest";
import { requestLimits } from "#platform/limits.ts";
import { requestTimes } from "./server-hooks.ts";

test.for([
  [
    "a body that never comes",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
  ],
  ["headers that never end", "GET / HTTP/1.1\r\nhost: x\r\n"],
] as const)("%s is answered 408, and the connection is closed", async ([, head]) => {
  const http = fastify(requestTimes({ headerSeconds: 0.2, requestSeconds: 0.2 }));
  http.post("/", async () => "done");
  try {
    const { port, hostname } = new URL(await http.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(port), hostname);
    socket.write(head);
    expect(await text(socket)).toMatch(/^HTTP\/1.1 408 /);
  } finally {
    await http.close();
  }
});

test("the server of the product has a limit for headers and for the whole request", () => {
  const { requestTimeout, http } = requestTimes();
  expect(requestTimeout).toBe(requestLimits.requestSeconds.max * 1000);
  expect(http.headersTimeout).toBe(requestLimits.headerSeconds.max * 1000);
  expect(http.connectionsCheckingInterval).toBeLessThanOrEqual(5000);
});
