import { expect, test } from "vitest";
import { errorsReference } from "./errors-reference.ts";
import { problems } from "./problem.ts";

test("every code has its section, with its status and its words", () => {
  for (const [code, { status, says }] of Object.entries(problems)) {
    expect(errorsReference()).toMatch(new RegExp(`^## ${code}\\n\\n\`${status} [A-Z][A-Za-z ]+\`\\. `, "m"));
    expect(errorsReference()).toContain(says);
  }
});
