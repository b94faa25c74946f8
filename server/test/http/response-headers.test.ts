import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import type { FastifyInstance } from "fastify";
import { pino } from "pino";
import { expect } from "vitest";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { routesOf } from "./routes-of.ts";

/** A listening server with default options, for tests that change nothing. */
const test = base.extend("site", { scope: "file" }, async ({ sharedPool }, { onCleanup }) => {
  const { provider } = await setUp(sharedPool);
  const { http, ...server } = await openWebServer(sharedPool);
  onCleanup(() => server[Symbol.asyncDispose]());
  return { http, port: await listen(http), provider };
});

async function listen(http: FastifyInstance): Promise<number> {
  await http.listen({ port: 0, host: "127.0.0.1" });
  return Number(new URL(http.listeningOrigin).port);
}

/** The only responses that a browser may cache: files without any provider's data. */
const mayBeCached = /\/assets\/|\/scalar-[\d.]+\.js$|\.svg$/;

test("all responses have nosniff and HSTS, and only public files may be cached", async ({ database }) => {
  const { accessToken } = await setUp(database);
  await using server = await openWebServer(database, { publicUrl: "https://bellwire.test" });
  await server.http.ready();
  const routes = routesOf(server.http).filter(({ path }) => !path.endsWith("/stream"));
  expect(routes.length).toBeGreaterThan(250);

  for (const { method, path } of routes) {
    const url = path.replaceAll(/:\w+/g, "1").replace("*", "x");
    const signedIn = { authorization: `Bearer ${accessToken}` };
    for (const headers of [{}, signedIn]) {
      const { headers: answered } = await server.http.inject({ method, url, headers });
      const route = `${method} ${path}`;
      expect([route, answered["x-content-type-options"]]).toEqual([route, "nosniff"]);
      expect([route, answered["strict-transport-security"]]).toEqual([route, "max-age=31536000"]);
      if (!mayBeCached.test(path)) expect([route, answered["cache-control"]]).toEqual([route, "no-store"]);
    }
  }
});

test("without https, responses have no Strict-Transport-Security", async ({ site }) => {
  expect((await site.http.inject("/")).headers).not.toHaveProperty("strict-transport-security");
});

test("the public port serves /metrics only without a base domain, and /healthz always", async ({
  sharedPool,
  site: { http, provider },
}) => {
  await using withDomain = await openWebServer(sharedPool, { baseDomain: "bellwire.test" });
  for (const [baseDomain, server] of [
    [undefined, { http }],
    ["bellwire.test", withDomain],
  ] as const) {
    const hosts = [
      `${provider.subdomain}.bellwire.test`,
      `${provider.subdomain}-admin.bellwire.test`,
      "localhost",
      "10.0.0.1",
    ];
    for (const host of hosts) {
      const statusOf = async (url: string): Promise<number> =>
        (await server.http.inject({ url, headers: { host }, remoteAddress: "127.0.0.1" })).statusCode;
      expect([baseDomain, host, await statusOf("/metrics")]).toEqual([baseDomain, host, baseDomain ? 404 : 200]);
      expect([baseDomain, host, await statusOf("/healthz")]).toEqual([baseDomain, host, 200]);
    }
  }
});

const paths = ["/", "/signup", "/p/login", "/admin/api/accounts.json", "/api/v1/endpoints", "/bins/x"];

test("a request with two Host headers is rejected by every interface", async ({ site: { port } }) => {
  for (const path of paths) {
    for (const hosts of ["Host: a.test\r\nHost: b.test", "Host: a.test\r\nhOST: a.test", "Host: a.test"]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(`GET ${path} HTTP/1.1\r\n${hosts}\r\nConnection: close\r\n\r\n`);
      const status = Number((await text(socket)).split(" ", 2)[1]);
      expect([path, hosts, status === 400]).toEqual([path, hosts, hosts.includes("\n")]);
    }
  }
});

test("a request whose target names another host than its Host header is rejected by every interface", async ({
  site: { port },
}) => {
  const isRefused = async (target: string, host: string): Promise<boolean> => {
    const socket = connect(port, "127.0.0.1");
    socket.write(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return (await text(socket)).startsWith("HTTP/1.1 400 ");
  };
  for (const path of paths) {
    for (const origin of ["http://b.test", "https://a.test:80", "http://a.test@b.test"])
      expect([path, origin, await isRefused(origin + path, "a.test")]).toEqual([path, origin, true]);
    for (const origin of ["", "http://a.test", "HTTP://A.test:80", "https://a.test"])
      expect([path, origin, await isRefused(origin + path, "A.test")]).toEqual([path, origin, false]);
  }
});

test("connections reset by clients log no error, and the server keeps responding", async ({ database }) => {
  const { accessToken } = await setUp(database);
  const lines: { readonly level: number; readonly msg: string }[] = [];
  const log = pino({ level: "debug" }, { write: (line: string) => void lines.push(JSON.parse(line)) });
  await using server = await openWebServer(database, { log });
  const port = await listen(server.http);
  const rounds = 20;
  for (let round = 0; round < rounds; round += 1) {
    for (const path of paths) {
      const socket = connect(port, "127.0.0.1");
      await once(socket, "connect");
      const head = `Host: a.test\r\nAuthorization: Bearer ${accessToken}\r\n`;
      socket.write(`GET ${path} HTTP/1.1\r\n${head}\r\n`, () => socket.resetAndDestroy());
      await once(socket, "close");
    }
  }
  // Resets within a body that the server has begun to read.
  for (const path of ["/signup", "/p/login", "/admin/api/signup.json", "/api/v1/endpoints", "/bins/x"]) {
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      const socket = connect(port, "127.0.0.1");
      const head = `Host: a.test\r\nAuthorization: Bearer ${accessToken}\r\nContent-Type: ${type}\r\n`;
      socket.write(`POST ${path} HTTP/1.1\r\n${head}Content-Length: 9\r\nExpect: 100-continue\r\n\r\n`);
      await once(socket, "data");
      socket.write("{", () => socket.resetAndDestroy());
      await once(socket, "close");
    }
  }
  const url = `http://127.0.0.1:${port}/api/v1/endpoints`;
  const answer = await fetch(url, { headers: { authorization: `Bearer ${accessToken}` } });
  expect(answer.status).toBe(200);
  await until(() => lines.some(({ msg }) => msg === "client closed its connection early"));
  expect(lines.filter(({ level }) => level >= 50)).toEqual([]);
});
