import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const program = `
  import { createLogger } from ${JSON.stringify(new URL("create-logger.ts", import.meta.url).href)};
  const log = createLogger("info");
  const error = Object.assign(new Error("duplicate key"), { code: "23505", detail: "Key (email)=(canary) already exists." });
  log.info({ status: 200, password: "canary", request: { authorization: "canary", headers: { cookie: "canary" } } }, "request answered");
  log.error({ err: error }, "bug");
  log.warn({ error }, "again");
  log.debug({}, "not worth it");
`;

test("a line is written as JSON on stderr, without secrets and without the values that PostgreSQL quotes", () => {
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    encoding: "utf8",
  });
  expect(stdout).toBe("");
  expect(stderr).not.toContain("canary");
  const lines: unknown[] = stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines).toHaveLength(3);
  expect(lines[0]).toMatchObject({ level: 30, status: 200, msg: "request answered" });
  expect(lines[1]).toMatchObject({ level: 50, err: { message: "duplicate key", code: "23505" } });
});
