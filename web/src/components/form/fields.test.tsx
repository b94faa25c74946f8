import { expect, test } from "vitest";
import { mount } from "../../testing/in-portal.tsx";
import { TextField } from "./fields.tsx";

const below = (errors?: readonly string[]): string | undefined =>
  mount(
    <TextField
      id="name"
      label="Name"
      hint="A letter, then digits"
      errors={errors}
      value=""
      onChange={() => undefined}
    />,
  ).querySelector("#name-hint")?.textContent;

test("the hint of a field stays below it while an error is shown", () => {
  expect(below()).toBe("A letter, then digits");
  expect(below(["is too short"])).toMatch(/is too short.*A letter, then digits/);
});

const literals = [
  /\bhint(?:=\{?|: )"([^"]*)"/g,
  /\bhint(?:=\{|: )`([^`]*)`/g,
  /<HelperTextItem[^>]*>([^<]*)<\/HelperTextItem>/g,
];

test("the text below a field ends without a full stop, even after several sentences", () => {
  const sources = import.meta.glob<string>(["../../**/*.tsx", "../../**/*.ts", "!../../**/*.test.tsx"], {
    query: "?raw",
    import: "default",
    eager: true,
  });
  const texts = Object.values(sources).flatMap((source) =>
    literals.flatMap((literal) => Array.from(source.matchAll(literal), ([, text = ""]) => text.trim())),
  );
  expect(texts.length).toBeGreaterThan(80);
  expect(texts.filter((text) => text.endsWith("."))).toEqual([]);
});
