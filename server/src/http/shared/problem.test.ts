import { expect, test } from "vitest";
import { errorsReference } from "../../../../scripts/errors-reference.ts";
import { problems } from "./problem.ts";

test("the errors reference has a section with status and title for every code", () => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    expect(errorsReference()).toMatch(new RegExp(`^## ${code}\\n\\n\`${status} [A-Z][A-Za-z ]+\`\\. `, "m"));
    expect(errorsReference()).toContain(title);
  }
});
