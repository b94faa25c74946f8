import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { cloneTemplate } from "../support/clone-template.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { type CellProvider, Installation, createCellTemplate, openClient, queryOnce, signUp } from "./installation.ts";
import { MoveLoad, compareWithReceiver, countRows, createOrderedEndpoint } from "./move-load.ts";

const timeout = 240_000;

const test = base
  .extend("template", { scope: "file" }, async ({}, { onCleanup }) => {
    const template = await createCellTemplate(["east", "south"]);
    onCleanup(() => template[Symbol.asyncDispose]());
    return template.name;
  })
  .extend("installation", async ({ template }, { onCleanup }) => {
    const running = new AsyncDisposableStack();
    onCleanup(() => running.disposeAsync());
    const [here, there] = [running.use(await cloneTemplate(template)), running.use(await cloneTemplate(template))];
    const installation = running.use(await Installation.open(here.connectionString, there.connectionString));
    await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
    return installation;
  });

const places = ({ directoryUrl, otherUrl }: Installation) => ({ default: directoryUrl, west: otherUrl });

test(
  "moving a provider under load loses and repeats nothing, and keeps ordering and the event feed intact",
  {
    timeout,
  },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    const quay = await installation.createProvider("quay", "default");
    await using bellwire = await installation.runRoles(["web", "engine"]);
    await createOrderedEndpoint(bellwire.url, quay, receiver.url);
    await using load = MoveLoad.start(bellwire.url, quay);
    await load.waitForChanges(40);

    const output = await installation.done("provider", "move", "quay", "--to", "west");
    expect(output).toMatch(/quay moved to west: \d+ rows; requests waited \d+ ms/);
    await load.waitForChanges(40);
    await load.stop();

    expect(load.failures).toEqual([]);
    await compareWithReceiver(load, receiver);
    const { default: here, west: there } = places(installation);
    expect(await countRows(here, quay.id)).toEqual({});
    expect(await countRows(there, quay.id)).toMatchObject({ providers: 1, accounts: load.accounts });
    for (const url of [here, there]) {
      const left = `select (select count(*) from pg_trigger where tgname like 'move\\_%')::integer as triggers,
      (select count(*) from bellwire.provider_moves)::integer as moves, (select count(*) from bellwire.moved_changes)::integer as changes`;
      expect(await queryOnce(url, left)).toEqual([{ triggers: 0, moves: 0, changes: 0 }]);
    }
  },
);

test(
  "a change open when its cell freezes moves with the provider; a later change is rejected",
  { timeout },
  async ({ installation }) => {
    const { directoryUrl: here, otherUrl: there } = installation;
    const quay = await installation.createProvider("quay", "default");
    const rename = "update bellwire.providers set name = $2 where id = $1";
    await using client = await openClient(here);
    const committed = Promise.withResolvers<unknown>();
    const refused = Promise.withResolvers<unknown>();
    const code = await installation.follow(["provider", "move", "quay", "--to", "west"], (line) => {
      // The triggers exist, and the row is not copied yet.
      if (line.includes("rows of history copied"))
        void client.query("begin").then(() => client.query(rename, [quay.id, "Changed"]));
      if (!line.includes("other rows copied")) return;
      void sleep(300)
        .then(() => client.query("commit"))
        .then(committed.resolve, committed.reject);
      const left = "select from bellwire.provider_moves where state = 'left'";
      void until(async () => (await queryOnce(here, left)).length > 0, { everyMs: 10 })
        .then(() => queryOnce(here, rename, [quay.id, "Late"]))
        .then(refused.resolve, refused.resolve);
    });
    await committed.promise;
    expect(code).toEqual([0, expect.stringContaining("quay moved to west")]);
    expect(await queryOnce(there, "select name from bellwire.providers where id = $1", [quay.id])).toEqual([
      { name: "Changed" },
    ]);
    expect(await refused.promise).toMatchObject({ code: "BW002" });
  },
);

test.concurrent("moves that share a cell wait for each other", { timeout }, async ({ installation }) => {
  const quay = await installation.createProvider("quay", "default");
  await installation.createProvider("reef", "default");
  await installation.createProvider("shoal", "west");

  // Keeps the first move from its end, with locks of all tables in west.
  await using change = await openClient(installation.directoryUrl);
  const lock = "hashtextextended('bellwire move', $1)";
  await change.query(`select pg_advisory_lock_shared(${lock})`, [quay.id]);
  const copied = Promise.withResolvers<void>();
  const first = installation.follow(["provider", "move", "quay", "--to", "west"], (line) => {
    if (line.includes("other rows copied")) copied.resolve();
  });
  await copied.promise;
  const lines: string[] = [];
  const others = [
    ["reef", "west"],
    ["shoal", "default"],
  ].map(([subdomain = "", to = ""]) =>
    installation.follow(["provider", "move", subdomain, "--to", to], (line) => lines.push(line)),
  );
  await until(() =>
    ["reef", "shoal"].every((name) => lines.includes(`${name} waits: another command uses one of its cells`)),
  );

  await change.query(`select pg_advisory_unlock_shared(${lock})`, [quay.id]);
  const ended = await Promise.all([first, ...others]);
  expect(ended.map(([code]) => code)).toEqual([0, 0, 0]);
});

test.concurrent("draining a cell moves its providers one after another, and resumes after an interruption", async ({
  installation,
}) => {
  await installation.done("cell", "add", "east");
  await installation.done("cell", "add", "south");
  for (const subdomain of ["brook", "creek"]) await installation.createProvider(subdomain, "east");
  const options = ["--to", "west,south", "--drain-seconds", "0"];

  const plan = await installation.done("cell", "drain", "east", "--plan", ...options);
  expect(plan.split("\n")).toEqual([
    "brook moves to west: 0 accounts, 0 events",
    "creek moves to south: 0 accounts, 0 events",
  ]);
  expect(await installation.done("cell", "list")).toMatch(/^east +active +2 /m);

  const readCells = async () => {
    const providers = `select subdomain, name as cell from bellwire_directory.tenants
      join bellwire_directory.cells on number = cell_number where subdomain = any('{brook,creek}') order by subdomain`;
    return (await queryOnce<{ cell: string }>(installation.directoryUrl, providers)).map(({ cell }) => cell);
  };
  // The move of brook fails between its commit and the directory, as if the process were killed there.
  await using mover = await openClient(installation.directoryUrl);
  await mover.query(`create function bellwire_directory.refuse() returns trigger language plpgsql as
      $$ begin raise 'The directory is lost.'; end $$;
    create trigger refuse before update of cell_number on bellwire_directory.tenants
      for each row when (old.subdomain = 'brook' and new.cell_number <> old.cell_number)
      execute function bellwire_directory.refuse()`);
  const lockStatement = `select pg_advisory_lock(hashtextextended('bellwire mover', provider_id))
    from bellwire_directory.tenants where subdomain = 'creek'`;
  await mover.query(lockStatement);
  const stopped = await installation.run("cell", "drain", "east", ...options);
  expect(stopped).toEqual([1, expect.stringContaining("Another process is moving or deleting creek.")]);
  expect(stopped[1]).toContain("brook: The directory is lost.");
  expect(stopped[1]).toContain("still in cell east: brook, creek");
  expect(await readCells()).toEqual(["east", "east"]);

  await mover.query("drop function bellwire_directory.refuse cascade");
  // South has the fewest providers now, but brook is in west.
  await mover.query(`insert into bellwire_directory.tenants (subdomain, cell_number)
    select 'lake', number from bellwire_directory.cells where name = 'west'`);
  await mover.end();
  expect(await installation.done("cell", "drain", "east", ...options)).toContain("cell east has no providers");
  expect(await readCells()).toEqual(["west", "south"]);
  const moved = `select detail ->> 'from' as source, detail ->> 'to' as target from bellwire.audit_records
    where action = 'provider.moved'`;
  expect(await queryOnce(installation.otherUrl, moved)).toEqual([{ source: "east", target: "west" }]);
  for (const to of ["west", "east"]) {
    expect(await installation.run("cell", "drain", "west", "--to", to)).toEqual([2, expect.any(String)]);
  }
});

/** Returns the names of the accounts that a provider has in a database. */
const namesIn = async (url: string, { id }: CellProvider): Promise<readonly string[]> => {
  const accounts = "select org_name from bellwire.accounts where provider_id = $1 order by org_name";
  return (await queryOnce<{ org_name: string }>(url, accounts, [id])).map(({ org_name: name }) => name);
};

/** A provider with an account, which moved to the cell west and got another one there, before the directory was restored. */
async function restoreBeforeMove(
  installation: Installation,
  backupUrl: string,
  quay: CellProvider,
): Promise<Installation> {
  await installation.done("provider", "move", "quay", "--to", "west");
  await using bellwire = await installation.runRoles(["web"]);
  expect((await signUp(bellwire.url, quay, "afterwards")).status).toBe(201);
  return installation.with({ DATABASE_URL: backupUrl });
}

test.for(["west", "default"] as const)(
  "a provider that a restore of the directory has left in two cells is not moved, until the copy in %s is adopted",
  { timeout },
  async (cell, { installation }) => {
    const quay = await installation.createProvider("quay", "default");
    const before = await installation.runRoles(["web"]);
    expect((await signUp(before.url, quay, "earlier")).status).toBe(201);
    await before[Symbol.asyncDispose]();
    await using backup = await cloneTemplate(/\/(clone_\w+)\?/.exec(installation.directoryUrl)?.[1]);
    const restored = await restoreBeforeMove(installation, backup.connectionString, quay);
    const urls = { default: backup.connectionString, west: installation.otherUrl };

    const [code, output] = await restored.run("provider", "move", "quay", "--to", "west");
    expect([code, output]).toEqual([1, expect.stringContaining("Choose one with --adopt")]);
    expect(await namesIn(urls.west, quay)).toEqual(["afterwards", "earlier"]);

    await restored.done("provider", "move", "quay", "--to", cell, "--adopt");
    const names = cell === "west" ? ["afterwards", "earlier"] : ["earlier"];
    expect(await namesIn(urls[cell], quay)).toEqual(names);
    expect(await countRows(urls[cell === "west" ? "default" : "west"], quay.id)).toEqual({});
    await using bellwire = await restored.runRoles(["web"]);
    expect((await signUp(bellwire.url, quay, "finally")).status).toBe(201);
    expect(await namesIn(urls[cell], quay)).toEqual([...names, "finally"].toSorted());
    expect(await restored.done("provider", "move", "quay", "--to", cell === "west" ? "default" : "west")).toContain(
      "moved",
    );
  },
);
