import type { ServerResponse } from "node:http";
import { expect } from "vitest";
import { recordAudit } from "#access/index.ts";
import { deleteProvider } from "#cells/index.ts";
import type { Pool } from "#platform/database/database.ts";
import { randomHex } from "#platform/ids.ts";
import { claimLanes, insertEngine } from "#webhooks/deliveries/index.ts";
import { buildEndpoint, buildProvider, bySystem, recordNow } from "../support/build-webhooks.ts";
import { fail } from "../support/build-failures.ts";
import { cloneTemplate } from "../support/clone-template.ts";
import { openLineTo } from "../support/database-line.ts";
import { startReceiver } from "../support/receiver.ts";
import { schema } from "../support/test-databases.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { Installation, askProvider, createCellTemplate, queryOnce, signUp } from "./installation.ts";
import { countRows, createOrderedEndpoint } from "./move-load.ts";

const test = base
  .extend("template", { scope: "file" }, async ({}, { onCleanup }) => {
    const template = await createCellTemplate([]);
    onCleanup(() => template[Symbol.asyncDispose]());
    return template.name;
  })
  .extend("installation", async ({ template }, { onCleanup }) => {
    const running = new AsyncDisposableStack();
    onCleanup(() => running.disposeAsync());
    const [here, there] = [running.use(await cloneTemplate(template)), running.use(await cloneTemplate(template))];
    return running.use(await Installation.open(here.connectionString, there.connectionString));
  });

const leftovers = `
  select (select count(*) from pg_trigger where tgname like 'move\\_%')::integer as triggers,
    (select count(*) from bellwire.provider_moves)::integer as moves,
    (select count(*) from bellwire.moved_changes)::integer as changes,
    (select string_agg(subdomain, ' ' order by subdomain) from bellwire_directory.tenants) as tenants`;

/** Counts the rows of a provider except those that engines write later: its statistics. */
async function countKept(url: string, providerId: number): Promise<object> {
  const rows = Object.entries(await countRows(url, providerId));
  return Object.fromEntries(rows.filter(([table]) => !/^(?:statistics|lane_reports)/.test(table)));
}

test.concurrent(
  "a provider is deleted while its deliveries are in flight: no row of it is left, nothing more is sent, and others work on",
  { timeout: 120_000 },
  async ({ installation }) => {
    const { directoryUrl } = installation;
    await using receiver = await startReceiver();
    const quay = await installation.createProvider("quay", "default");
    const reef = await installation.createProvider("reef", "default");
    await using bellwire = await installation.runRoles(["web"]);
    await using engine = await installation.runRoles(["engine"]);
    expect(engine).toBeDefined();
    for (const { subdomain, ...provider } of [quay, reef])
      await createOrderedEndpoint(bellwire.url, { subdomain, ...provider }, `${receiver.url}/${subdomain}`);
    const sent = (path: string): number => receiver.received.filter((request) => request.path === path).length;
    expect(await signUp(bellwire.url, reef, "ann")).toMatchObject({ status: 201 });
    await until(() => sent("/hook/reef") === 3);
    const held: ServerResponse[] = [];
    receiver.answer((response, { path }) => void (path === "/hook/quay" ? held.push(response) : response.end()));
    for (const name of ["ann", "ben", "eve"])
      expect(await signUp(bellwire.url, quay, name)).toMatchObject({ status: 201 });
    await until(() => held.length > 0); // the next events of its account are due
    await installation.done("provider", "suspend", "quay");
    const settled = "select (select count(*) from bellwire.due where provider_id = $1)::integer as due";
    await until(async () => (await queryOnce<{ due: number }>(directoryUrl, settled, [reef.id]))[0]?.due === 0);
    const kept = await countKept(directoryUrl, reef.id);
    expect(Object.keys(await countRows(directoryUrl, quay.id)).length).toBeGreaterThan(15);

    const [code, output] = await installation.follow(["provider", "delete", "quay", "--yes", "quay"], (line) => {
      if (!line.includes("attempts in flight")) return;
      receiver.answer(200);
      for (const response of held) response.end();
    });
    expect([code, output]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^quay \\(${quay.id}\\) is deleted: \\d+ rows`, "m")),
    ]);
    expect(output).not.toContain("not recorded");
    const sentBefore = sent("/hook/quay");
    expect(await countRows(directoryUrl, quay.id)).toEqual({});
    expect(await countKept(directoryUrl, reef.id)).toEqual(kept);
    expect(await queryOnce(directoryUrl, leftovers)).toEqual([{ triggers: 0, moves: 0, changes: 0, tenants: "reef" }]);
    const refusal = async () => (await askProvider(bellwire.url, quay, "GET", "/api/v1/endpoints")).body;
    await until(async () => (await refusal()).includes("wrong-host")); // as for an unknown host

    expect(await signUp(bellwire.url, reef, "ben")).toMatchObject({ status: 201 });
    await until(() => sent("/hook/reef") === 6);
    expect(sent("/hook/quay")).toBe(sentBefore);
  },
);

test.concurrent("a deletion is refused unless it is confirmed, the provider is suspended, and another one is left", async ({
  installation,
}) => {
  const { directoryUrl } = installation;
  const quay = await installation.createProvider("quay", "default");
  const run = (...args: readonly string[]) => installation.run("provider", ...args);
  const remove = (...args: readonly string[]) => run("delete", "quay", ...args);
  expect(await remove("--yes", "quay")).toEqual([2, expect.stringContaining("quay is not suspended")]);
  await installation.done("provider", "suspend", "quay");
  expect(await remove("--yes", "reef")).toEqual([2, expect.stringContaining("--yes must repeat the subdomain quay")]);
  expect(await remove("--yes", "quay")).toEqual([2, expect.stringContaining("quay is the only provider")]);
  expect(await remove()).toEqual([
    0,
    "quay: accounts 0, applications 0, endpoints 0, events 0, pending deliveries 0, bins 0\n" +
      "To delete all of it: bellwire provider delete quay --yes quay",
  ]);
  await installation.createProvider("reef", "default");
  const list = async (): Promise<readonly string[]> =>
    (await installation.done("provider", "list")).split("\n").map((line) => line.replaceAll(/ +/g, " "));
  expect(await list()).toEqual(["SUBDOMAIN STATE CELL", "quay suspended default", "reef approved default"]);

  // The command was killed.
  const mark = "update bellwire_directory.tenants set deleting_since = now() where subdomain = 'quay'";
  await queryOnce(directoryUrl, mark);
  expect(await list()).toContain("quay deleting default");
  const isRefused = [2, expect.stringContaining("quay is being deleted: repeat `bellwire provider delete`")];
  expect(await run("suspend", "quay", "--undo")).toEqual(isRefused);
  expect(await run("move", "quay", "--to", "default")).toEqual(isRefused);
  expect(await run("create", "--name", "Quay", "--subdomain", "quay")).toEqual([
    2,
    expect.stringContaining("--subdomain has already been taken"),
  ]);

  await installation.done("provider", "delete", "quay", "--yes", "quay");
  expect(await remove("--yes", "quay")).toEqual([2, expect.stringContaining("no provider with the subdomain quay")]);
  const again = await installation.createProvider("quay", "default");
  expect(again.id).not.toBe(quay.id);
  expect(await list()).toContain("quay approved default");
});

test.concurrent("a user who does not own the schema can neither delete nor move a provider, and closes nothing", async ({
  installation,
}) => {
  for (const name of ["quay", "reef"]) await installation.createProvider(name, "default");
  await installation.done("cell", "add", "west");
  const clerk = `clerk_${randomHex(4)}`;
  await queryOnce(installation.directoryUrl, `create role ${clerk} login password 'x' in role bellwire_app`);
  const url = installation.directoryUrl.replace(/\/\/[^@]*@/, `//${clerk}:x@`);
  const asClerk = installation.with({ DATABASE_URL: url });
  await asClerk.done("provider", "suspend", "quay");
  const isRefused = [1, expect.stringContaining(`The user ${clerk} does not own the cell's schema.`)];
  expect(await asClerk.run("provider", "delete", "quay", "--yes", "quay")).toEqual(isRefused);
  expect(await asClerk.run("provider", "move", "reef", "--to", "west")).toEqual(isRefused);
  expect(await installation.done("provider", "list")).toMatch(/^quay +suspended +default\nreef +approved +default$/m);
  await queryOnce(installation.directoryUrl, `drop role ${clerk}`);
});

test.concurrent("a provider whose move was interrupted is not deleted before the move has ended", async ({
  installation,
}) => {
  await installation.createProvider("quay", "default");
  await installation.createProvider("reef", "default");
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  await installation.done("provider", "suspend", "quay");
  const move = `update bellwire_directory.tenants set move_id = gen_random_uuid(), other_cell = 1 where subdomain = 'quay'`;
  await queryOnce(installation.directoryUrl, move);
  const remove = () => installation.run("provider", "delete", "quay", "--yes", "quay");
  expect(await remove()).toEqual([1, expect.stringContaining("end its move first")]);
  await installation.done("provider", "move", "quay", "--to", "west");
  expect(await remove()).toEqual([0, expect.stringContaining("is deleted")]);
  expect(await installation.done("cell", "list")).toMatch(/^west +active +0 /m);
});

/** Builds a provider with an event, a pending delivery and a failure. */
async function buildFilled(pool: Pool): Promise<number> {
  const providerId = await buildProvider(pool);
  await buildEndpoint(pool, { providerId, url: "https://crm.example/hook" });
  await recordNow(pool, { providerId });
  await fail(pool, providerId, "now");
  await recordNow(pool, { providerId });
  return providerId;
}

/** Returns the first and the last statement of each kind that changes anything. */
function findSteps(statements: readonly string[]): readonly string[] {
  const changing = statements.filter((each) => /^\s*(?:create|insert|update|delete|drop|with others)/.test(each));
  const kinds = Map.groupBy(changing, (statement) => /\w+ \w+/.exec(statement)?.[0]);
  return [...new Set([...kinds.values()].flatMap((kind) => [kind[0] ?? "", kind.at(-1) ?? ""]))];
}

const withoutIds = (statement: string): string => statement.replaceAll(/\b\d+\b|(?<=move_)\d+/g, "ID");

test.concurrent(
  "a deletion that is killed before any of its steps is completed by the next one",
  { timeout: 120_000 },
  async ({ database, owner, databaseUrl }) => {
    const { line, connectionString } = await openLineTo(databaseUrl);
    await using _line = line;
    const remove = (providerId: number, onLast = (): void => undefined) => {
      let changes = 0;
      const directory: Pool = {
        ...owner,
        async inTransaction(work) {
          changes += 1;
          if (changes === 2) onLast();
          return owner.inTransaction(work);
        },
      };
      return deleteProvider({
        directory,
        place: { number: 0, schema, ownerUrl: connectionString },
        providerId,
        drainMs: 0,
        printStatus: () => undefined,
      });
    };
    const staying = await buildFilled(database);
    const kept = await countRows(databaseUrl, staying);
    const statements: string[] = [];
    line.watch((statement) => void statements.push(withoutIds(statement)));
    await remove(await buildFilled(database));
    const steps = [...findSteps(statements), "the directory"];
    for (const step of steps) {
      const providerId = await buildFilled(database);
      line.watch((statement) => {
        if (withoutIds(statement) === step) line.cut();
      });
      const onLast = (): void => {
        if (step === "the directory") throw new Error("no connection");
      };
      await expect(remove(providerId, onLast), step).rejects.toThrow(/connection|ECONNRESET/i);
      line.watch(() => undefined);
      await remove(providerId);
      expect(await countRows(databaseUrl, providerId)).toEqual({});
      const left = await owner.query<object>(leftovers);
      expect(left).toEqual([{ triggers: 0, moves: 0, changes: 0, tenants: `provider-${staying}` }]);
    }
    expect(steps.length).toBeGreaterThan(7);
    expect(await countRows(databaseUrl, staying)).toEqual(kept);
  },
);

test.concurrent("a change under way when a provider is deleted is deleted, too", async ({
  database,
  owner,
  databaseUrl,
}) => {
  const providerId = await buildFilled(database);
  const engineId = "00000000-0000-7000-8000-000000000001";
  await insertEngine(database, engineId);
  const lanes = await database.query<{ id: number }>("select endpoint_id as id from lanes");
  await claimLanes(database, { engineId, endpointIds: lanes.map(({ id }) => id), claimNumber: 1, leaseSeconds: 600 });
  const isDraining = Promise.withResolvers<void>();
  const deleted = deleteProvider({
    directory: owner,
    place: { number: 0, schema, ownerUrl: databaseUrl },
    providerId,
    drainMs: 60_000,
    printStatus: () => isDraining.resolve(),
  });
  await isDraining.promise;
  await database.inTransaction(async (tx) => {
    await recordAudit(tx, { providerId, ...bySystem, action: "late", subject: "late", detail: {} });
    await database.query("delete from engines");
    const waits = `select from pg_stat_activity
      where datname = current_database() and application_name = 'bellwire move' and wait_event_type = 'Lock'`;
    await until(async () => (await owner.query(waits)).length === 1, { everyMs: 10 });
  });
  expect(await deleted).toMatchObject({ undrained: 0 });
  expect(await countRows(databaseUrl, providerId)).toEqual({});
});
