import { expect, test } from "vitest";
import { problems, renderErrorsReference } from "./problem.ts";

test("every code has its section, with its status and its words", () => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    expect(renderErrorsReference()).toMatch(new RegExp(`^## ${code}\\n\\n\`${status} [A-Z][A-Za-z ]+\`\\. `, "m"));
    expect(renderErrorsReference()).toContain(title);
  }
});
