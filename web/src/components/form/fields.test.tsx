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
