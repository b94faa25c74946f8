import { expect } from "vitest";
import type { By } from "#access/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { buildEndpoint } from "../support/build-webhooks.ts";
import { test } from "../support/test.ts";
import { accountOperations } from "./event-table/account-operations.ts";
import { applicationOperations } from "./event-table/application-operations.ts";
import { keyOperations } from "./event-table/key-operations.ts";
import type { OperationRow, OutOfScope, Scene, Via } from "./event-table/operation-row.ts";
import { userOperations } from "./event-table/user-operations.ts";
import { byForm, now, setUp, signUp } from "./house.ts";

const table: readonly (OperationRow | OutOfScope)[] = [
  ...accountOperations,
  ...userOperations,
  ...applicationOperations,
  ...keyOperations,
];

const later = new Date(now.getTime() + 60_000);

function byOf(via: Via, userId: number): By {
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
  const { whole, user, applications } = await signUp(pool, { provider, by: byForm });
  const { id: accountId } = whole.account;
  return { pool, provider, product, accountId, user, applications, by: byOf(via, user.id), before: byOf("token", 1) };
}

const eventsStatement = `select type, actor_kind as actor from events where provider_id = $1 and not id = any($2) order by id`;

const deliveriesStatement = `
  select event.type
  from due join events as event on event.provider_id = due.provider_id and event.id = due.event_id
  where due.provider_id = $1 and due.endpoint_id = $2 and not due.event_id = any($3)
  order by event.id`;

const cases = table.flatMap((it) => ("via" in it ? it.via.map((via) => [it.row, it.operation, via, it] as const) : []));

test.for(cases)(
  "%s %s: by %s, exactly its events and their deliveries",
  async ([, , via, row], { sharedPool: pool }) => {
    const scene = await sceneFor(pool, via);
    const providerId = scene.provider.id;
    await row.given?.(scene);
    const earlier = (
      await pool.query<{ id: string }>(`select id from events where provider_id = $1`, [providerId])
    ).map(({ id }) => id);
    // The default endpoint, and one that differs in the switch "Actions in the admin portal also trigger webhooks" alone.
    const url = "http://127.0.0.1:9/hook";
    const off = await buildEndpoint(pool, { providerId, url });
    const on = await buildEndpoint(pool, { providerId, url, name: "with admin actions", providerActions: true });

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
    }).toEqual({
      events: row.events.map((type) => ({ type, actor })),
      deliveries: actor === "developer" ? row.events : [],
      withAdminActions: actor === "key" || actor === "system" ? [] : row.events,
    });
  },
);

test("every operation is in the table, if only to say why it is not there to be done", () => {
  const numbered = (letter: string, last: number): string[] =>
    Array.from({ length: last }, (_, at) => `${letter}${at + 1}`);
  const all = [...numbered("A", 15), ...numbered("U", 10), ...numbered("P", 19)];
  expect(new Set(table.map(({ row }) => row))).toEqual(new Set(all));
});
