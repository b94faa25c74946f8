import { expect } from "vitest";
import { routesOf } from "../doors/routes-of.ts";
import { test } from "./portal-test.ts";

const elsewhere = { origin: "https://elsewhere.example" };

test("no form of either portal is taken without its token, or from another site", async ({ house, http }) => {
  house.buildWeb();
  await http.ready();
  const [ada, boss] = [await house.developer("ada"), await house.signedIn("boss")];
  const tokenOfAda = ada.hiddenInputs((await ada.get("/account/details")).html, "/account/details");
  const tokenOfBoss = { form_token: (await boss.session()).csrfToken };
  await house.told();

  const paths = routesOf(http).flatMap(({ method, path }) => (method === "POST" ? [path] : []));
  expect(paths.length).toBeGreaterThan(20); // else they are no longer found
  for (const path of paths.map((it) => it.replaceAll(/:\w+/g, "1"))) {
    const [visitor, token] = path.startsWith("/p/") ? [boss, tokenOfBoss] : [ada, tokenOfAda];
    expect((await visitor.post(path, {})).status, path).toBe(403);
    expect((await visitor.post(path, { form_token: "wrong" })).status, path).toBe(403);
    expect((await visitor.post(path, token, elsewhere)).status, path).toBe(403);
    expect((await visitor.post(path, token, { "sec-fetch-site": "same-site" })).status, path).toBe(403);
  }
  expect(await house.told()).toEqual([]);
  expect((await ada.get("/account")).status).toBe(200);
  expect((await boss.get("/p/admin")).status).toBe(200);
});
