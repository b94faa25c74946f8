import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { TenantCache, defaultCell } from "#cells/index.ts";
import { expect } from "vitest";
import { findAccessToken, findProviderUserByLogin } from "#access/index.ts";
import { setUpFirstProvider, setUpProvider } from "#portal/provider-account/index.ts";
import { providerSetupErrors } from "#portal/provider-account/set-up-provider.ts";
import { Secret } from "#platform/config/parsers.ts";
import { createFindTenant, findProviderByKey } from "#portal/providers/index.ts";
import { type FirstSetUp, setUpFirst } from "../../src/app/first-start.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { makeEmptyDataDir } from "../support/empty-data-dir.ts";
import { test } from "../support/test.ts";
import { openPool } from "#platform/database/pool.ts";
import { schema } from "../support/test-databases.ts";
import { now, setUp } from "./portal-fixture.ts";
import { passwords } from "../support/passwords.ts";

/** Names the files of credentials that no start has printed yet. */
const credentialFiles = async (folder: string): Promise<readonly string[]> =>
  (await readdir(folder)).filter((name) => /^first-set-up(?!\.lock)/.test(name));

const setup = { name: "Acme", subdomain: "acme", adminUsername: "admin", adminPassword: "a long password", now };

test("two processes that find an empty database create one provider", async ({ database }) => {
  const outcomes = await Promise.all([1, 2, 3].map(() => setUpFirstProvider(database, passwords, setup)));
  expect(outcomes.filter((each) => each !== undefined)).toHaveLength(1);
  expect(await setUpFirstProvider(database, passwords, { ...setup, subdomain: "other" })).toBeUndefined();
  expect(await database.query(`select subdomain from bellwire_directory.tenants`)).toEqual([{ subdomain: "acme" }]);
});

test("a configured token, provider key and admin password work", async ({ sharedPool: pool }) => {
  const created = await pool.inTransaction((tx) =>
    setUpProvider(tx, passwords, { ...setup, subdomain: "given", accessToken: "my-token", providerKey: "my-key" }),
  );
  expect(created).toMatchObject({ accessToken: "my-token", providerKey: "my-key" });
  const { id } = "provider" in created ? created.provider : { id: 0 };
  expect(await findAccessToken(pool, { providerId: id, value: "my-token", now })).toMatchObject({
    role: "admin",
    permission: "rw",
  });
  expect(await findProviderByKey(pool, id, "my-key")).toEqual({ id });
  expect(await findProviderUserByLogin(pool, id, "admin")).toMatchObject({ role: "admin", state: "active" });
});

test("credentials that are not configured are random, and only their digests are stored", async ({
  sharedPool: pool,
}) => {
  const { provider, accessToken, providerKey } = await setUp(pool);
  expect(accessToken).toMatch(/^[0-9a-f]{96}$/);
  expect(providerKey).toMatch(/^[0-9a-f]{32}$/);
  const stored = await pool.query(
    `select provider::text, token::text from providers as provider, access_tokens as token where provider.id = $1 and token.provider_id = $1`,
    [provider.id],
  );
  expect(JSON.stringify(stored)).not.toMatch(new RegExp(`${accessToken}|${providerKey}`));
});

test("each start returns the same sign-in until one has printed it", async ({ database }) => {
  await using folder = await makeEmptyDataDir();
  const unset = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
  const config = { dataDir: folder.path, providerName: "Acme", adminUsername: "admin", ...unset };
  const complete: FirstSetUp["complete"] = async (_provider, { accessToken }) => accessToken;
  const start = () => setUpFirst({ config, pool: database, passwords, now, complete });
  const interrupted = await start();
  expect(interrupted?.lines).toMatch(/^[0-9a-f]{96}$/);
  const next = await start();
  expect(next?.lines).toBe(interrupted?.lines);
  expect([await next?.claim(), await interrupted?.claim()]).toEqual([true, false]);
  expect(await start()).toBeUndefined();
});

test("a start in a folder that it may not enter continues with the provider that exists", async ({ database }) => {
  await using folder = await makeEmptyDataDir();
  const closed = join(folder.path, "file");
  await writeFile(closed, ""); // root, which may enter every folder, cannot enter a file
  const unset = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
  const config = { dataDir: join(closed, "data"), providerName: "Acme", adminUsername: "admin", ...unset };
  await setUpFirstProvider(database, passwords, setup);
  const complete: FirstSetUp["complete"] = async () => "";
  expect(await setUpFirst({ config, pool: database, passwords, now, complete })).toBeUndefined();
});

test("the sign-in is not claimed while another start sets up, which would store credentials again", async ({
  database,
}) => {
  await using folder = await makeEmptyDataDir();
  const unset = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
  const config = { dataDir: folder.path, providerName: "Acme", adminUsername: "admin", ...unset };
  const complete: FirstSetUp["complete"] = async () => "sign-in";
  const first = await setUpFirst({ config, pool: database, passwords, now, complete });
  let claim: Promise<boolean | undefined> | undefined;
  const second = await setUpFirst({
    config,
    pool: database,
    passwords,
    now,
    async complete() {
      claim = first?.claim();
      for (let turns = 0; turns < 100; turns += 1) expect(await credentialFiles(folder.path)).toHaveLength(1);
      return "sign-in";
    },
  });
  expect([await claim, await second?.claim()]).toEqual([true, false]);
});

test("first starts of two databases in the same folder do not share credentials", async ({ database }) => {
  await using clone = await cloneTemplate();
  await using otherDatabase = await openPool({ connectionString: clone.connectionString, schema });
  await using folder = await makeEmptyDataDir();
  const unset = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
  const config = { dataDir: folder.path, providerName: "Acme", adminUsername: "admin", ...unset };
  const complete: FirstSetUp["complete"] = async (_provider, { accessToken }) => accessToken;
  const first = await setUpFirst({ config, pool: database, passwords, now, complete });
  const other = await setUpFirst({ config, pool: otherDatabase, passwords, now, complete });
  expect(other?.lines).toMatch(/^[0-9a-f]{96}$/);
  expect(other?.lines).not.toBe(first?.lines);
  expect([await first?.claim(), await other?.claim()]).toEqual([true, true]);
  expect(await credentialFiles(folder.path)).toEqual([]);
});

test("the first start of another database in the same folder keeps the sign-in of the earlier one", async ({
  database,
}) => {
  await using folder = await makeEmptyDataDir();
  await writeFile(join(folder.path, "first-sign-in"), "of the earlier database");
  const unset = { adminPassword: undefined, accessToken: undefined, providerKey: undefined };
  const config = { dataDir: folder.path, providerName: "Acme", adminUsername: "admin", ...unset };
  await setUpFirst({ config, pool: database, passwords, now, complete: async () => "of this database" });
  const files = (await readdir(folder.path)).filter((name) => name.startsWith("first-sign-in"));
  expect(await Promise.all(files.toSorted().map((name) => readFile(join(folder.path, name), "utf8")))).toEqual([
    "of this database",
    "of the earlier database",
  ]);
});

test("a first start that was refused can be repeated with corrected settings", async ({ database }) => {
  await using folder = await makeEmptyDataDir();
  const given = (password: string) => ({
    adminUsername: "admin",
    adminPassword: new Secret(password),
    accessToken: undefined,
    providerKey: undefined,
  });
  const start = (providerName: string, config: ReturnType<typeof given>) =>
    setUpFirst({
      config: { dataDir: folder.path, providerName, ...config },
      pool: database,
      passwords,
      now,
      complete: async (_provider, { password }) => password,
    });
  await expect(start("x".repeat(256), given("the password of before"))).rejects.toThrow(/BELLWIRE_PROVIDER_NAME/);
  expect(await start("Acme", given("the password of now"))).toMatchObject({ lines: "the password of now" });
});

test("the first admin has a name and a password that the Admin Portal would accept", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const wrong = (admin: Partial<typeof setup>) => Object.entries(providerSetupErrors({ ...setup, ...admin }));
  expect(wrong({ adminPassword: "x".repeat(provider.passwordLengthMin) }).filter(hasMessages)).toEqual([]);
  expect(wrong({ adminPassword: "x".repeat(provider.passwordLengthMin - 1) }).filter(hasMessages)).toEqual([
    ["admin-password", [`is too short (minimum is ${provider.passwordLengthMin} characters)`]],
  ]);
  expect(wrong({ adminUsername: "x y" }).filter(hasMessages)).toEqual([
    ["admin-username", ["use only letters, numbers, and .-_@+ please."]],
  ]);
});

const hasMessages = ([, messages]: readonly [string, readonly string[]]): boolean => messages.length > 0;

test.each(["acme-admin", "Acme", "-acme", "a.b", "", "x".repeat(51)])(
  "no provider has the subdomain %j",
  (subdomain) => {
    expect(providerSetupErrors({ ...setup, subdomain })).toMatchObject({ subdomain: [expect.any(String)] });
  },
);

test.each(["", "\u200b", "a\u0001b", "a\0b", "x".repeat(256)])("no provider is created with the name %j", (name) => {
  const refused = { name: [expect.stringContaining("1 to 255 characters")] };
  expect(providerSetupErrors({ ...setup, name })).toMatchObject(refused);
});

test("a subdomain belongs to one provider", async ({ sharedPool: pool }) => {
  const { provider } = await setUp(pool);
  const again = pool.inTransaction((tx) => setUpProvider(tx, passwords, { ...setup, subdomain: provider.subdomain }));
  expect(await again).toEqual({ refused: { subdomain: ["has already been taken"] } });
});

test("a host identifies its provider and portal, and an unknown host identifies neither", async ({
  sharedPool: pool,
}) => {
  const { provider } = await setUp(pool);
  const { subdomain } = provider;
  const tenants = new TenantCache(pool);
  const find = createFindTenant(tenants, "bellwire.test");
  const tenant = { providerId: provider.id, cell: defaultCell };
  expect(await find(`${subdomain}.bellwire.test`)).toEqual({ ...tenant, side: "developer" });
  expect(await find(`${subdomain}-admin.bellwire.test:3000`)).toEqual({ ...tenant, side: "admin" });
  expect(await find(`nobody.bellwire.test`)).toBeUndefined();
  tenants.stop();
});

test("without a base domain, every host serves both portals of the first provider", async ({ database }) => {
  const first = await setUp(database);
  await setUp(database);
  const tenants = new TenantCache(database);
  expect(await createFindTenant(tenants, undefined)("127.0.0.1:3000")).toEqual({
    providerId: first.provider.id,
    cell: defaultCell,
    side: "both",
  });
  tenants.stop();
});
