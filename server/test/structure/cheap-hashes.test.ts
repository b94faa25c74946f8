import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("passwords are hashed cheaply in tests, and by nothing that the product runs", () => {
  const files = globSync("{server/src,server/bin,examples,bench,scripts}/**/*.ts", { cwd: root });
  const users = files.filter((path) => readFileSync(root + path, "utf8").includes("makeHashesCheap"));
  expect(users).toEqual(["server/src/access/passwords.ts"]);
});
