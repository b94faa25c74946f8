import { serveUntilStopped } from "./app/serve-until-stopped.ts";
import { roles } from "./app/roles.ts";
import { runCommandLine } from "./cli/index.ts";

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  roles,
  serve: serveUntilStopped,
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
});
process.exit(exitCode); // keep-alive connections of the way out would keep it up for seconds
