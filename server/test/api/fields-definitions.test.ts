import { expect } from "vitest";
import { test } from "./api-test.ts";

const region = { target: "Account", name: "region", label: "Region" };

test("a defined field is stored and returned until its definition is deleted", async ({ api }) => {
  const { id } = (await api.send("POST", "/fields_definitions.json", { payload: region })).json().fields_definition;
  const payload = { org_name: "Quay Ltd", username: "quay", region: "emea" };
  const { account } = (await api.send("POST", "/signup.json", { payload })).json();

  expect(account.region).toBe("emea");
  expect((await api.send("DELETE", `/fields_definitions/${id}.json`)).statusCode).toBe(200);
  expect((await api.send("GET", `/accounts/${account.id}.json`)).json().account).not.toHaveProperty("region");
});

test("a program may store another text than the choices of a field, as in 3scale", async ({ api }) => {
  await api.send("POST", "/fields_definitions.json", { payload: { ...region, choices: ["emea", "apac"] } });
  const payload = { org_name: "Quay Ltd", username: "quay", region: "latam" };
  const { account } = (await api.send("POST", "/signup.json", { payload })).json();
  const update = await api.send("PUT", `/accounts/${account.id}.json`, { payload: { region: "nordics" } });

  expect([account.region, update.statusCode, update.json().account.region]).toEqual(["latam", 200, "nordics"]);
});

test("a built-in field cannot be deleted", async ({ api }) => {
  const { fields_definitions: all } = (await api.send("GET", "/fields_definitions.json")).json<{
    fields_definitions: { fields_definition: { id: number; name: string } }[];
  }>();
  const orgName = all.find((each) => each.fields_definition.name === "org_name");
  const response = await api.send("DELETE", `/fields_definitions/${orgName?.fields_definition.id}.json`);

  expect([response.statusCode, response.json()]).toEqual([
    403,
    { errors: { base: ["Built-in fields cannot be deleted"] } },
  ]);
});

test("contradicting settings and reserved or taken names are rejected by field", async ({ api }) => {
  await api.send("POST", "/fields_definitions.json", { payload: region });
  const wrong = async (payload: object): Promise<readonly string[]> =>
    Object.keys(
      (await api.send("POST", "/fields_definitions.json", { payload: { ...region, ...payload } })).json().errors,
    );

  expect(await wrong({})).toEqual(["name"]);
  expect(await wrong({ name: "state" })).toEqual(["name"]);
  expect(await wrong({ name: "constructor" })).toEqual(["name"]);
  expect(await wrong({ name: "team", required: true, hidden: true })).toContain("required");
  expect(await wrong({ name: "team", target: "Planet" })).toContain("target");
});

test("definitions changed by another process apply immediately to reads and writes", async ({ api }) => {
  const payload = { org_name: "Quay Ltd", username: "quay" };
  const { id } = (await api.send("POST", "/signup.json", { payload })).json().account;
  const write = async (value: string) =>
    (await api.send("PUT", `/accounts/${id}.json`, { payload: { region: value } })).json().account?.region;
  const read = async () => (await api.send("GET", `/accounts/${id}.json`)).json().account?.region;
  const elsewhere = (text: string) => api.pool.query(text, [api.provider.id]);

  expect([await write("emea"), await read()]).toEqual([undefined, undefined]);
  await elsewhere(`insert into fields_definitions (provider_id, target, name, label, position)
    values ($1, 'Account', 'region', 'Region', 2)`);
  expect([await write("emea"), await read()]).toEqual(["emea", "emea"]);
  await elsewhere("delete from fields_definitions where provider_id = $1 and name = 'region'");
  expect([await read(), await write("apac")]).toEqual([undefined, undefined]);
});
