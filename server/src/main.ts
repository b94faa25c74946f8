import { runCommandLine } from "./cli/command.ts";
import { roles } from "./platform/config/read-config.ts";

// A closed pipe, as with `head`, does not stop the command.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  roles,
  // Loaded on demand: short commands take half the time without it.
  serve: async (config, chosen, print) => {
    // Nor does anything else stop a server that prints, such as a full disk.
    process.stdout.removeAllListeners("error").on("error", () => undefined);
    return (await import("./app/serve-until-stopped.ts")).serveUntilStopped(config, chosen, print);
  },
  print: (line) => process.stdout.write(`${line}\n`),
  printStatus: (line) => process.stderr.write(`${line}\n`),
});
process.exit(exitCode); // outgoing keep-alive connections would delay the exit by seconds
