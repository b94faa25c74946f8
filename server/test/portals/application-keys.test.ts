import { expect } from "vitest";
import { changeProduct } from "./change-product.ts";
import { firstPath } from "./first-path.ts";
import { test } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

test("a user key is regenerated after a question, and the old one is gone", async ({ house }) => {
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.told();
  const keyOn = async (): Promise<string | undefined> => /value="([0-9a-f]{32})"/.exec((await ada.get(path)).html)?.[1];
  const before = await keyOn();
  await ada.get(`${path}/user-key`);
  expect(await keyOn()).toBe(before);

  expect((await ada.submit(`${path}/user-key`)).location).toBe(`${path}?done=key-regenerated`);

  expect(await keyOn()).toMatch(/^[0-9a-f]{32}$/);
  expect(await keyOn()).not.toBe(before);
  expect(await house.told()).toEqual([`application.key_updated ${byAda}`, `application.user_key_updated ${byAda}`]);
  expect((await ada.get(`${path}/keys`)).status).toBe(404);
});

test("keys are added, given or made by us, regenerated and deleted, and the last one stays", async ({ house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await house.told();
  const pagesOn = async (page: string): Promise<readonly string[]> => {
    const { html } = await ada.get(`${path}/keys`);
    return [...html.matchAll(new RegExp(`href="([^"]*/${page})"`, "g"))].map(([, href = ""]) => href);
  };
  const [onlyKey = ""] = await pagesOn("regenerate");
  expect(await pagesOn("delete")).toEqual([]);
  const refused = await ada.submit(onlyKey.replace("regenerate", "delete"));
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("This is the last key");

  expect((await ada.submit(`${path}/keys`, { value: "my-own-key" })).location).toBe(`${path}/keys?done=key-added`);
  expect((await ada.submit(`${path}/keys`, { value: "" })).status).toBe(303);
  expect((await ada.get(`${path}/keys`)).html).toContain('value="my-own-key"');
  expect(await house.told()).toEqual([`application.key_created ${byAda}`, `application.key_created ${byAda}`]);

  const [doomed = ""] = await pagesOn("delete");
  expect(doomed).not.toContain("my-own-key");
  expect((await ada.submit(doomed)).status).toBe(303);
  expect((await ada.get(doomed)).status).toBe(404);
  expect(await house.told()).toEqual([`application.key_deleted ${byAda}`]);

  const [old = ""] = await pagesOn("regenerate");
  expect((await ada.submit(old)).status).toBe(303);
  expect(await pagesOn("regenerate")).not.toContain(old);
  expect(await house.told()).toEqual(
    ["key_deleted", "key_created", "updated", "key_updated"].map((action) => `application.${action} ${byAda}`),
  );
});

test.for([
  ["abc", /id="value-error">Key is too short/],
  ["two words", /id="value-error">Key is invalid/],
  ["TAKEN-key", /id="value-error">Key has already been taken/],
] as const)("the key %j is refused beside the field", async ([value, words], { house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await ada.submit(`${path}/keys`, { value: "taken-key" });
  const { status, html } = await ada.submit(`${path}/keys`, { value });
  expect(status).toBe(422);
  expect(html).toMatch(words);
  expect(html).toContain(`value="${value}"`);
});

test("an application says for how many keys more there is room, and of a sixth that five are all", async ({
  house,
}) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const { html: atFirst } = await ada.get(`${path}/keys`);
  expect(atFirst).toContain("There is room for 4 more.");
  const form = ada.hiddenInputs(atFirst, `${path}/keys`);
  for (let key = 2; key <= 5; key += 1) await ada.submit(`${path}/keys`);

  const full = "An application has 5 keys at most: to add another, delete one first.";
  const { html } = await ada.get(`${path}/keys`);
  expect(html).toContain(full);
  expect(html).not.toContain("<h2>Add a key</h2>");
  const refused = await ada.post(`${path}/keys`, { ...form, value: "two words" });
  expect(refused.status).toBe(422);
  expect(refused.html.split(full)).toHaveLength(2);
  expect(refused.html).toMatch(new RegExp(`role="alert">${full}`));
  expect(refused.html).not.toContain('href="#value"');
});

test("a client, which has its one secret, is offered no other but in its place", async ({ house }) => {
  await changeProduct(house, "backend_version = 'oauth'");
  const ada = await house.developer("ada");
  const { html } = await ada.get(`${await firstPath(ada)}/keys`);
  expect(html).toContain("A client has one secret: regenerate it to get another.");
  expect(html).not.toContain("<h2>Add");
});

test("where the provider keeps keys to itself, developers only see them", async ({ house }) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  const { html } = await ada.get(`${path}/keys`);
  const csrf = ada.hiddenInputs(html, `${path}/keys`);
  const [, key] = /keys\/([0-9a-f]{16})\/regenerate/.exec(html) ?? [];
  await changeProduct(house, "buyers_manage_keys = false");
  await house.told();

  expect((await ada.get(`${path}/keys`)).html).not.toContain("<h2>Add a key</h2>");
  for (const page of ["keys", `keys/${key}/delete`, `keys/${key}/regenerate`]) {
    expect((await ada.post(`${path}/${page}`, csrf)).status, page).toBe(403);
  }
  expect(await house.told()).toEqual([]);
});

test("who deletes or regenerates a key sees which one, but the title, which a browser remembers, does not say", async ({
  house,
}) => {
  await changeProduct(house, "backend_version = '2'");
  const ada = await house.developer("ada");
  const path = await firstPath(ada);
  await ada.submit(`${path}/keys`, { value: "my-own-key" });
  const { html: list } = await ada.get(`${path}/keys`);
  for (const page of ["delete", "regenerate"]) {
    const [, href = ""] = new RegExp(`href="([^"]*/${page})" aria-label="[^"]* my-own-key"`).exec(list) ?? [];
    const { html } = await ada.get(href);
    expect(html).toContain("<code>my-own-key</code>");
    expect(html).toMatch(/<title>[^<]* the key\? [^<]*<\/title>/);
  }

  await changeProduct(house, "backend_version = 'oauth'");
  const [, secret = ""] = /href="([^"]*\/regenerate)"/.exec(list) ?? [];
  expect((await ada.get(secret)).html).toContain("<h1>Regenerate the client secret?</h1>");
});
