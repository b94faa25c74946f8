import { once } from "node:events";
import { type Socket, connect } from "node:net";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import fastify, { type FastifyInstance } from "fastify";
import { expect, test } from "vitest";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import { requestLimits } from "#platform/limits.ts";
import { connectionOptions, discardRefusedBodies, readNoBodyForHead } from "./server-hooks.ts";

const newId = (): string => "id-1";

async function sendRaw(http: FastifyInstance, bytes: string): Promise<string> {
  http.post("/", async () => "done");
  try {
    const { port, hostname } = new URL(await http.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(port), hostname);
    socket.write(bytes);
    return await text(socket);
  } finally {
    await http.close();
  }
}

test.for([
  [
    "a body that never arrives",
    "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{",
  ],
  ["headers that never end", "GET / HTTP/1.1\r\nhost: x\r\n"],
] as const)("a request with %s is answered with a 408 problem, and its connection is closed", async ([, bytes]) => {
  // A process that is busy for that long closes the connection before it has read the request, which resets the connection.
  const limits = { headerSeconds: 1, requestSeconds: 1 };
  const response = await sendRaw(fastify(connectionOptions({ newId, ...limits })), bytes);
  expect(response).toMatch(/^HTTP\/1.1 408 /);
  expect(JSON.parse(response.split("\r\n\r\n")[1] ?? "")).toMatchObject({ code: "request-timeout", status: 408 });
});

test("a client that reads nothing of its response is disconnected", async () => {
  const http = fastify(connectionOptions({ newId, idleSeconds: 0.2 }));
  async function* endless() {
    for (;;) yield Buffer.alloc(65_536);
  }
  http.get("/", (_request, reply) => reply.send(Readable.from(endless(), { objectMode: false })));
  const closed = Promise.withResolvers<void>();
  http.server.on("connection", (connection) => connection.once("close", () => closed.resolve()));
  try {
    const { port, hostname } = new URL(await http.listen({ port: 0, host: "127.0.0.1" }));
    const socket = connect(Number(port), hostname).pause();
    socket.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
    await expect(closed.promise).resolves.toBeUndefined();
    socket.destroy();
  } finally {
    http.server.closeAllConnections();
    await http.close();
  }
});

test.for([
  ["a request line", `GET /${"x".repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ["a header section", `GET / HTTP/1.1\r\nhost: x\r\ncookie: ${"x".repeat(20_000)}\r\n\r\n`],
] as const)("%s of 20 kB is refused with a 431 problem", async ([, bytes]) => {
  const response = await sendRaw(fastify(connectionOptions({ newId })), bytes);
  const [head = "", body = ""] = response.split("\r\n\r\n");
  expect(head).toMatch(/^HTTP\/1.1 431 /);
  expect(head).toContain("content-type: application/problem+json");
  expect(JSON.parse(body)).toEqual({
    type: "urn:bellwire:problem:headers-too-large",
    title: "The request line and headers are larger than 16 KiB.",
    status: 431,
    code: "headers-too-large",
    request_id: "id-1",
  });
});

test.for([
  ["length is known", "content-length: 100000", "x".repeat(100_000)],
  ["length is unknown", "transfer-encoding: chunked", `186a0\r\n${"x".repeat(100_000)}\r\n0\r\n\r\n`],
] as const)(
  "a refused body whose %s is discarded, and the connection serves the next request",
  async ([, header, body]) => {
    const http = fastify({ ...connectionOptions({ newId }), bodyLimit: 1000 });
    discardRefusedBodies(http);
    http.post("/", async () => "done");
    try {
      const { port, hostname } = new URL(await http.listen({ port: 0, host: "127.0.0.1" }));
      const socket = connect(Number(port), hostname);
      const head = "POST / HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
      socket.write(`${head}${header}\r\n\r\n${body.slice(0, 5000)}`);
      const [refusal] = await once(socket, "data");
      expect(String(refusal)).toMatch(/^HTTP\/1.1 413 /);
      socket.write(`${body.slice(5000)}${head}connection: close\r\ncontent-length: 2\r\n\r\n{}`);
      expect(await text(socket)).toMatch(/^HTTP\/1.1 200 /);
    } finally {
      await http.close();
    }
  },
);

const longHeader = `POST / HTTP/1.1\r\nhost: x\r\ncookie: ${"x".repeat(20_000)}\r\n`;
const chunk = "x".repeat(65_536);

/** Reads the refusal of a request and returns a connection whose own side is still open. */
async function refusedConnection(http: FastifyInstance): Promise<Socket> {
  const { port, hostname } = new URL(await http.listen({ port: 0, host: "127.0.0.1" }));
  const socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  socket.write(longHeader);
  const [refusal] = await once(socket, "data");
  expect(String(refusal)).toMatch(/^HTTP\/1.1 431 [^{]*\{.*\}$/s);
  return socket;
}

test("a client that still sends after its request was refused is not reset", async () => {
  const http = fastify(connectionOptions({ newId }));
  try {
    const socket = await refusedConnection(http);
    const send = promisify((bytes: string, sent: (error?: Error | null) => void) => socket.write(bytes, sent));
    for (let sent = 0; sent < 20; sent += 1) await send(chunk);
    socket.end();
    await expect(once(socket, "close")).resolves.toEqual([false]);
  } finally {
    await http.close();
  }
});

test("a refused client that does not close its connection is disconnected", async () => {
  const http = fastify(connectionOptions({ newId, discardSeconds: 0.1 }));
  const closed = Promise.withResolvers<void>();
  http.server.on("connection", (connection) => connection.once("close", () => closed.resolve()));
  try {
    const socket = await refusedConnection(http);
    await expect(closed.promise).resolves.toBeUndefined();
    socket.destroy();
  } finally {
    await http.close();
  }
});

test("bytes that are not HTTP are refused with a 400 problem", async () => {
  const response = await sendRaw(fastify(connectionOptions({ newId })), "\x16\x03\x01\r\n\r\n");
  expect(response).toMatch(/^HTTP\/1.1 400 /);
  expect(response).toContain('"title":"The request is not valid HTTP/1.1.","status":400,"code":"request-unreadable"');
});

test("the product limits the time for headers, for the whole request and without a byte", () => {
  const { requestTimeout, connectionTimeout, http } = connectionOptions({ newId });
  expect(connectionTimeout).toBe(requestLimits.idleSeconds.max * 1000);
  expect(connectionTimeout).toBeGreaterThan(binLimits.answerDelaySeconds.max * 1000);
  expect(requestTimeout).toBe(requestLimits.requestSeconds.max * 1000);
  expect(http.headersTimeout).toBe(requestLimits.headerSeconds.max * 1000);
  expect(http.connectionsCheckingInterval).toBeLessThanOrEqual(5000);
});

test("no start is given up because the machine is slow", () => {
  expect(fastify(connectionOptions({ newId })).initialConfig.pluginTimeout).toBe(0);
});

test("HEAD has the headers of a streamed response, and reads none of it", async () => {
  const http = fastify();
  readNoBodyForHead(http);
  let read = 0;
  async function* rows() {
    for (; read < 1000; read += 1) yield "row";
  }
  http.get("/", (_request, reply) =>
    reply.header("content-type", "text/csv").send(Readable.from(rows(), { objectMode: false })),
  );
  const { statusCode, headers, body } = await http.inject({ method: "HEAD", path: "/" });
  await http.close();
  expect([statusCode, headers["content-type"], body, read]).toEqual([200, "text/csv", "", 0]);
});
