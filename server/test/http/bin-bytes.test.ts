import { connect } from "node:net";
import { expect } from "vitest";
import { createBin } from "#request-bin/index.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { adminCookie } from "../support/admin-cookie.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test as base } from "../support/test.ts";

const test = base.extend("site", { scope: "file" }, async ({ sharedPool: pool }, { onCleanup }) => {
  const { provider, accessToken } = await setUp(pool);
  const { cookie } = await adminCookie(pool, provider.id);
  const { http, ...server } = await openWebServer(pool);
  onCleanup(() => server[Symbol.asyncDispose]());
  await http.listen({ host: "127.0.0.1", port: 0 });
  return { pool, provider, accessToken, cookie, http, port: Number(new URL(http.listeningOrigin).port) };
});

/** Sends bytes as they are and returns the status line of the response. */
async function sendRaw(port: number, bytes: Buffer): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let received = "";
  const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
  socket.setEncoding("latin1").on("data", (text: string) => {
    received += text;
  });
  socket.on("error", () => undefined).on("close", () => resolve(received.split("\r\n", 1)[0] ?? ""));
  return promise;
}

const part = (byte: number): Buffer => Buffer.concat([Buffer.from("a"), Buffer.from([byte]), Buffer.from("b")]);
const text = (strings: TemplateStringsArray, ...parts: readonly (Buffer | string | number)[]): Buffer =>
  Buffer.concat(
    strings.flatMap((bytes, at) => {
      const value = parts[at] ?? "";
      return [Buffer.from(bytes.replaceAll("\n", "\r\n")), Buffer.isBuffer(value) ? value : Buffer.from(String(value))];
    }),
  );

const places: readonly (readonly [string, (id: string, byte: Buffer) => Buffer])[] = [
  [
    "the path",
    (id, bytes) => text`POST /bins/${id}${bytes} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 0\n\n`,
  ],
  [
    "the query",
    (id, bytes) => text`POST /bins/${id}?${bytes}=${bytes} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 0\n\n`,
  ],
  [
    "an escaped query",
    (id, bytes) =>
      text`POST /bins/${id}?%${bytes.subarray(1, 2).toString("hex")}= HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 0\n\n`,
  ],
  [
    "a header",
    (id, bytes) => text`POST /bins/${id} HTTP/1.1\nHost: x\nX-A: ${bytes}\nConnection: close\nContent-Length: 0\n\n`,
  ],
  [
    "the headers of an event",
    (id, bytes) =>
      text`POST /bins/${id} HTTP/1.1\nHost: x\nWebhook-Id: ${bytes}\nWebhook-Timestamp: ${bytes}\nWebhook-Signature: v1,${bytes}\nBellwire-Event-Type: ${bytes}\nBellwire-Attempt: ${bytes}\nContent-Type: ${bytes}\nConnection: close\nContent-Length: 0\n\n`,
  ],
  [
    "the body",
    (id, bytes) => text`POST /bins/${id} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 3\n\n${bytes}`,
  ],
  [
    "a JSON body",
    (id, bytes) =>
      text`POST /bins/${id} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 9\n\n{"a":"${bytes.subarray(1, 2)}"}`,
  ],
  [
    "an escape in a JSON body",
    (id, bytes) =>
      text`POST /bins/${id} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 14\n\n{"a":"\\u00${bytes.subarray(1, 2).toString("hex")}"}`,
  ],
  [
    "an XML body",
    (id, bytes) =>
      text`POST /bins/${id} HTTP/1.1\nHost: x\nConnection: close\nContent-Length: 8\n\n<a>${bytes.subarray(1, 2)}</a>`,
  ],
];

test.concurrent.for(places)(
  "a request with any byte in %s gets a 2xx or 4xx response, and the bin stays readable",
  async ([, write], { site: { pool, provider, accessToken, cookie, http, port } }) => {
    const bin = await pool.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
    const statuses: string[] = [];
    // Control characters last, so that the newest page shows them.
    for (let byte = 255; byte >= 0; byte -= 1) statuses.push(await sendRaw(port, write(bin.id, part(byte))));

    expect(statuses.filter((status) => !/^HTTP\/1\.1 [24]/.test(status))).toEqual([]);
    const list = await http.inject({
      url: `/api/v1/bins/${bin.id}/requests?limit=200`,
      headers: { authorization: `Bearer ${accessToken}` },
    });
    expect(list.statusCode).toBe(200);
    for (const headers of [{ cookie }, {}]) {
      const page = await http.inject({ url: `/bins/${bin.id}/view?key=${bin.viewKey}`, headers });
      expect(page.statusCode).toBe(200);
    }
  },
);

test("a bin receives no requests at another provider's host", async ({ database }) => {
  const [{ provider }, other] = [await setUp(database), await setUp(database)];
  const bin = await database.inTransaction((tx) => createBin(tx, { providerId: provider.id }));
  await using server = await openWebServer(database, { baseDomain: "bellwire.test" });
  const send = async (subdomain: string): Promise<number> => {
    const headers = { host: `${subdomain}-admin.bellwire.test` };
    return (await server.http.inject({ method: "POST", url: `/bins/${bin.id}`, headers })).statusCode;
  };
  expect([await send(provider.subdomain), await send(other.provider.subdomain)]).toEqual([200, 404]);
});
