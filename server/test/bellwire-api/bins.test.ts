import { expect } from "vitest";
import { receiveRequest } from "#request-bin/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

const createBin = async (api: BellwireApi) => (await api.call("POST", "/bins")).json();
const requestsOf = async (api: BellwireApi, id: string, query = "") =>
  (await api.call("GET", `/bins/${id}/requests${query}`)).json();

const received = (body: Buffer, headers: [string, string][] = []) => ({
  method: "POST",
  path: "/bins/x",
  query: "a=1",
  headers,
  body,
});

test("a bin and its response status are created, read, updated and deleted", async ({ api }) => {
  const bin = await createBin(api);
  expect(bin).toMatchObject({ url: `https://bellwire.test/bins/${bin.id}`, answer_status: 200, answer_delay_ms: 0 });

  const changed = await api.call("PATCH", `/bins/${bin.id}`, { payload: { answer_status: 500 } });
  expect(changed.json()).toEqual({ ...bin, answer_status: 500 });
  expect((await api.call("GET", "/bins")).json()).toEqual({ data: [{ ...bin, answer_status: 500 }], next: null });
  expect((await api.call("PATCH", `/bins/${bin.id}`, { payload: { answer_status: 99 } })).statusCode).toBe(422);

  expect((await api.call("DELETE", `/bins/${bin.id}`)).statusCode).toBe(204);
  expect((await api.call("GET", `/bins/${bin.id}`)).statusCode).toBe(404);
});

test("a read-only token gets neither the key that changes a bin nor the secrets of its forward URL", async ({
  api,
}) => {
  const { id } = await createBin(api);
  const forward_url = "http://127.0.0.1:9/?key=secret";
  const bin = (await api.call("PATCH", `/bins/${id}`, { payload: { forward_url } })).json();
  expect(bin).toMatchObject({ view_url: expect.stringContaining("?key="), forward_url });
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };

  const read = (await api.call("GET", `/bins/${id}`, { headers })).json();
  const listed = (await api.call("GET", "/bins", { headers })).json();

  const url = `https://bellwire.test/bins/${id}`;
  expect(read).toEqual({ ...bin, view_url: `${url}/view`, forward_url: "http://127.0.0.1:9/?key=…" });
  expect(listed.data).toEqual([read]);
});

test("the requests of a bin are listed unchanged, in pages", async ({ api }) => {
  const { id } = await createBin(api);
  await receiveRequest(api.pool, { binId: id }, received(Buffer.from("<a>ä</a>"), [["X-Case", "1"]]));
  await receiveRequest(api.pool, { binId: id }, received(Buffer.from([0xff, 0x00])));

  const first = await requestsOf(api, id, "?limit=1");
  expect(first.data).toEqual([
    expect.objectContaining({ number: 2, body: "/wA=", body_encoding: "base64", signature: "missing" }),
  ]);
  const second = await requestsOf(api, id, `?limit=1&after=${first.next}`);
  expect(second).toMatchObject({
    next: null,
    data: [{ number: 1, query: "a=1", headers: [["X-Case", "1"]], body: "<a>ä</a>" }],
  });
});

test("a read-only token sees requests as a view link shows them: without secrets, downloads and a search for them", async ({
  api,
}) => {
  const { id } = await createBin(api);
  const bodies = ['{"user_key":"hunter2","name":"Quay"}', "user_key=hunter2", Buffer.from([0xff, 0x68])];
  for (const body of bodies) {
    const request = received(Buffer.from(body), [["X-Token", "hunter2"]]);
    await receiveRequest(api.pool, { binId: id }, { ...request, query: "token=hunter2" });
  }
  const headers = { authorization: `Bearer ${await api.addToken({ permission: "ro" })}` };
  const read = async (path: string) => (await api.call("GET", `/bins/${id}${path}`, { headers })).json();

  const hidden = { masked: true, query: "token=…", headers: [["X-Token", "…"]], body_encoding: "utf-8" };
  const { data } = await read("/requests");
  expect(data).toMatchObject([
    { ...hidden, number: 3, body: "", body_bytes: 2 },
    { ...hidden, number: 2, body: "" },
    { ...hidden, number: 1, body: '{\n  "user_key": "…",\n  "name": "Quay"\n}' },
  ]);
  expect(await read("/requests/1")).toEqual(data[2]);
  expect(JSON.stringify(await read("/diff?from=1&to=2"))).not.toContain("hunter2");
  expect((await read("/requests?q=hunter2")).data).toEqual([]);
  expect((await read("/requests?q=POST")).data).toEqual(data);
  expect((await api.call("GET", `/bins/${id}/requests/1/body`, { headers })).statusCode).toBe(403);
  expect((await requestsOf(api, id, "?q=hunter2")).data).toHaveLength(3);
});

test("a request's signature is verified with the secrets of the endpoints that point to the bin", async ({
  api,
  receiver,
}) => {
  const { id, url } = await createBin(api);
  const payload = { name: "to the bin", url: receiver.url };
  const endpoint = (await api.call("POST", "/endpoints", { payload })).json();
  await api.call("POST", `/endpoints/${endpoint.id}/ping`, { payload: {} });
  const [signed] = receiver.received;
  const headers = Object.entries(signed?.headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  await receiveRequest(api.pool, { binId: id }, received(Buffer.from(signed?.body ?? ""), headers));
  await receiveRequest(api.pool, { binId: id }, received(Buffer.from("forged"), headers));
  const verdicts = async () =>
    (await requestsOf(api, id)).data.map(({ signature }: { signature: string }) => signature);
  expect(await verdicts()).toEqual([null, null]);

  await api.call("PATCH", `/endpoints/${endpoint.id}`, { payload: { url: `${url}?token=x` } });
  expect(await verdicts()).toEqual(["invalid", "valid"]);
});
