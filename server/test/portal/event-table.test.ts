import { expect } from "vitest";
import type { ChangeContext } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { type EventInterface, eventCatalogue } from "#webhooks/events/index.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { accountOperations } from "./event-table/account-operations.ts";
import { applicationOperations } from "./event-table/application-operations.ts";
import { keyOperations } from "./event-table/key-operations.ts";
import type { OperationRow, OutOfScope, Scene, Via } from "./event-table/operation-row.ts";
import { userOperations } from "./event-table/user-operations.ts";
import { byForm, now, setUp, signUp } from "./portal-fixture.ts";

const table: readonly (OperationRow | OutOfScope)[] = [
  ...accountOperations,
  ...userOperations,
  ...applicationOperations,
  ...keyOperations,
];

const later = new Date(now.getTime() + 60_000);

function byOf(via: Via, userId: number): ChangeContext {
  switch (via) {
    case "developer":
      return { actor: { kind: "developer", userId }, channel: "developer_portal", now: later };
    case "admin":
      return { actor: { kind: "admin", userId: 1 }, channel: "admin_portal", now: later };
    case "token":
      return { actor: { kind: "token", userId: 1 }, channel: "api", now: later };
    case "key":
      return { actor: { kind: "key" }, channel: "api", now: later };
  }
}

async function sceneFor(pool: Pool, via: Via): Promise<Scene> {
  const { provider, product } = await setUp(pool);
  const { details, user, applications } = await signUp(pool, { provider, by: byForm });
  const { id: accountId } = details.account;
  return { pool, provider, product, accountId, user, applications, by: byOf(via, user.id), before: byOf("token", 1) };
}

const eventsStatement = `select type, actor_kind as actor from events where provider_id = $1 and not id = any($2) order by id`;

const deliveriesStatement = `
  select event.type
  from due join events as event on event.provider_id = due.provider_id and event.id = due.event_id
  where due.provider_id = $1 and due.endpoint_id = $2 and not due.event_id = any($3)
  order by event.id`;

const cases = table.flatMap((each) =>
  "via" in each ? each.via.map((via) => [each.row, each.operation, via, each] as const) : [],
);

test.for(cases)(
  "%s %s: by %s, exactly its events and their deliveries",
  async ([, , via, row], { sharedPool: pool }) => {
    const scene = await sceneFor(pool, via);
    const providerId = scene.provider.id;
    await row.prepare?.(scene);
    const earlier = (
      await pool.query<{ id: string }>(`select id from events where provider_id = $1`, [providerId])
    ).map(({ id }) => id);
    // The default endpoint, one that also gets changes by admins, and one that gets changes by all actors.
    const url = "http://127.0.0.1:9/hook";
    const off = await buildEndpoint(pool, { providerId, url });
    const on = await buildEndpoint(pool, { providerId, url, name: "admins", providerActions: true });
    const all = await buildEndpoint(pool, { providerId, url, name: "all", providerActions: true, allActors: true });

    await row.act(scene);

    const actor = row.actor ?? via;
    const delivered = async (endpointId: number): Promise<string[]> =>
      (await pool.query<{ type: string }>(deliveriesStatement, [providerId, endpointId, earlier])).map(
        ({ type }) => type,
      );
    expect({
      events: await pool.query(eventsStatement, [providerId, earlier]),
      deliveries: await delivered(off),
      withAdminActions: await delivered(on),
      withAllActors: await delivered(all),
    }).toEqual({
      events: row.events.map((type) => ({ type, actor })),
      deliveries: actor === "developer" ? row.events : [],
      withAdminActions: actor === "key" || actor === "system" ? [] : row.events,
      withAllActors: row.events,
    });
  },
);

const interfaceOf: Readonly<Record<Via, EventInterface>> = {
  developer: "developer_portal",
  admin: "admin_portal",
  token: "api",
  key: "api",
};

test.for(eventCatalogue)("the catalogue names exactly the interfaces that cause $type", ({ type, interfaces }) => {
  const firing = cases.filter(([, , , { events }]) => events.includes(type));
  const actors = new Set(firing.map(([, , via, { actor }]) => (actor === "system" ? "background" : interfaceOf[via])));
  expect([...interfaces].toSorted()).toEqual([...actors].toSorted());
});

/** Operations of 3scale in scope, by actor. The provider key can do everything that a token can. */
const offered: Readonly<Record<Via, string>> = {
  developer: "A1 A7 A9 A12 A15 U2 U3 U4 U6 U8 U9 U10 P1 P2 P4 P5 P11 P12 P13 P14 P15",
  admin: "A6 A7 A8 A9 A11 A14 A15 U3 U4 U5 U7 U8 P1 P2 P3 P4 P5 P6 P7 P8 P9 P10 P11 P12 P13 P14 P15 P16 P17 P19",
  token: "A3 A4 A7 A8 A9 A11 A12 A15 U1 U3 U4 U5 U7 U8 P1 P2 P3 P5 P6 P7 P8 P9 P11 P12 P13 P15 P16 P17",
  key: "A5 A7 A8 A9 A11 A12 A15 U1 U3 U4 U5 U7 U8 P1 P2 P3 P5 P6 P7 P8 P9 P11 P12 P13 P15 P16 P17",
};

test.for(["developer", "admin", "token", "key"] as const)("the table contains every operation of a %s", (via) => {
  const done = new Set(cases.filter(([, , by]) => by === via).map(([row]) => row));
  expect(offered[via].split(" ").filter((row) => !done.has(row))).toEqual([]);
});

test("the table contains every operation, or the reason why it is out of scope", () => {
  const numbered = (letter: string, last: number): string[] =>
    Array.from({ length: last }, (_, at) => `${letter}${at + 1}`);
  const all = [...numbered("A", 15), ...numbered("U", 10), ...numbered("P", 19)];
  expect(new Set(table.map(({ row }) => row))).toEqual(new Set(all));
});
