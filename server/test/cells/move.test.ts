import { expect } from "vitest";
import { cloneTemplate } from "../support/clone-template.ts";
import { startReceiver } from "../support/receiver.ts";
import { test as base } from "../support/test.ts";
import { Installation, queryOnce } from "./installation.ts";
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
