import { setTimeout as sleep } from "node:timers/promises";
import { expect, test as base } from "vitest";
import { Installation } from "../cells/installation.ts";
import { MoveLoad, compareWithReceiver, countRows, createOrderedEndpoint } from "../cells/move-load.ts";
import { startReceiver } from "../support/receiver.ts";
import { BellwireProcess } from "../support/start-bellwire.ts";
import { startThrowAwayPostgres } from "../support/throw-away-postgres.ts";
import { until } from "../support/until.ts";

const timeout = 300_000;

/** An installation on two servers, whose transaction numbers differ. */
const test = base.extend("installation", async ({}, { onCleanup }) => {
  const servers = await Promise.all([startThrowAwayPostgres(), startThrowAwayPostgres()]);
  const [directory, other] = servers;
  const installation = await Installation.open(directory.urlOf("postgres"), other.urlOf("postgres"));
  onCleanup(async () => {
    await installation[Symbol.asyncDispose]();
    for (const server of servers) await server[Symbol.asyncDispose]();
  });
  await installation.done("cell", "add", "west", "--database-url-file", installation.otherUrlFile);
  return installation;
});

test(
  "a provider moves there and back again, and its neighbours notice nothing",
  { timeout },
  async ({ installation }) => {
    await using receiver = await startReceiver();
    const [quay, brook] = [
      await installation.createProvider("quay", "west"),
      await installation.createProvider("brook", "west"),
    ];
    await using bellwire = await installation.serve();
    await createOrderedEndpoint(bellwire.url, quay, `${receiver.url}/quay`);
    await createOrderedEndpoint(bellwire.url, brook, `${receiver.url}/brook`);
    await using load = MoveLoad.start(bellwire.url, quay);
    await using neighbour = MoveLoad.start(bellwire.url, brook);
    for (const to of ["default", "west", "default"]) {
      await load.goOn(15);
      await installation.done("provider", "move", "quay", "--to", to);
    }
    await load.goOn(15);
    await Promise.all([load.stop(), neighbour.stop()]);
    expect([load.failures, neighbour.failures]).toEqual([[], []]);
    await compareWithReceiver(load, receiver, "/quay");
    await compareWithReceiver(neighbour, receiver, "/brook");
  },
);

const interruptions = ["rows of history copied", "other rows copied", "a moment later"] as const;

test.for(interruptions)(
  "after kill -9 at “%s” the provider works in one cell, and the command completes the move",
  { timeout },
  async (moment, { installation }) => {
    await using receiver = await startReceiver();
    const quay = await installation.createProvider("quay", "default");
    await using bellwire = await installation.serve();
    await createOrderedEndpoint(bellwire.url, quay, receiver.url);
    await using load = MoveLoad.start(bellwire.url, quay);
    await load.goOn(20);

    const command = new BellwireProcess(["provider", "move", "quay", "--to", "west"], installation.environment);
    const line = moment === "a moment later" ? "other rows copied" : moment;
    await until(() => command.stderr.includes(line) || command.hasEnded, { withinMs: 60_000, everyMs: 1 });
    if (moment === "a moment later") await sleep(40 + Math.random() * 200);
    await command.kill();
    await load.goOn(20); // an engine decides within ten seconds if changes are refused

    await installation.done("provider", "move", "quay", "--to", "west");
    await load.goOn(20);
    await load.stop();
    expect(load.failures).toEqual([]);
    await compareWithReceiver(load, receiver, "", { mayRepeat: true });
    const { directoryUrl: here, otherUrl: there } = installation;
    expect([await countRows(here, quay.id), await countRows(there, quay.id)]).toEqual([
      {},
      expect.objectContaining({ providers: 1, accounts: load.accounts }),
    ]);
  },
);

test(
  "attempts that outlast the drain are repeated by the new cell, none is lost",
  { timeout },
  async ({ installation }) => {
    await using receiver = await startReceiver("hang");
    const quay = await installation.createProvider("quay", "default");
    await using bellwire = await installation.serve();
    await createOrderedEndpoint(bellwire.url, quay, receiver.url);
    await using load = MoveLoad.start(bellwire.url, quay);
    await load.goOn(3);
    await until(() => receiver.received.length > 0);
    const said = await installation.done("provider", "move", "quay", "--to", "west", "--drain-seconds", "1");
    expect(said).toContain("1 endpoints had attempts in flight after 1 s");
    receiver.answer(200);
    await load.stop();
    await compareWithReceiver(load, receiver, "", { mayRepeat: true });
  },
);
