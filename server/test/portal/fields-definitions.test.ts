import { expect } from "vitest";
import {
  createFieldsDefinition,
  deleteFieldsDefinition,
  readFieldsDefinitions,
  updateFieldsDefinition,
} from "#portal/fields/index.ts";
import { test } from "../support/test.ts";
import { now, setUp } from "./portal-fixture.ts";

const by = { actor: { kind: "key" }, channel: "api", now } as const;

test("a new field is last, and can be moved", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const providerId = provider.id;
  const values = { target: "User", name: "team", label: "Team" };
  const created = await createFieldsDefinition(pool, { providerId, values, by });
  if (!("definition" in created)) throw new Error(JSON.stringify(created));
  const namesOfUsers = async (): Promise<string[]> =>
    (await readFieldsDefinitions(pool, providerId)).filter((each) => each.target === "User").map(({ name }) => name);
  expect(await namesOfUsers()).toEqual(["username", "email", "team"]);

  const { id } = created.definition;
  expect(
    await updateFieldsDefinition(pool, { providerId, id, values: { position: "1", label: "Crew" }, by }),
  ).toMatchObject({ definition: { position: 1, label: "Crew", name: "team" } });
  expect(await namesOfUsers()).toEqual(["team", "username", "email"]);
});

test("a field name is unique per target", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const create = (target: string): ReturnType<typeof createFieldsDefinition> =>
    createFieldsDefinition(pool, { providerId: provider.id, values: { target, name: "tier", label: "Tier" }, by });
  expect(await create("User")).toHaveProperty("definition");
  expect(await create("Account")).toHaveProperty("definition");
  expect(await create("User")).toEqual({ refused: { name: ["has already been taken"] } });
});

test("permanent fields and fields of another provider cannot be deleted", async ({ sharedPool: pool }) => {
  const [{ provider }, other] = [await setUp(pool), await setUp(pool)];
  for (const { id, name } of await readFieldsDefinitions(pool, provider.id)) {
    expect(await deleteFieldsDefinition(pool, { providerId: other.provider.id, id, by })).toBeUndefined();
    const outcome = await deleteFieldsDefinition(pool, { providerId: provider.id, id, by });
    expect(outcome).toMatchObject(name === "description" ? { definition: { name } } : { notAllowed: "always there" });
  }
});
