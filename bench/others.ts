/**
 * Bellwire beside what else sends webhooks from PostgreSQL on Node.js: the same bytes, signed for each request, to the same
 * receiver with undici's dispatch, from a backlog in the same PostgreSQL, in one run, in turns. The ceiling is dispatch
 * alone. BullMQ is not here: it needs Redis. Run: npm run bench -- others [deliveries] [--json FILE]
 */
import { measureCeiling } from "./measure-ceiling.ts";
import { measureEngine } from "./measure-engine.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import type { Contender, Found } from "./others/contender.ts";
import { graphileWorker } from "./others/graphile-worker.ts";
import { pgBoss } from "./others/pg-boss.ts";
import { bodyBytes, inFlightMax, secret } from "./same-for-all.ts";
import { startBenchReceiver } from "./start-receiver.ts";

const rounds = Number(process.env.BENCH_PAIRS ?? 3);
const report = openReport("others");
const [deliveries = 100_000] = report.numbers;

const contenders: readonly Contender[] = [
  {
    name: "undici alone",
    keeps: "nothing",
    measure: ({ origins }, requests) =>
      measureCeiling({ origins, pathsPerOrigin: 1, bodyBytes, inFlightMax, requests }),
  },
  {
    name: "Bellwire",
    keeps: "event, delivery, every attempt with status, time and answer",
    measure: (receiver, count) =>
      measureEngine({
        receiver,
        urls: receiver.origins.map((origin) => `${origin}/hook/0`),
        deliveries: count,
        bodyBytes,
        secret,
        inFlightMax,
        secondsMax: 300,
      }),
  },
  graphileWorker,
  pgBoss,
];

using receiver = await startBenchReceiver({ origins: 1 });
const found = new Map<Contender, Found[]>(contenders.map((contender) => [contender, []]));
for (let round = 0; round < rounds; round += 1) {
  for (const [contender, each] of found) {
    each.push(await contender.measure(receiver, deliveries));
    console.error(contender.name, Math.round(each.at(-1)?.perSecond ?? 0));
  }
}

const [ceilings = []] = found.values();
console.log("| sender | deliveries/s | of the ceiling | cpu | keeps |\n|---|--:|--:|--:|---|");
for (const [{ name, keeps }, each] of found) {
  const numbers = {
    "deliveries/s": Math.round(median(each.map((it) => it.perSecond))),
    ratio: median(each.map((it, round) => it.perSecond / (ceilings[round]?.perSecond ?? 1))),
    cpu: median(each.map((it, round) => it.cpuMicroseconds / (ceilings[round]?.cpuMicroseconds ?? 1))),
  };
  report.add(
    { title: name, numbers },
    `| ${name} | ${numbers["deliveries/s"]} | ${numbers.ratio.toFixed(2)} | ${numbers.cpu.toFixed(2)} | ${keeps} |`,
  );
}
