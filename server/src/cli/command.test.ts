import { expect, test } from "vitest";
import { version } from "#platform/version.ts";
import { runCommandLine } from "./index.ts";

async function run(...args: readonly string[]): Promise<{ code: number; output: string }> {
  const output: string[] = [];
  const print = (line: string): void => void output.push(line);
  const code = await runCommandLine(args, { env: {}, roles: [], serve: async () => 0, print, printStatus: print });
  return { code, output: output.join("\n") };
}

const { output: help } = await run("help");
const commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)*)(?= |$)/gm)].map(([, name = ""]) => name);

test.each(commands)("%s refuses an option that it does not know, before it does anything", async (name) => {
  const { code, output } = await run(...name.split(" "), "--endpont=7");
  expect(code).toBe(2);
  expect(output).toContain("--endpont");
  expect(output).toContain(`usage: bellwire ${name}`);
});

test("the commands are found in the help", () => {
  expect(commands).toContain("failures delete");
  expect(commands.length).toBeGreaterThanOrEqual(10);
});

test.each(commands)("%s explains itself alone", async (name) => {
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
] as const)("%s names the commands that begin so", async (line, expected) => {
  const { code, output } = await run(...line.split(" "));
  expect(code).toBe(expected);
  expect([...output.matchAll(/^ {2}([a-z]+ [a-z]+)/gm)].map(([, name]) => name)).toEqual([
    "provider create",
    "provider move",
    "provider limit",
  ]);
});

test.each(["--help", "-h", "help", "nothing --help"])("%s explains all commands", async (line) => {
  expect(await run(...line.split(" "))).toEqual({ code: 0, output: help });
});

test("an unknown command is wrong usage", async () => {
  expect(await run("nothing")).toEqual({ code: 2, output: `There is no command "nothing".\n\n${help}` });
});

test("the version is that of the product", async () => {
  expect(await run("--version")).toEqual({ code: 0, output: `bellwire ${version}` });
});
