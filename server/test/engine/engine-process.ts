/** Runs an engine in a separate process, which tests can freeze. Arguments: name, database URL, lease in milliseconds. */
import { appRole } from "#platform/database/app-role.ts";
import { openPool } from "#platform/database/pool.ts";
import { startTestEngine } from "../support/start-test-engine.ts";
import { schema } from "../support/test-databases.ts";

const [userAgent = "", connectionString = "", leaseMs = "1000"] = process.argv.slice(2);

const pool = await openPool({ connectionString, schema, role: appRole });
const engine = await startTestEngine(pool, {
  userAgent,
  leaseMs: Number(leaseMs),
  onSettled: (attempted, written) => process.send?.({ attempted, written }),
});
process.send?.("ready");
process.on("disconnect", () => void end());

async function end(): Promise<void> {
  await engine[Symbol.asyncDispose]();
  await pool[Symbol.asyncDispose]();
}
