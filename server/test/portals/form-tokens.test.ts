import { expect } from "vitest";
import { routesOf } from "../http/routes-of.ts";
import { password, signUpValues, test } from "./portal-test.ts";

const elsewhere = { origin: "https://elsewhere.example" };

test("every form of both portals requires its token and the same origin", async ({ portal, http }) => {
  portal.buildWeb();
  await http.ready();
  const [ada, boss] = [await portal.developer("ada"), await portal.signedIn("boss")];
  const adaToken = ada.hiddenInputs((await ada.get("/account/details")).html, "/account/details");
  const bossToken = { form_token: (await boss.session()).csrfToken };
  await portal.newEvents();

  const paths = routesOf(http).flatMap(({ method, path }) => (method === "POST" ? [path] : []));
  expect(paths.length).toBeGreaterThan(20); // fails if the routes are no longer found
  for (const template of paths) {
    const path = template.replaceAll(/:\w+/g, "1");
    // The form of a mailed link is shown again, and this link has expired.
    const refused = template.endsWith("/:code") ? 404 : 403;
    const [visitor, token] = path.startsWith("/p/") ? [boss, bossToken] : [ada, adaToken];
    expect((await visitor.post(path, {})).status, path).toBe(refused);
    expect((await visitor.post(path, { form_token: "wrong" })).status, path).toBe(refused);
    expect((await visitor.post(path, token, elsewhere)).status, path).toBe(403);
    expect((await visitor.post(path, token, { "sec-fetch-site": "same-site" })).status, path).toBe(403);
  }
  expect(await portal.newEvents()).toEqual([]);
  expect((await ada.get("/account")).status).toBe(200);
  expect((await boss.get("/p/admin")).status).toBe(200);
});

test("a visitor's form that another site sends is refused, even with a valid token", async ({ portal }) => {
  portal.buildWeb();
  const forms = [
    ["developer", "/signup", signUpValues("eve")],
    ["developer", "/login", { username: "ada", password }],
    ["developer", "/lost-password", { email: "ada@tallow.example" }],
    ["admin", "/p/login", { username: "boss", password }],
  ] as const;
  await portal.developer("ada");
  await portal.newEvents();
  for (const [side, path, fields] of forms)
    for (const headers of [elsewhere, { "sec-fetch-site": "cross-site" }])
      expect((await portal.visitor(side).submit(path, fields, headers)).status, path).toBe(403);
  expect(await portal.newEvents()).toEqual([]);
});
