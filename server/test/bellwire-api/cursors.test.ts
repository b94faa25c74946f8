import { expect } from "vitest";
import { receiveRequest } from "#request-bin/index.ts";
import { anEvent, buildEndpoint, feedsAreComplete, recordIn } from "../support/build-webhooks.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

const missing = "is not the `next` of a page";

/** Creates three objects of each list, and returns their expected entries. */
async function fill(api: BellwireApi): Promise<readonly string[]> {
  const { pool, provider } = api;
  const providerId = provider.id;
  const bins: string[] = [];
  for (const name of ["a", "b", "c"]) {
    await buildEndpoint(pool, { providerId, name, url: "http://127.0.0.1:9/" });
    bins.push((await api.call("POST", "/bins", { payload: {} })).json().id);
    await pool.inTransaction((tx) => recordIn(tx, { providerId }));
    await pool.query(
      `insert into mails (provider_id, recipient, subject, text) values ($1, 'a@b.example', $2, 'text')`,
      [providerId, name],
    );
  }
  const [bin = ""] = bins;
  const request = { method: "POST", path: "/", query: "", headers: [], body: Buffer.from("") };
  for (let n = 0; n < 3; n += 1) await receiveRequest(pool, { binId: bin }, request);
  return ["/endpoints", "/events", "/deliveries", "/bins", `/bins/${bin}/requests`, "/mails"];
}

test("pages cover a list completely, and a foreign or invalid cursor is rejected or returns own rows only", async ({
  api,
  otherApi,
}) => {
  const [own, others] = [await fill(api), await fill(otherApi)];
  for (const [at, list] of own.entries()) {
    const rows: unknown[] = [];
    const cursors: string[] = [];
    for (let after = ""; rows.length < 20;) {
      const page = (await api.call("GET", `${list}?limit=2${after}`)).json();
      rows.push(...page.data);
      if (page.next === null) break;
      cursors.push(page.next);
      after = `&after=${encodeURIComponent(page.next)}`;
    }
    const all = (await api.call("GET", `${list}?limit=200`)).json().data;
    expect([list, rows]).toEqual([list, all]);

    const [cursor = ""] = cursors;
    const foreignCursor = (await otherApi.call("GET", `${others[at]}?limit=2`)).json().next;
    const invalidCursors = [
      cursor.slice(0, -1),
      `${cursor}0`,
      `${cursor}~`,
      cursor.toUpperCase(),
      foreignCursor,
      "",
      "\0",
      "x",
      "9".repeat(15),
      "9".repeat(40),
    ];
    const shown = new Set(all.map((each: unknown) => JSON.stringify(each)));
    for (const after of invalidCursors) {
      const answer = await api.call("GET", `${list}?limit=200&after=${encodeURIComponent(after)}`);
      const { data = [], errors } = answer.json();
      expect([list, after, data.filter((each: unknown) => !shown.has(JSON.stringify(each)))]).toEqual([
        list,
        after,
        [],
      ]);
      if (answer.statusCode !== 200)
        expect([list, after, answer.statusCode, errors]).toEqual([
          list,
          after,
          422,
          { after: [after === "" ? "can't be blank" : missing] },
        ]);
    }
  }
});

test("a program that deletes the bins of each page reads the next page", async ({ api }) => {
  await fill(api);
  const ids: string[] = [];
  for (let after = ""; after !== "&after=null" && ids.length < 4;) {
    const page = (await api.call("GET", `/bins?limit=1${after}`)).json();
    for (const { id } of page.data) {
      ids.push(id);
      await api.call("DELETE", `/bins/${id}`);
    }
    after = `&after=${page.next}`;
  }
  expect(ids).toHaveLength(3);
  expect((await api.call("GET", "/bins")).json().data).toEqual([]);
});

test("a `since` before all events matches every row, and such an `until` matches none", async ({ api }) => {
  await fill(api);
  await feedsAreComplete(api.pool);
  for (const list of ["/events", "/deliveries", "/events?order=oldest"]) {
    const all = (await api.call("GET", list)).json().data;
    expect(all.length).toBeGreaterThan(0);
    for (const time of ["0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"]) {
      const request = (name: string) => api.call("GET", `${list}${list.includes("?") ? "&" : "?"}${name}=${time}`);
      expect([list, time, (await request("since")).json().data]).toEqual([list, time, all]);
      expect([list, time, (await request("until")).json().data]).toEqual([list, time, []]);
    }
  }
  const { data } = (await api.call("GET", "/endpoints")).json();
  const payload = { endpoint_id: data[0].id, since: "0001-01-01T00:00:00Z", only: "all", dry_run: true };
  expect((await api.call("POST", "/replays", { payload })).statusCode).toBe(200);
});

test("ids of 16 digits, which rows have from September 2027 on, page and filter like shorter ones", async ({ api }) => {
  const { pool, provider } = api;
  const providerId = provider.id;
  const endpointId = 1_000_000_000_000_000 + (await buildEndpoint(pool, { providerId, url: "http://127.0.0.1:9/" }));
  await pool.query(
    `with endpoint as (update endpoints set id = $2 where provider_id = $1)
     update lanes set endpoint_id = $2 where provider_id = $1`,
    [providerId, endpointId],
  );
  await pool.inTransaction((tx) => recordIn(tx, { providerId }, [anEvent({ objectId: 1 }), anEvent({ objectId: 2 })]));

  const first = (await api.call("GET", "/deliveries?limit=1")).json();
  const second = (await api.call("GET", `/deliveries?limit=1&after=${first.next}`)).json();
  expect([...first.data, ...second.data]).toMatchObject([{ endpoint_id: endpointId }, { endpoint_id: endpointId }]);
  expect((await api.call("GET", `/events?actor=developer:${endpointId}`)).json().data).toEqual([]);
});
