import { isDeepStrictEqual } from "node:util";
import { expect } from "vitest";
import { runCommandLine } from "../../src/cli/command.ts";
import { setUp } from "../portal/portal-fixture.ts";
import { openWebServer } from "../support/open-web-server.ts";
import { test } from "../support/test-of-starts.ts";
import { until } from "../support/until.ts";

const read = "select action, actor_kind, detail ->> 'by' as by from audit_records where provider_id = $1 order by id";

/** Runs a command and returns its exit code and its lines. */
async function run(databaseUrl: string, ...args: readonly string[]): Promise<readonly [number, string]> {
  const output: string[] = [];
  const exitCode = await runCommandLine(args, {
    env: { DATABASE_URL: databaseUrl, BELLWIRE_SECRET_KEY: Buffer.alloc(32, 3).toString("base64") },
    roles: [],
    serve: async () => 1,
    print: (line) => output.push(line),
    printStatus: (line) => output.push(line),
  });
  return [exitCode, output.join("\n")];
}

test("every change by a command has an audit record", async ({ database, databaseUrl }) => {
  const { provider } = await setUp(database);
  const commands = [
    ["token", "create", "--username", "admin"],
    ["user", "password", "admin"],
    ["failures", "retry"],
    ["failures", "delete", "--all"],
    ["provider", "limit", "bins-per-provider", "5"],
    ["provider", "limit", "users-per-account", "7"],
    ["provider", "limit", "bins-per-provider", "default"],
    ["provider", "create", "--name", "Quay", "--subdomain", "quay"],
  ];
  for (const command of commands) {
    const [exitCode, output] = await run(databaseUrl, ...command);
    expect(exitCode, output).toBe(0);
  }

  const records = (actions: readonly string[]): object[] =>
    actions.map((action) => ({ action, actorKind: "system", by: "command line" }));
  const limits = Array.from({ length: 3 }, () => "provider.limit_changed");
  const [created] = await database.query<{ id: number }>("select id from providers where name = 'Quay'");
  expect(await database.query(read, [provider.id])).toEqual(
    records(["token.created", "user.changed", "failures.retried", "failures.deleted", ...limits]),
  );
  expect(await database.query("select limits from providers where id = $1", [provider.id])).toEqual([
    { limits: { "users-per-account": 7 } },
  ]);
  expect(await database.query(read, [created?.id])).toEqual(records(["provider.created"]));
});

test("a suspended provider's portals and API respond with 403, until the suspension is undone", async ({
  database,
  databaseUrl,
}) => {
  const { provider } = await setUp(database);
  await using server = await openWebServer(database);
  const answers = async (): Promise<readonly number[]> => {
    const urls = ["/signup", "/p/login", "/api/v1/endpoints"];
    return Promise.all(urls.map(async (url) => (await server.http.inject({ url })).statusCode));
  };
  const before = await answers();
  expect(before).not.toContain(403);
  const { subdomain } = provider;
  for (const [options, state] of [
    [[], "suspended"],
    [[], "suspended"],
    [["--undo"], "approved"],
  ] as const) {
    const suspended = await run(databaseUrl, "provider", "suspend", subdomain, ...options);
    expect(suspended).toEqual([0, `${subdomain} is ${state}`]);
    await until(async () => isDeepStrictEqual(await answers(), state === "approved" ? before : [403, 403, 403]));
  }
  expect(await database.query<object>(read, [provider.id])).toEqual(
    ["provider.suspended", "provider.resumed"].map((action) => ({ action, actorKind: "system", by: "command line" })),
  );
});

test("a command lets a team sign in with passwords again, once, and is audited", async ({ database, databaseUrl }) => {
  const { provider } = await setUp(database);
  await database.query("update providers set enforce_sso = true where id = $1", [provider.id]);
  for (let times = 1; times <= 2; times += 1) {
    const done = await run(databaseUrl, "provider", "passwords", provider.subdomain);
    expect(done).toEqual([0, `the team of ${provider.subdomain} signs in with passwords`]);
    expect(await database.query("select from providers where id = $1 and enforce_sso", [provider.id])).toEqual([]);
  }
  expect(await database.query<object>(read, [provider.id])).toEqual([
    { action: "provider.changed", actorKind: "system", by: "command line" },
  ]);
});

test("a command refuses a password shorter than the provider requires", async ({ database, databaseUrl }) => {
  const { provider } = await setUp(database);
  const readHash = () =>
    database.query("select password_hash from provider_users where provider_id = $1", [provider.id]);
  const before = await readHash();

  const [exitCode, output] = await run(databaseUrl, "user", "password", "admin", "--password", "eleven long");

  expect(output).toContain(`The password is too short: ${provider.name} requires 12 characters or more.`);
  expect(exitCode).toBe(2);
  expect(await readHash()).toEqual(before);
});
