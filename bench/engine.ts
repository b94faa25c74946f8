/**
 * How near one engine comes to the limit of the machine: a backlog of due deliveries, everything recorded, against
 * undici's dispatch alone sending the same signed bytes to the same receiver, in turns.
 * Run: npm run bench -- engine [case] [seconds] [--json FILE]
 */
import { measureCeiling } from "./measure-ceiling.ts";
import { measureEngine, type Rate } from "./measure-engine.ts";
import { openReport } from "./open-report.ts";
import { median } from "./order-statistics.ts";
import { startBenchReceiver } from "./start-receiver.ts";

const secret = `whsec_${Buffer.alloc(32, 7).toString("base64")}`;
const bodyBytes = 1500;
const inFlightMax = 200;
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
const [wanted, seconds = "20"] = report.asked;

async function run(it: Case, secondsAsked: number): Promise<void> {
  using receiver = await startBenchReceiver({ origins: it.origins });
  const { origins, pathsPerOrigin } = it;
  const urls = receiver.origins.flatMap((origin) =>
    Array.from({ length: pathsPerOrigin }, (_, path) => `${origin}/hook/${path}`),
  );
  const same = { secret, bodyBytes, inFlightMax };
  const alone = { ...same, origins: receiver.origins, pathsPerOrigin };
  await measureCeiling({ ...alone, requests: 20_000 });
  const ceilings: Rate[] = [];
  const engines: Rate[] = [];
  for (let pair = 0; pair < pairs; pair += 1) {
    const ceiling = await measureCeiling({ ...alone, requests: 10_000 * Math.min(10, secondsAsked) });
    const deliveries = Math.round((ceiling.perSecond / 2) * secondsAsked);
    const secondsMax = 120 + 6 * secondsAsked;
    const engine = await measureEngine({ ...same, receiver, urls, deliveries, secondsMax });
    ceilings.push(ceiling);
    engines.push(engine);
    const numbers = [ceiling.perSecond, engine.perSecond, engine.cpuMicroseconds, engine.ownMicroseconds ?? 0];
    console.error(it.name, origins, ...numbers.map(Math.round), Math.round(ceiling.cpuMicroseconds));
  }
  tell(it.name, ceilings, engines);
}

function tell(name: string, ceilings: readonly Rate[], engines: readonly Rate[]): void {
  const numbers = {
    "deliveries/s": Math.round(median(engines.map((rate) => rate.perSecond))),
    "ceiling/s": Math.round(median(ceilings.map((rate) => rate.perSecond))),
    ratio: median(engines.map((engine, pair) => engine.perSecond / (ceilings[pair]?.perSecond ?? 1))),
    cpu: median(engines.map((engine, pair) => engine.cpuMicroseconds / (ceilings[pair]?.cpuMicroseconds ?? 1))),
  };
  report.add(
    { title: name, numbers },
    `engine ${name}: ${numbers["deliveries/s"]} deliveries/s, ceiling ${numbers["ceiling/s"]}/s, ` +
      `ratio ${numbers.ratio.toFixed(2)}, cpu ${numbers.cpu.toFixed(2)}`,
  );
}

for (const it of cases) if (wanted === undefined || wanted === it.name) await run(it, Number(seconds));
