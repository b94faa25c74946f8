import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { version } from "#platform/http.ts";
import { runCommandLine } from "./command.ts";

async function run(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const output: string[] = [];
  const print = (line: string): void => void output.push(line);
  // No database is there, so that a command that opens one fails at once.
  const env = { DATABASE_URL: "postgresql://127.0.0.1:1/none", BELLWIRE_DATABASE_WAIT_SECONDS: "0" };
  const needs = { env, roles: ["web", "engine"] as const, serve: async () => 0, print, printStatus: print };
  const code = await runCommandLine(args, needs);
  return { code, output: output.join("\n") };
}

const { output: help } = await run("help");
const commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)*)(?= |$)/gm)].map(([, name = ""]) => name);

test.each(commands)("the command %s refuses an unknown option with its usage", async (name) => {
  const { code, output } = await run(...name.split(" "), "--endpont=7");
  expect(code).toBe(2);
  expect(output).toContain("--endpont");
  expect(output).toContain(`usage: bellwire ${name}`);
});

test.each([
  ["provider limit", (number: string) => ["bins-per-provider", number], "Give a whole number up to 1,000,000,000"],
  ["provider move", (number: string) => ["acme", "--to=west", `--drain-seconds=${number}`], "must be a whole number"],
  ["failures list", (number: string) => [`--endpoint=${number}`], "--endpoint must be a number"],
] as const)("%s refuses numbers that are not decimal digits", async (name, argsFor, message) => {
  for (const number of ["0x10", "1e2", " 7", "1.0"]) {
    const { code, output } = await run(...name.split(" "), ...argsFor(number));
    expect([number, code, output]).toEqual([number, 2, expect.stringContaining(message)]);
  }
});

const oneSubject = "Give either --account or --user.";
const oneCell = "Name one cell";
const schemaRule = "--schema must be at most 59 lowercase letters";

test.each([
  ["serve --role=all", "There is no role all"],
  ["serve extra", "Unexpected argument 'extra'"],
  ["erase --pending=cancel", oneSubject],
  ["erase --account=1 --user=2 --pending=cancel", oneSubject],
  ["erase --account=1", "--pending must be send"],
  ["erase --account=1 --pending=now", "--pending must be send"],
  ["erase --account=1 --account=2 --pending=cancel", "Give --account once."],
  ["erasure", "Give the id of one erasure"],
  ["erasure 1 2", "Give the id of one erasure"],
  ["failures delete --until=soon", "--until must be a time"],
  ["failures delete --id=7", "--id must be the id of an event"],
  ["failures list --endpoint=", "Give --endpoint a value."],
  ["failures retry --endpoint=1 --endpoint=2", "Give --endpoint once."],
  ["token create", "give --username"],
  ["token create --username=admin --permission=all", "--permission is ro or rw."],
  ["token create --username=admin --scope=everything", "There is no scope everything"],
  ["token create --username=admin --scope=stats --permission=ro --permission=rw", "Give --permission once."],
  ["user password", "Give one username"],
  ["user password admin member", "Give one username"],
  ["provider create --name=Quay", "Give --name and --subdomain."],
  ["provider create --name=Quay --subdomain=quay --admin-password=", "Give --admin-password a value."],
  ["user password admin --password=", "Give --password a value."],
  ["token create --username=admin --scope=", "Give --scope a value."],
  ["provider limit users 5", "Name a limit"],
  ["provider limit bins-per-provider 5 6", "Name a limit"],
  ["provider limit bins-per-provider ", "Give a whole number up to 1,000,000,000"],
  ["provider suspend", "Name one provider"],
  ["provider passwords", "Name one provider"],
  ["provider suspend quay brook", "Name one provider"],
  ["provider move quay", "a cell with --to"],
  ["provider move --to=west", "Name one provider"],
  ["provider move quay brook --to=west", "Name one provider"],
  ["cell add", oneCell],
  ["cell add West", oneCell],
  ["cell add all", "`all` is reserved"],
  ["cell add west east", oneCell],
  ["cell add west --schema=West", schemaRule],
  ["cell add west --schema=bellwire_directory", schemaRule],
  ["cell add west --schema=information_schema", schemaRule],
  ["cell add west --schema=pg_toast", schemaRule],
  ["cell drain", oneCell],
  ["cell drain west east", oneCell],
  ["cell drain west --undo --plan", "--undo makes the cell active"],
  ["cell drain west --undo --to=east", "--undo makes the cell active"],
  ["cell drain west --to=east --to=north", "Give --to once."],
  ["hold", "Add --after-restore"],
  ["resume --send", "Add --after-restore"],
  ["resume --after-restore", "Give one of --plan, --send and --skip."],
  ["resume --after-restore --send --skip", "Give one of --plan, --send and --skip."],
  ["backup", "Name a new folder"],
])('"%s" is refused with its usage, without a database', async (line, message) => {
  const { code, output } = await run(...line.split(" "));
  expect([code, output]).toEqual([2, expect.stringContaining(message)]);
  expect(output).toContain("usage: bellwire ");
});

test("a cell may have the longest name without a schema of another name", async () => {
  const { code, output } = await run("cell", "add", "w".repeat(50));
  expect([code, output]).toEqual([1, expect.not.stringContaining("--schema")]); // no database is there
});

test("the help lists the commands", () => {
  expect(commands).toContain("failures delete");
  expect(commands.length).toBeGreaterThanOrEqual(10);
});

test("README.md lists the commands", () => {
  const readme = readFileSync(new URL("../../../README.md", import.meta.url), "utf8");
  const lines = readme.split("\n").filter((line) => /^bellwire .* {2}bellwire /.test(line));
  const listed = lines.flatMap((line) => line.split(/ {2,}/)).map((entry) => entry.replace(/^bellwire /, ""));
  const names = listed.flatMap((entry) => {
    const [words = ""] = /^[a-z|]+(?: [a-z|]+)*/.exec(entry) ?? [];
    const [, before = "", choices = ""] = /^(.* |)(\S+)$/.exec(words) ?? [];
    return choices.split("|").map((choice) => `${before}${choice}`);
  });
  expect(names.toSorted()).toEqual(commands.toSorted());
});

test.each(commands)("the help of %s contains only its own usage", async (name) => {
  const { code, output } = await run(...name.split(" "), "--help");
  expect(code).toBe(0);
  expect([...output.matchAll(/^ {2}([a-z].*)$/gm)].map(([, usage = ""]) => usage)).toEqual([
    expect.stringMatching(new RegExp(`^${name}( |$)`)),
  ]);
});

test.each([
  ["provider", 2],
  ["provider --help", 0],
  ["help provider", 0],
] as const)('"%s" lists the commands with this prefix', async (line, expected) => {
  const { code, output } = await run(...line.split(" "));
  expect(code).toBe(expected);
  expect([...output.matchAll(/^ {2}([a-z]+ [a-z]+)/gm)].map(([, name]) => name)).toEqual([
    "provider create",
    "provider list",
    "provider move",
    "provider limit",
    "provider suspend",
    "provider passwords",
    "provider delete",
  ]);
});

test.each(["--help", "-h", "help", "nothing --help"])('"%s" prints the help of all commands', async (line) => {
  expect(await run(...line.split(" "))).toEqual({ code: 0, output: help });
});

test("an unknown command exits with 2 and lists all commands", async () => {
  const { code, output } = await run("nothing");
  expect(code).toBe(2);
  expect(output).toContain('There is no command "nothing".');
  for (const name of commands) expect(output).toContain(name);
  expect(output.split("\n").length).toBeLessThan(5);
});

test("an unknown subcommand lists the subcommands of its prefix", async () => {
  const { code, output } = await run("provider", "lst");
  expect(code).toBe(2);
  expect(output).toContain('There is no command "provider lst".');
  expect(output).toContain("provider create");
  expect(output).not.toContain("failures list");
});

test.each(["0", "-3", "1.5", "x"])("the invalid endpoint id %j is refused without a database", async (id) => {
  for (const command of ["failures delete", "resume --after-restore --plan"]) {
    const { code, output } = await run(...command.split(" "), `--endpoint=${id}`);
    expect(code).toBe(2);
    expect(output).toContain("--endpoint must be a number");
  }
});

test("--version prints the product's version", async () => {
  expect(await run("--version")).toEqual({ code: 0, output: `bellwire ${version}` });
});
