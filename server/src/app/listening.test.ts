import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { type Socket, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fastify from "fastify";
import { expect, onTestFinished, test } from "vitest";
import { until } from "../../test/support/until.ts";
import {
  attemptsBesideClients,
  claimPort,
  limitConnections,
  providerUrls,
  readDescriptorLimit,
  warnOfLowLimit,
} from "./listening.ts";

const acme = { subdomain: "acme" };

const rangeFile = "/proc/sys/net/ipv4/ip_local_port_range";
const lowest = existsSync(rangeFile) ? Number.parseInt(readFileSync(rangeFile, "utf8"), 10) : 0;

// Some administrators give nearly all ports to connections.
test.runIf(lowest >= 32_000)(
  "a port for 0 is none that the system gives to a connection before we listen",
  async () => {
    const claimed = await Promise.all(Array.from({ length: 20 }, () => claimPort("127.0.0.1", 0)));
    expect(claimed.filter((port) => port < 1024 || port >= lowest)).toEqual([]);
  },
);

test("without a base domain both portals are at the public URL", () => {
  const urls = providerUrls("http://localhost:3000", undefined);
  expect(urls.developerPortal(acme)).toBe("http://localhost:3000");
  expect(urls.adminPortal(acme)).toBe("http://localhost:3000");
});

test("with a base domain each provider has two hosts with the public URL's scheme and port", () => {
  const urls = providerUrls("https://bellwire.example:8443", "example.com");
  expect(urls.developerPortal(acme)).toBe("https://acme.example.com:8443");
  expect(urls.adminPortal(acme)).toBe("https://acme-admin.example.com:8443");
});

test.each([
  ["http://localhost:3000", "http://localhost:3000/bins/x?y=1", true],
  ["http://localhost:3000", "http://localhost:3001/bins/x", false],
  ["http://localhost:3000", "http://localhost.evil.example:3000/bins/x", false],
  ["https://x.example", "https://acme.example.com/bins/x", true],
  ["https://x.example", "https://acme.example.com:1/bins/x", false],
  ["https://x.example", "https://evilexample.com/bins/x", false],
  ["https://x.example", "https://Acme.example.com./bins/x", true],
  ["https://x.example", "https://x.example./bins/x", true],
])("with the public URL %s, the URL %s belongs to the installation: %s", (publicUrl, url, isOurs) => {
  expect(providerUrls(publicUrl, "example.com").isOurs(new URL(url))).toBe(isOurs);
});

async function listen(limit: number) {
  const warnings: string[] = [];
  const http = fastify();
  http.get("/", async () => "here");
  http.get("/never", () => new Promise(() => undefined));
  limitConnections(http, limit, { log: { warn: (_fields, message) => void warnings.push(message) }, nowMs: () => 0 });
  const url = new URL(await http.listen({ host: "127.0.0.1", port: 0 }));
  const sockets: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await http.close();
  });
  const open = (): Socket => {
    const socket = connect({ host: url.hostname, port: Number(url.port) })
      .on("error", () => undefined)
      .resume();
    sockets.push(socket);
    return socket;
  };
  return { http, url, open, warnings };
}

/** Sends a request and returns the headers of its response. */
async function request(socket: Socket): Promise<string> {
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.write("GET / HTTP/1.1\r\nhost: here\r\n\r\n");
  await until(() => text.includes("here"));
  return text.toLowerCase();
}

test("connections use at most half of the descriptors, and the next one is closed and reported", async () => {
  const { http, open, warnings } = await listen(8);
  let requests = 0;
  http.server.on("request", () => (requests += 1));
  for (let busy = 1; busy <= 4; busy += 1) {
    open().write("GET /never HTTP/1.1\r\nhost: here\r\n\r\n");
    await until(() => requests === busy);
  }
  const fifth = open();
  await new Promise((resolve) => fifth.once("close", resolve));
  expect(warnings).toHaveLength(1);
});

test("connections without a request are closed in favour of new ones", async () => {
  const { open } = await listen(8);
  const silent = Array.from({ length: 40 }, open);
  await Promise.all(silent.map((socket) => new Promise((resolve) => socket.once("connect", resolve))));
  expect(await request(open())).toContain("200 ok");
});

test("at three quarters of the connection limit, idle connections are closed for new ones", async () => {
  const { open } = await listen(8);
  const idle = open();
  expect(await request(idle)).toContain("connection: keep-alive");
  const closed = new Promise((resolve) => idle.once("close", resolve));
  const others = [open(), open(), open()];
  await closed;
  await Promise.all(others.map((socket) => request(socket)));
  const more = open();
  expect(await request(more)).not.toBe("");
});

test("the descriptor limit is read, and is undefined if unlimited or unreadable", async () => {
  expect(readDescriptorLimit()).toBeGreaterThan(0);
  const file = join(tmpdir(), `limits-${process.pid}`);
  await writeFile(file, "Max open files            unlimited            unlimited            files     \n");
  expect(readDescriptorLimit(file)).toBeUndefined();
  expect(readDescriptorLimit("/nowhere")).toBeUndefined();
});

test("a descriptor limit below 1024 is reported at the start", () => {
  const warnings: object[] = [];
  const log = { warn: (fields: object) => void warnings.push(fields) };
  warnOfLowLimit(256, log);
  warnOfLowLimit(65_536, log);
  warnOfLowLimit(undefined, log);
  expect(warnings).toEqual([{ limit: 256, recommended: 1024 }]);
});

test("attempts beside the web role leave half of the descriptors to clients, and 16 of them are always allowed", () => {
  expect([undefined, 160, 1024, 65_536].map((limit) => attemptsBesideClients(limit, 20))).toEqual([
    undefined,
    16,
    432,
    32_688,
  ]);
});
