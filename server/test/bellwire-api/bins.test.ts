import { expect } from "vitest";
import { receiveRequest } from "#request-bin/index.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

const makeBin = async (api: BellwireApi) => (await api.call("POST", "/bins")).json();
const requestsOf = async (api: BellwireApi, id: string, query = "") =>
  (await api.call("GET", `/bins/${id}/requests${query}`)).json();

const caught = (body: Buffer, headers: [string, string][] = []) => ({
  method: "POST",
  path: "/bins/x",
  query: "a=1",
  headers,
  body,
});

test("a bin is made, told what to answer, read and deleted", async ({ api }) => {
  const bin = await makeBin(api);
  expect(bin).toMatchObject({ url: `https://bellwire.test/bins/${bin.id}`, answer_status: 200, answer_delay_ms: 0 });

  const changed = await api.call("PATCH", `/bins/${bin.id}`, { payload: { answer_status: 500 } });
  expect(changed.json()).toEqual({ ...bin, answer_status: 500 });
  expect((await api.call("GET", "/bins")).json()).toEqual({ data: [{ ...bin, answer_status: 500 }], next: null });
  expect((await api.call("PATCH", `/bins/${bin.id}`, { payload: { answer_status: 99 } })).statusCode).toBe(422);

  expect((await api.call("DELETE", `/bins/${bin.id}`)).statusCode).toBe(204);
  expect((await api.call("GET", `/bins/${bin.id}`)).statusCode).toBe(404);
});

test("what a bin caught is shown as it came, page by page", async ({ api }) => {
  const { id } = await makeBin(api);
  await receiveRequest(api.pool, { binId: id }, caught(Buffer.from("<a>ä</a>"), [["X-Case", "1"]]));
  await receiveRequest(api.pool, { binId: id }, caught(Buffer.from([0xff, 0x00])));

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

test("whether the signature verifies is judged by the endpoints that point to the bin", async ({ api, receiver }) => {
  const { id, url } = await makeBin(api);
  const payload = { name: "to the bin", url: receiver.url };
  const endpoint = (await api.call("POST", "/endpoints", { payload })).json();
  await api.call("POST", `/endpoints/${endpoint.id}/ping`, { payload: {} });
  const [signed] = receiver.received;
  const headers = Object.entries(signed?.headers ?? {}).map(([name, value]): [string, string] => [name, String(value)]);
  await receiveRequest(api.pool, { binId: id }, caught(Buffer.from(signed?.body ?? ""), headers));
  await receiveRequest(api.pool, { binId: id }, caught(Buffer.from("forged"), headers));
  const verdicts = async () =>
    (await requestsOf(api, id)).data.map(({ signature }: { signature: string }) => signature);
  expect(await verdicts()).toEqual([null, null]);

  await api.call("PATCH", `/endpoints/${endpoint.id}`, { payload: { url: `${url}?token=x` } });
  expect(await verdicts()).toEqual(["invalid", "valid"]);
});

test("another provider's bin is not there", async ({ api, otherApi }) => {
  const { id } = await makeBin(api);
  expect((await otherApi.call("GET", `/bins/${id}`)).statusCode).toBe(404);
  expect((await otherApi.call("GET", `/bins/${id}/requests`)).statusCode).toBe(404);
  expect((await otherApi.call("PATCH", `/bins/${id}`, { payload: { answer_status: 500 } })).statusCode).toBe(404);
  expect((await otherApi.call("DELETE", `/bins/${id}`)).statusCode).toBe(404);
  expect((await otherApi.call("GET", "/bins")).json().data).toEqual([]);
});
