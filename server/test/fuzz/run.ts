/**
 * `npm run fuzz`: schemathesis sends thousands of requests, generated from each of the OpenAPI documents, to a real Bellwire.
 * Exits with 1 on a finding that explained.ts does not explain. In CI, disagreements between a schema and a rule are only
 * printed. Needs schemathesis on the PATH, or its path in SCHEMATHESIS: `pip install schemathesis==4.32.5`.
 */
import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startBellwire } from "../support/start-bellwire.ts";
import { explanationOf } from "./explained.ts";
import { readFindings, type Finding } from "./read-findings.ts";

/** For runs that hang. A run takes one to two minutes. */
const killAfterMs = 600_000;
const accessToken = "fuzz-token-fuzz-token-fuzz-token-0001";
const settings = fileURLToPath(new URL("schemathesis.toml", import.meta.url));
const documents = ["/api/v1/openapi.json", "/admin/api/openapi.json"];

const folder = await mkdtemp(join(tmpdir(), "bellwire-fuzz-"));
await chmod(folder, 0o711); // PostgreSQL's user may enter; otherwise the database would be in another folder, and stay there
try {
  const environment = { BELLWIRE_ACCESS_TOKEN: accessToken, BELLWIRE_LOG_LEVEL: "error" };
  await using bellwire = await startBellwire({ dataDir: join(folder, "data"), environment });
  for (const document of documents) {
    const report = join(folder, `${documents.indexOf(document)}.ndjson`);
    const ended = await runSchemathesis(new URL(document, bellwire.url).href, report);
    const { findings, requests } = await readFindings(report);
    summarize(document, { ended, findings, requests });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Returns the exit code (1 with findings, 0 without) and the output. */
function runSchemathesis(url: string, report: string): Promise<{ code: number | null; output: string }> {
  const args = [
    "--config-file",
    settings,
    "run",
    url,
    "--no-color",
    "--report",
    "ndjson",
    "--report-ndjson-path",
    report,
  ];
  const child = spawn(process.env["SCHEMATHESIS"] ?? "schemathesis", args, {
    cwd: folder,
    env: { ...process.env, BELLWIRE_ACCESS_TOKEN: accessToken },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: killAfterMs,
    killSignal: "SIGKILL",
  });
  let output = "";
  const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-100_000));
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

interface Outcome {
  readonly ended: { readonly code: number | null; readonly output: string };
  readonly findings: readonly Finding[];
  readonly requests: number;
}

function summarize(document: string, { ended, findings, requests }: Outcome): void {
  const explained = Map.groupBy(findings, (finding) => explanationOf(finding)?.name);
  const unexplained = explained.get(undefined) ?? [];
  console.log(`${document}: ${requests} requests, ${findings.length} findings, ${unexplained.length} unexplained`);
  for (const [name, those] of explained) if (name !== undefined) console.log(`  ${those.length} × ${name}`);

  const classes = Map.groupBy(unexplained, ({ check, operation, status }) => `${check} ${operation} ${status}`);
  for (const [name, [first]] of [...classes].slice(0, 30)) {
    console.log(`  UNEXPLAINED ${name}: ${first?.message.slice(0, 400)}\n    ${first?.answer.slice(0, 400)}`);
    console.log(`    sent: ${JSON.stringify(first?.request.slice(0, 400))}`);
  }
  const hasRun = (ended.code === 0 || ended.code === 1) && requests > 0;
  if (!hasRun) console.log(`  schemathesis did not finish (${ended.code}):\n${ended.output.slice(-3000)}`);
  // The requests to the Account Management API differ between runs, even with the same seed. An input on which a schema and
  // a rule disagree needs a person's judgement, so it does not fail an unrelated change in CI.
  const needsJudgement = ({ check }: Finding): boolean =>
    process.env["CI"] !== undefined && ["ST201", "ST202"].includes(check);
  if (!hasRun || !unexplained.every(needsJudgement)) process.exitCode = 1;
}
