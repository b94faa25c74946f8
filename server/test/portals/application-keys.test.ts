import { expect } from "vitest";
import { firstApplicationPath, updateProduct, test } from "./portal-test.ts";

const byAda = "by developer ada in developer_portal";

test("a user key is replaced after a confirmation", async ({ portal }) => {
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await portal.newEvents();
  const keyOn = async (): Promise<string | undefined> => /value="([0-9a-f]{32})"/.exec((await ada.get(path)).html)?.[1];
  const before = await keyOn();
  await ada.get(`${path}/user-key`);
  expect(await keyOn()).toBe(before);

  expect((await ada.submit(`${path}/user-key`)).location).toBe(`${path}?done=key-regenerated`);

  expect(await keyOn()).toMatch(/^[0-9a-f]{32}$/);
  expect(await keyOn()).not.toBe(before);
  expect(await portal.newEvents()).toEqual([
    `application.key_updated ${byAda}`,
    `application.user_key_updated ${byAda}`,
  ]);
  expect((await ada.get(`${path}/keys`)).status).toBe(404);
});

test("keys can be added, custom or generated, regenerated and deleted, except the last one", async ({ portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await portal.newEvents();
  const pagesOn = async (page: string): Promise<readonly string[]> => {
    const { html } = await ada.get(`${path}/keys`);
    return [...html.matchAll(new RegExp(`href="([^"]*/${page})"`, "g"))].map(([, href = ""]) => href);
  };
  const [onlyKey = ""] = await pagesOn("regenerate");
  expect(await pagesOn("delete")).toEqual([]);
  const refused = await ada.submit(onlyKey.replace("regenerate", "delete"));
  expect(refused.status).toBe(422);
  expect(refused.html).toContain("An application needs at least one key");

  expect((await ada.submit(`${path}/keys`, { value: "my-own-key" })).location).toBe(`${path}/keys?done=key-added`);
  expect((await ada.submit(`${path}/keys`, { value: "" })).status).toBe(303);
  expect((await ada.get(`${path}/keys`)).html).toContain('value="my-own-key"');
  expect(await portal.newEvents()).toEqual([`application.key_created ${byAda}`, `application.key_created ${byAda}`]);

  const [doomed = ""] = await pagesOn("delete");
  expect(doomed).not.toContain("my-own-key");
  expect((await ada.submit(doomed)).status).toBe(303);
  expect((await ada.get(doomed)).status).toBe(404);
  expect(await portal.newEvents()).toEqual([`application.key_deleted ${byAda}`]);

  const [old = ""] = await pagesOn("regenerate");
  expect((await ada.submit(old)).status).toBe(303);
  expect(await pagesOn("regenerate")).not.toContain(old);
  expect(await portal.newEvents()).toEqual(
    ["key_deleted", "key_created", "updated", "key_updated"].map((action) => `application.${action} ${byAda}`),
  );
});

test.for([
  ["abc", /id="value-error">Key is too short/],
  ["two words", /id="value-error">Key is invalid/],
  ["TAKEN-key", /id="value-error">Key has already been taken/],
] as const)("the key %j is rejected with an error at the field", async ([value, words], { portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await ada.submit(`${path}/keys`, { value: "taken-key" });
  const { status, html } = await ada.submit(`${path}/keys`, { value });
  expect(status).toBe(422);
  expect(html).toMatch(words);
  expect(html).toContain(`value="${value}"`);
});

test("the keys page shows how many keys can be added, and rejects a sixth key", async ({ portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const { html: atFirst } = await ada.get(`${path}/keys`);
  expect(atFirst).toContain("You can add 4 more.");
  const form = ada.hiddenInputs(atFirst, `${path}/keys`);
  for (let key = 2; key <= 5; key += 1) await ada.submit(`${path}/keys`);

  const full = "An application can have 5 keys. Delete one to add another.";
  const { html } = await ada.get(`${path}/keys`);
  expect(html).toContain(full);
  expect(html).not.toContain("<h2>Add a key</h2>");
  const refused = await ada.post(`${path}/keys`, { ...form, value: "two words" });
  expect(refused.status).toBe(422);
  expect(refused.html.split(full)).toHaveLength(2);
  expect(refused.html).toMatch(new RegExp(`role="alert"[^>]*>${full}`));
  expect(refused.html).not.toContain('href="#value"');
});

test("a client secret can be regenerated, but a second one cannot be added", async ({ portal }) => {
  await updateProduct(portal, "backend_version = 'oauth'");
  const ada = await portal.developer("ada");
  const { html } = await ada.get(`${await firstApplicationPath(ada)}/keys`);
  expect(html).toContain("A client has one secret. Regenerate it to replace it.");
  expect(html).not.toContain("<h2>Add");
});

test("developers only see keys if the product reserves their management", async ({ portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  const { html } = await ada.get(`${path}/keys`);
  const csrf = ada.hiddenInputs(html, `${path}/keys`);
  const [, key] = /keys\/([0-9a-f]{16})\/regenerate/.exec(html) ?? [];
  await updateProduct(portal, "buyers_manage_keys = false");
  await portal.newEvents();

  expect((await ada.get(`${path}/keys`)).html).not.toContain("<h2>Add a key</h2>");
  for (const page of ["keys", `keys/${key}/delete`, `keys/${key}/regenerate`]) {
    expect((await ada.post(`${path}/${page}`, csrf)).status, page).toBe(403);
  }
  expect(await portal.newEvents()).toEqual([]);
});

test("the forms of a key show its value, but not in the title", async ({ portal }) => {
  await updateProduct(portal, "backend_version = '2'");
  const ada = await portal.developer("ada");
  const path = await firstApplicationPath(ada);
  await ada.submit(`${path}/keys`, { value: "my-own-key" });
  const { html: list } = await ada.get(`${path}/keys`);
  for (const page of ["delete", "regenerate"]) {
    const [, href = ""] = new RegExp(`href="([^"]*/${page})" aria-label="[^"]* my-own-key"`).exec(list) ?? [];
    const { html } = await ada.get(href);
    expect(html).toContain("<code>my-own-key</code>");
    expect(html).toMatch(/<title>[^<]* the key\? [^<]*<\/title>/);
  }

  await updateProduct(portal, "backend_version = 'oauth'");
  const [, secret = ""] = /href="([^"]*\/regenerate)"/.exec(list) ?? [];
  expect((await ada.get(secret)).html).toContain("<h1>Regenerate the client secret?</h1>");
});
