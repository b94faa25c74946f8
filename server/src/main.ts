import { runCommandLine } from "./cli/command.ts";
import { roles } from "./platform/config/read-config.ts";

// Lost output ends no process: its work would stay half done, and its embedded database would run on.
for (const output of [process.stdout, process.stderr]) output.on("error", () => undefined);

/** A closed pipe, as with `head`, does not fail a command. A full disk does, at its end: a token that it has lost is nowhere else. */
function failAtEnd(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  process.exitCode = 1;
  process.stderr.write(`bellwire: The output cannot be written: ${error.message}\n`);
}
process.stdout.once("error", failAtEnd);

const exitCode = await runCommandLine(process.argv.slice(2), {
  env: process.env,
  roles,
  // Loaded on demand: short commands take half the time without it.
  serve: async (config, chosen, print) => {
    process.stdout.off("error", failAtEnd); // a server is no failure because of what it prints
    return (await import("./app/serve-until-stopped.ts")).serveUntilStopped(config, chosen, print);
  },
  print: (line) => process.stdout.write(`${line}\n`),
  printStatus: (line) => process.stderr.write(`${line}\n`),
});
// The error of the last line has not been emitted yet. A server has removed the listener.
const { errored } = process.stdout;
if (errored && process.stdout.listeners("error").includes(failAtEnd)) failAtEnd(errored);
process.exit(exitCode || process.exitCode); // outgoing keep-alive connections would delay the exit by seconds
