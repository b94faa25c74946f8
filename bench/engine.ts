/**
 * How near one engine comes to the limit of the machine: a backlog of due deliveries, everything recorded, against
 * undici's dispatch alone sending the same signed bytes to the same receiver, in turns.
 * Run: npm run bench -- engine [case] [seconds] [--json FILE]
 */
import { measureCeiling } from "./measure-ceiling.ts";
import { measureEngine, type Rate } from "./measure-engine.ts";
import { measureSustained, type Sustained } from "./measure-sustained.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import { bodyBytes, inFlightMax, secret } from "./same-for-all.ts";
import { startBenchReceiver } from "./start-receiver.ts";

const pairs = Number(process.env.BENCH_PAIRS ?? 3);

interface Case {
  readonly name: string;
  readonly origins: number;
  readonly pathsPerOrigin: number;
}

const cases: readonly Case[] = [
  { name: "one-endpoint", origins: 1, pathsPerOrigin: 1 },
  { name: "hundred-endpoints", origins: 100, pathsPerOrigin: 1 },
  { name: "ten-thousand-endpoints", origins: 100, pathsPerOrigin: 100 },
];

const report = openReport("engine");
const [seconds = 20] = report.numbers;

const same = { secret, bodyBytes, inFlightMax };
const ceilingRequests = (secondsAsked: number): number => 10_000 * Math.min(10, secondsAsked);

async function run(it: Case, secondsAsked: number): Promise<void> {
  using receiver = await startBenchReceiver({ origins: it.origins });
  const { pathsPerOrigin } = it;
  const urls = receiver.origins.flatMap((origin) =>
    Array.from({ length: pathsPerOrigin }, (_, path) => `${origin}/hook/${path}`),
  );
  const alone = { bodyBytes, inFlightMax, origins: receiver.origins, pathsPerOrigin };
  await measureCeiling({ ...alone, requests: 20_000 });
  const found: Pair[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...alone, requests: ceilingRequests(secondsAsked) });
    const deliveries = Math.round((ceiling.perSecond / 2) * secondsAsked);
    const secondsMax = 120 + 6 * secondsAsked;
    const engine = await measureEngine({ ...same, receiver, urls, deliveries, secondsMax });
    found.push({ ceiling, engine });
    const numbers = [ceiling.perSecond, engine.perSecond, engine.cpuMicroseconds, engine.ownMicroseconds ?? 0];
    console.error(it.name, ...numbers.map(Math.round), Math.round(ceiling.cpuMicroseconds));
  }
  tell(it.name, found);
}

/** Recording and delivering at once: what bounds it is the recording, which is told beside it. */
async function runSustained(secondsAsked: number): Promise<void> {
  using receiver = await startBenchReceiver({ origins: 1 });
  const alone = { bodyBytes, inFlightMax, origins: receiver.origins, pathsPerOrigin: 1 };
  await measureCeiling({ ...alone, requests: 20_000 });
  const found: (Pair & { readonly engine: Sustained })[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...alone, requests: ceilingRequests(secondsAsked) });
    found.push({ ceiling, engine: await measureSustained(secondsAsked) });
  }
  tell("sustained", found, {
    "changes/s": Math.round(median(found.map(({ engine }) => engine.changesPerSecond))),
    "largest delay ms": Math.round(Math.max(...found.map(({ engine }) => engine.longestDelayMs))),
  });
}

interface Pair {
  readonly ceiling: Rate;
  readonly engine: Rate;
}

function tell(name: string, found: readonly Pair[], more: Readonly<Record<string, number>> = {}): void {
  const numbers = {
    "deliveries/s": Math.round(median(found.map(({ engine }) => engine.perSecond))),
    "ceiling/s": Math.round(median(found.map(({ ceiling }) => ceiling.perSecond))),
    ratio: median(found.map(({ engine, ceiling }) => engine.perSecond / ceiling.perSecond)),
    cpu: median(found.map(({ engine, ceiling }) => engine.cpuMicroseconds / ceiling.cpuMicroseconds)),
  };
  report.add(
    { title: name, numbers: { ...numbers, ...more } },
    `engine ${name}: ${numbers["deliveries/s"]} deliveries/s, ceiling ${numbers["ceiling/s"]}/s, ` +
      `ratio ${numbers.ratio.toFixed(2)}, cpu ${numbers.cpu.toFixed(2)}` +
      Object.entries(more)
        .map(([what, number]) => `, ${what} ${number}`)
        .join(""),
  );
}

const chosen = report.choose([...cases.map((it) => it.name), "sustained"]);
for (const it of cases) if (chosen.includes(it.name)) await run(it, seconds);
if (chosen.includes("sustained")) await runSustained(seconds);
