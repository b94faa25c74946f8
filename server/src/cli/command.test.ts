import { expect, test } from "vitest";
import { runCommandLine } from "./index.ts";

async function run(...args: readonly string[]): Promise<{ code: number; said: string }> {
  const said: string[] = [];
  const say = (line: string): void => void said.push(line);
  const code = await runCommandLine(args, { env: {}, roles: [], serve: async () => 0, print: say, tell: say });
  return { code, said: said.join("\n") };
}

const { said: help } = await run("help");
const commands = [...help.matchAll(/^ {2}([a-z]+(?: [a-z]+)*)(?= |$)/gm)].map(([, name = ""]) => name);

test.each(commands)("%s refuses an option that it does not know, before it does anything", async (name) => {
  const { code, said } = await run(...name.split(" "), "--endpont=7");
  expect(code).toBe(2);
  expect(said).toContain("--endpont");
  expect(said).toContain(`usage: bellwire ${name}`);
});

test("the commands are found in the help", () => {
  expect(commands).toContain("failures delete");
  expect(commands.length).toBeGreaterThanOrEqual(10);
});
