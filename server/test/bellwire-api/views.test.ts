import { expect } from "vitest";
import { anEvent, buildEndpoint, recordNow } from "../support/build-webhooks.ts";
import { countWaiting } from "../support/count-waiting.ts";
import { until } from "../support/until.ts";
import { test } from "./bellwire-api-test.ts";

const view = { list: "deliveries", name: "Failed yesterday", filter: { state: "failed,pending", since: "-1d" } };

test("a view can be saved, listed, renamed and deleted only by its user", async ({ api, otherApi }) => {
  const created = await api.call("POST", "/views", { payload: view });
  expect(created.statusCode).toBe(201);
  const { id } = created.json();
  expect(created.json()).toEqual({ id, ...view });
  expect((await api.call("GET", "/views?list=deliveries")).json()).toEqual({ data: [{ id, ...view }] });
  expect((await api.call("GET", "/views?list=events")).json()).toEqual({ data: [] });

  expect((await api.call("POST", "/views", { payload: { ...view, name: "failed YESTERDAY" } })).statusCode).toBe(409);
  const filter = { q: "Harbour & Sons" };
  const changed = await api.call("PATCH", `/views/${id}`, { payload: { name: "Harbour", filter } });
  expect(changed.json()).toEqual({ id, list: "deliveries", name: "Harbour", filter });

  const colleague = { headers: { authorization: `Bearer ${await api.addToken({})}` } };
  const own = (await api.call("POST", "/views", { ...colleague, payload: view })).json();
  for (const [other, headers] of [[otherApi, {}] as const, [api, colleague] as const]) {
    for (const method of ["PATCH", "DELETE"] as const) {
      const payload = method === "PATCH" ? { payload: { name: "Mine" } } : {};
      expect((await other.call(method, `/views/${id}`, { ...headers, ...payload })).statusCode).toBe(404);
    }
  }
  expect((await otherApi.call("GET", "/views")).json()).toEqual({ data: [] });
  const second = (await api.call("POST", "/views", { payload: view })).json();
  expect((await api.call("PATCH", `/views/${second.id}`, { payload: { name: "Second" } })).statusCode).toBe(200);
  expect((await api.call("DELETE", `/views/${id}`)).statusCode).toBe(204);
  expect((await api.call("GET", "/views")).json()).toEqual({ data: [{ ...second, name: "Second" }] });
  expect((await api.call("GET", "/views", colleague)).json()).toEqual({ data: [own] });
});

test("a view may be renamed to its own name, a colleague's or another list's, but not to another one's of its list", async ({
  api,
}) => {
  const colleague = { headers: { authorization: `Bearer ${await api.addToken({})}` } };
  const create = async (payload: object, options = {}) =>
    (await api.call("POST", "/views", { ...options, payload })).json<{ id: number }>().id;
  const id = await create(view);
  await create({ ...view, name: "Second" });
  await create({ ...view, name: "Theirs" }, colleague);
  await create({ list: "events", name: "Events", filter: {} });
  const rename = async (name: string) => (await api.call("PATCH", `/views/${id}`, { payload: { name } })).statusCode;
  for (const name of [view.name, view.name.toUpperCase(), "Theirs", "Events"])
    expect([name, await rename(name)]).toEqual([name, 200]);
  expect(await rename("second")).toBe(409);
});

test("a view that is deleted while it is renamed is not found", async ({ api }) => {
  const { id } = (await api.call("POST", "/views", { payload: view })).json();
  const renamed = await api.pool.inTransaction(async (tx) => {
    await tx.query("delete from saved_views where id = $1", [id]);
    const answer = api.call("PATCH", `/views/${id}`, { payload: { name: "Late" } });
    await until(() => countWaiting(api.pool));
    return { answer };
  });
  expect((await renamed.answer).statusCode).toBe(404);
});

test("a text finds deliveries and events by any id, and endpoints by name or URL", async ({ api, otherApi }) => {
  const { pool, provider } = api;
  const endpointId = await buildEndpoint(pool, { providerId: provider.id, name: "crm", url: "http://127.0.0.1:9/" });
  const [eventId = ""] = await recordNow(pool, { providerId: provider.id }, [anEvent({ objectId: 4_711 })]);
  const find = async (q: string, from = api) =>
    (await from.call("GET", `/search?q=${encodeURIComponent(q)}`))
      .json()
      .data.map(({ kind, id }: { kind: string; id: string }) => `${kind} ${id}`);
  const delivery = `delivery ${eventId}.${endpointId}`;
  expect(await find(eventId)).toEqual([delivery, `event ${eventId}`]);
  expect(await find(`${eventId}.${endpointId}`)).toEqual([delivery, `event ${eventId}`]);
  expect(await find("4711")).toEqual([`event ${eventId}`]);
  expect(await find("CR")).toEqual([`endpoint ${endpointId}`]);
  expect(await find("0.0.1")).toEqual([`endpoint ${endpointId}`]);
  expect(await find("0.")).toEqual([]); // is in nearly every URL
  expect(await find(String(endpointId))).toEqual([`endpoint ${endpointId}`]);
  for (const q of [eventId, "4711", "CR", "0.0.1", String(endpointId)]) expect(await find(q, otherApi)).toEqual([]);
});
