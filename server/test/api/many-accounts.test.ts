import { expect } from "vitest";
import { test, type ProviderApi } from "./api-test.ts";

/** Inserts accounts without users and applications. */
const insertAccounts = ({ pool, provider }: ProviderApi, count: number): Promise<unknown> =>
  pool.query(
    `insert into accounts (provider_id, org_name, plan_id)
     select $1, 'Account ' || number, (select id from plans where provider_id = $1 and kind = 'account_plan')
     from generate_series(1, $2::integer) as number`,
    [provider.id, count],
  );

test("600 accounts are two pages with metadata, and each account is on one of them", async ({ api, otherApi }) => {
  await insertAccounts(otherApi, 50);
  await insertAccounts(api, 600);
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map((page) => api.send("GET", `/accounts.xml?page=${page}`)),
  );
  const json = await api.send("GET", "/accounts.json?page=2");

  const idsOf = (body = ""): readonly string[] => Array.from(body.matchAll(/<account><id>(\d+)/g), ([, id = ""]) => id);
  expect(first?.body).toMatch(
    /^<\?xml[^>]*\?><accounts per_page="500" total_entries="600" total_pages="2" current_page="1"><account>/,
  );
  expect([idsOf(first?.body).length, idsOf(second?.body).length]).toEqual([500, 100]);
  expect(new Set([...idsOf(first?.body), ...idsOf(second?.body)]).size).toBe(600);
  expect(third?.body).toMatch(/current_page="3"><\/accounts>$/);
  expect(json.json().metadata).toEqual({ per_page: 500, total_entries: 600, total_pages: 2, current_page: 2 });
});

test("a search matches the organization's name and its users' names and email addresses, in pages", async ({
  api,
  otherApi,
}) => {
  await insertAccounts(api, 30);
  const mira = { org_name: "Quay 50% Ltd", username: "mira", email: "Mira@Pier.example" };
  for (const each of [api, otherApi]) await each.send("POST", "/signup.json", { payload: mira });
  const find = async (query: string, more = "") => {
    const response = await api.send("GET", `/accounts.json?query=${encodeURIComponent(query)}${more}`);
    const { accounts, metadata } = response.json<{
      accounts: { account: { org_name: string } }[];
      metadata?: object;
    }>();
    return { names: accounts.map(({ account }) => account.org_name), metadata };
  };

  for (const part of ["quay", " 50% ", "MIRA", "@pier"]) expect(await find(part)).toEqual({ names: [mira.org_name] });
  expect(await find("nobody")).toEqual({ names: [] });
  expect(await find("mira", "&state=rejected")).toEqual({ names: [] });
  expect((await find("")).names).toHaveLength(31);
  expect(await find("account 1", "&per_page=4&page=3")).toEqual({
    names: ["Account 17", "Account 18", "Account 19"],
    metadata: { per_page: 4, total_entries: 11, total_pages: 3, current_page: 3 },
  });
});
