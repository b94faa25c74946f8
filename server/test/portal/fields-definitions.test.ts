import { expect } from "vitest";
import { createFieldsDefinition, readFieldsDefinitions, updateFieldsDefinition } from "#portal/fields/index.ts";
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
