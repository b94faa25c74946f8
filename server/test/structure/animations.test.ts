import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const stylesheets = globSync("{server,web}/src/**/*.css", { cwd: root });

/** Returns every declaration inside the keyframes of a stylesheet, as "property: value". */
function animatedDeclarations(css: string): string[] {
  const keyframes = [...css.matchAll(/@keyframes [\w-]+ \{(?<steps>(?:[^{}]*\{[^{}]*\})*)\s*\}/gu)];
  const steps = keyframes.flatMap(({ groups }) => [...(groups?.steps ?? "").matchAll(/\{([^{}]*)\}/gu)]);
  return steps.flatMap(([, declarations = ""]) => declarations.split(";").map((text) => text.trim())).filter(Boolean);
}

test("animations change only opacity and transform, which browsers animate without the main thread", () => {
  const animated = stylesheets.flatMap((path) => animatedDeclarations(readFileSync(`${root}${path}`, "utf8")));
  expect(animated.length).toBeGreaterThan(0);
  expect(animated.filter((declaration) => !/^(opacity|transform):/u.test(declaration))).toEqual([]);
});
