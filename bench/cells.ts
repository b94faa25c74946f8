/**
 * Compares one cell with two cells on two PostgreSQL servers, in one run: the same deliveries, once through one engine and one server,
 * once through two of each. Where all share two cores, these are the limit of both. With a third argument, each cell has that
 * percentage of a core for its server and its engine, as if it had a machine of its own; the receiver has the rest.
 *
 * Run: npm run bench -- cells [deliveries] [percent of a core for each cell] [--json FILE]
 */
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import { insertCell, updateCellState } from "../server/src/cells/index.ts";
import { bodyBytes, endpointSecret, fillBacklog } from "./backlog.ts";
import { startServer } from "./bellwire.ts";
import { type BenchDatabase, openBenchDatabase } from "./database.ts";
import { processTree, treeCpuSeconds } from "./measuring.ts";
import { rateOf, startBenchReceiver, waitForArrivals } from "./receiver.ts";
import { openReport } from "./report.ts";

const report = openReport("cells");
const [deliveries = 60_000, percent = 0] = report.numbers;
const origins = 10;
const secondsMax = 200;
const pairs = 2;

interface Measured {
  readonly rate: number;
  readonly postgresMicroseconds: number;
  readonly engineMicroseconds: number;
}

/** Limits processes to a part of a core, by a control group of Linux. Only root may create one. */
class ProcessorLimit implements Disposable {
  readonly #folder: string;

  constructor(name: string, ofCore: number) {
    const first = "/sys/fs/cgroup/cpu";
    const isFirstVersion = existsSync(first);
    this.#folder = `${isFirstVersion ? first : "/sys/fs/cgroup"}/bellwire-bench-${process.pid}-${name}`;
    const periodMicroseconds = 100_000;
    const quota = Math.round((periodMicroseconds * ofCore) / 100);
    mkdirSync(this.#folder);
    if (isFirstVersion) writeFileSync(`${this.#folder}/cpu.cfs_quota_us`, String(quota));
    else writeFileSync(`${this.#folder}/cpu.max`, `${quota} ${periodMicroseconds}`);
  }

  /** Adds a process and its descendants, also future ones. */
  add(rootPid: number): void {
    for (const { pid } of processTree(rootPid)) writeFileSync(`${this.#folder}/cgroup.procs`, String(pid));
  }

  /** Removes the group, whose processes must have ended. */
  [Symbol.dispose](): void {
    rmdirSync(this.#folder);
  }
}

/** Delivers a backlog that is divided among the cells, each with an engine of its own. */
async function measure(cells: 1 | 2): Promise<Measured> {
  using receiver = await startBenchReceiver({ origins, keepsArrivals: true });
  await using opened = new AsyncDisposableStack();
  const names = ["default", "west"].slice(0, cells);
  const limits = percent > 0 ? names.map((name) => opened.use(new ProcessorLimit(name, percent))) : [];
  const databases: BenchDatabase[] = [];
  for (let number = 0; number < cells; number += 1) databases.push(opened.use(await openBenchDatabase()));
  const [directory, west] = databases;
  if (!directory) throw new Error("There is no directory.");
  const urls = receiver.origins.flatMap((origin) => Array.from({ length: 10 }, (_, path) => `${origin}/hook/${path}`));
  for (const { owner, encryption } of databases) {
    const share = { encryption, urls, deliveries: deliveries / cells, bodyBytes, secret: endpointSecret };
    await fillBacklog(owner, share);
    await owner.query("checkpoint");
  }
  if (west) await addCell(directory, west);

  for (const [index, { postgresPid }] of databases.entries()) limits[index]?.add(postgresPid);
  const arrived = waitForArrivals(receiver, deliveries, secondsMax);
  const engines = await Promise.all(
    names.map(async (name, index) => {
      const engine = opened.use(await startServer(directory, "engine", { BELLWIRE_CELLS: name }));
      limits[index]?.add(engine.pid);
      return engine;
    }),
  );
  const cpuOf = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + treeCpuSeconds(pid), 0);
  const postgresPids = databases.map(({ postgresPid }) => postgresPid);
  const enginePids = engines.map(({ pid }) => pid);
  const [postgresBefore, enginesBefore] = [cpuOf(postgresPids), cpuOf(enginePids)]; // without their start
  const arrivals = await arrived;
  if (arrivals.distinct !== deliveries) throw new Error(`${arrivals.distinct} of ${deliveries} deliveries arrived.`);
  return {
    rate: rateOf(arrivals),
    postgresMicroseconds: ((cpuOf(postgresPids) - postgresBefore) / deliveries) * 1e6,
    engineMicroseconds: ((cpuOf(enginePids) - enginesBefore) / deliveries) * 1e6,
  };
}

/** Lists the other database as the cell `west`. */
async function addCell(directory: BenchDatabase, west: BenchDatabase): Promise<void> {
  await directory.owner.inTransaction(async (tx) => {
    const place = { name: "west", schema: "bellwire", databaseUrl: west.ownerUrl };
    await insertCell(tx, directory.encryption, place);
    await updateCellState(tx, "west", "active");
  });
}

for (let pair = 1; pair <= pairs; pair += 1) {
  const single = await measure(1);
  const double = await measure(2);
  const round = (value: number): number => Math.round(value);
  const numbers = {
    "deliveries/s, one cell": round(single.rate),
    "deliveries/s, two cells": round(double.rate),
    ratio: Math.round((double.rate / single.rate) * 100) / 100,
    "µs of PostgreSQL, one": round(single.postgresMicroseconds),
    "µs of PostgreSQL, two": round(double.postgresMicroseconds),
    "µs of engines, one": round(single.engineMicroseconds),
    "µs of engines, two": round(double.engineMicroseconds),
  };
  const line = Object.entries(numbers).map(([name, value]) => `${name}: ${value}`);
  report.add({ title: `pair ${pair}`, numbers }, `cells, pair ${pair}: ${line.join("; ")}`);
}
