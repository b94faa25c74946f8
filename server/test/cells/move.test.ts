import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import { cloneTemplate } from "../support/clone-template.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { until } from "../support/until.ts";
import { Installation, openClient, queryOnce } from "./installation.ts";
import { MoveLoad, compareWithReceiver, countRows, createOrderedEndpoint } from "./move-load.ts";

const timeout = 240_000;

const test = base.extend("installation", async ({ databaseUrl }, { onCleanup }) => {
  const other = await cloneTemplate();
  const installation = await Installation.open(databaseUrl, other.connectionString);
  onCleanup(async () => {
    await installation[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
  });
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  return installation;
});

const places = ({ directoryUrl, otherUrl }: Installation) => ({ default: directoryUrl, west: otherUrl });

test(
  "a provider moves under load: nothing is lost or repeated, and orders and feeds go on",
  {
    timeout,
  },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    const quay = await installation.createProvider("quay", "default");
    await using bellwire = await installation.serve();
    await createOrderedEndpoint(bellwire.url, quay, receiver.url);
    await using load = MoveLoad.start(bellwire.url, quay);
    await load.goOn(40);

    const said = await installation.done("provider", "move", "quay", "--to", "west");
    expect(said).toMatch(/quay moved to west: \d+ rows; requests waited \d+ ms/);
    await load.goOn(40);
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
  "a change under way when its cell freezes moves too, and a later one is refused",
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
