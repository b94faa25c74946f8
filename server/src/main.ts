import { runCommandLine } from "./cli/index.ts";
import { roles } from "./platform/config/read-config.ts";

// Whoever reads no further, as `head` does, has seen enough; what is to be done is done all the same.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  roles,
  // Loaded when it is asked for: the small commands answer in half the time without it.
  serve: async (config, chosen, print) =>
    (await import("./app/serve-until-stopped.ts")).serveUntilStopped(config, chosen, print),
  print: (line) => process.stdout.write(`${line}\n`),
  tell: (line) => process.stderr.write(`${line}\n`),
});
process.exit(exitCode); // keep-alive connections of the way out would keep it up for seconds
