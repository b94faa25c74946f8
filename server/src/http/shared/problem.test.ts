import { expect, test } from "vitest";
import { problems, renderErrorsReference } from "./problem.ts";

test("the errors reference has a section with status and title for every code", () => {
  for (const [code, { status, title }] of Object.entries(problems)) {
    expect(renderErrorsReference()).toMatch(new RegExp(`^## ${code}\\n\\n\`${status} [A-Z][A-Za-z ]+\`\\. `, "m"));
    expect(renderErrorsReference()).toContain(title);
  }
});
