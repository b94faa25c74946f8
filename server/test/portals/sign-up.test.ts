import { expect } from "vitest";
import { password, test } from "./portal-test.ts";

const filledIn = {
  org_name: "Tallow Ltd",
  username: "ada",
  email: "ada@tallow.example",
  password,
  password_confirmation: password,
};

test("a sign-up makes an account, signs its developer in and lands on the application with its key", async ({ house }) => {
  const ada = house.visitor("developer");

  const answer = await ada.submit("/signup", filledIn);

  expect(answer.status).toBe(303);
  expect(answer.location).toMatch(/^\/applications\/\d+\?signed_up$/);
  expect(String(answer.headers["set-cookie"])).toMatch(/bellwire_developer=[0-9a-f]{64}; .*HttpOnly; Secure; SameSite=Lax/);
  const page = await ada.get(answer.location ?? "");
  expect(page.status).toBe(200);
  expect(page.html).toContain("Tallow Ltd&#39;s App");
  expect(page.html).toMatch(/id="user-key-\d+" class="key" value="[0-9a-f]{32}"/);
});
