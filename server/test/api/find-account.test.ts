import { expect } from "vitest";
import { test } from "./api-test.ts";

test("an account is found by username, else user_id, else email, without fallback from a wrong one", async ({
  api,
}) => {
  const payload = { org_name: "Quay", username: "mira", email: "mira@quay.example" };
  const { account } = (await api.ask("POST", "/signup.json", { payload })).json();
  const [user] = (await api.ask("GET", `/accounts/${account.id}/users.json`)).json().users;
  const find = async (query: string): Promise<unknown> => {
    const answer = await api.ask("GET", `/accounts/find.json?${query}`);
    return answer.statusCode === 200 ? answer.json().account.id : answer.statusCode;
  };

  expect(await find("username=mira")).toBe(account.id);
  expect(await find(`user_id=${user.user.id}`)).toBe(account.id);
  expect(await find("email=mira@quay.example")).toBe(account.id);
  expect(await find("username=mira&user_id=0&email=nobody@quay.example")).toBe(account.id);
  expect(await find("username=nobody&email=mira@quay.example")).toBe(404);
  expect(await find("user_id=0&email=mira@quay.example")).toBe(404);
  expect(await find("")).toBe(404);
});

test("another provider's account is not found by any parameter", async ({ api, neighbour }) => {
  const payload = { org_name: "Quay", username: "mira", email: "mira@quay.example" };
  const { account } = (await neighbour.ask("POST", "/signup.json", { payload })).json();
  const [user] = (await neighbour.ask("GET", `/accounts/${account.id}/users.json`)).json().users;
  for (const query of ["username=mira", `user_id=${user.user.id}`, "email=mira@quay.example"]) {
    expect([query, (await api.ask("GET", `/accounts/find.json?${query}`)).statusCode]).toEqual([query, 404]);
  }
});
