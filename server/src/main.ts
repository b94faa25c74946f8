import { runCommandLine } from "./cli/command.ts";
import { roles } from "./platform/config/read-config.ts";

/** A closed pipe, as with `head`, does not stop the command. A full disk does: a token that it has lost is nowhere else. */
function failUnlessClosed(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") return;
  process.stderr.write(`bellwire: The output cannot be written: ${error.message}\n`);
  process.exit(1);
}
process.stdout.on("error", failUnlessClosed);

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
// The error of the last line has not been emitted yet. A server has replaced the listener.
const { errored } = process.stdout;
if (errored && process.stdout.listeners("error").includes(failUnlessClosed)) failUnlessClosed(errored);
process.exit(exitCode); // outgoing keep-alive connections would delay the exit by seconds
