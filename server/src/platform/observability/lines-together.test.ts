import { expect, test } from "vitest";
import { LinesTogether } from "./lines-together.ts";

test("lines go out in bundles, in their order, each once", () => {
  const written: string[] = [];
  const lines = new LinesTogether({ write: (text: string) => written.push(text) });
  for (let line = 0; line < 120; line += 1) lines.write(`${line}\n`);
  expect(written).toHaveLength(2);
  lines.flush();
  lines.flush();
  expect(written).toHaveLength(3);
  expect(written.join("")).toBe(Array.from({ length: 120 }, (_, line) => `${line}\n`).join(""));
});
