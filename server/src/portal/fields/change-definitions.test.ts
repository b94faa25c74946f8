import { expect, test } from "vitest";
import { aDefinition } from "../../../test/support/build-portal.ts";
import { parseDefinition, parseNewDefinition } from "./change-definitions.ts";

const stage = { target: "Cinstance", name: "stage", label: "Stage" };

test.each([
  ["a name that means something else of an account", { target: "Account", name: "name" }, "name"],
  ["a name that means something else of a user", { target: "User", name: "role" }, "name"],
  ["a credential of an application", { name: "user_key" }, "name"],
  ["what every form holds to show whose it is", { target: "Account", name: "form_token" }, "name"],
  ["a name that starts with a digit", { name: "1st" }, "name"],
  ["a name with a space", { name: "my field" }, "name"],
  ["no name", { name: "" }, "name"],
  ["no label", { label: " " }, "label"],
  ["an unknown target", { target: "Service" }, "target"],
  ["a field that must be filled in and cannot be seen", { required: true, hidden: "1" }, "required"],
  ["a field that must be filled in and cannot be written", { required: "1", read_only: true }, "required"],
  ["choices of what is a number", { target: "Account", name: "vat_rate", choices: ["1"] }, "choices"],
  ["an address that developers write", { target: "Account", name: "billing_address" }, "read_only"],
])("cannot be defined: %s", (_what, input, field) => {
  expect(Object.keys(parseNewDefinition({ ...stage, ...input }).errors)).toEqual([field]);
});

test("choices are a list, or a text separated by commas", () => {
  const choicesOf = (choices: unknown): readonly string[] =>
    parseNewDefinition({ ...stage, choices }).definition.choices;
  expect(choicesOf(["alpha", " beta ", "", "alpha"])).toEqual(["alpha", "beta"]);
  expect(choicesOf("alpha, beta")).toEqual(["alpha", "beta"]);
});

test("permanent fields stay required and visible", () => {
  const orgName = aDefinition("Account", "org_name", { required: true });
  const { definition, errors } = parseDefinition(orgName, { required: false, hidden: true, label: "Company" });
  expect(definition).toEqual({ ...orgName, label: "Company" });
  expect(errors).toEqual({});
});

test("target and name never change", () => {
  const before = aDefinition("User", "team");
  expect(parseDefinition(before, { target: "Account", name: "crew", read_only: "1" }).definition).toEqual({
    ...before,
    readOnly: true,
  });
});

test("a name that is built in for accounts is an ordinary field of other targets", () => {
  for (const name of ["vat_rate", "billing_address"]) {
    const { errors } = parseNewDefinition({ ...stage, target: "User", name, choices: ["a"] });
    expect(Object.values(errors).flat()).toEqual([]);
  }
});

test("an unknown target differs from a missing one, and one number is a list of one choice", () => {
  expect(parseNewDefinition({ ...stage, target: "Service" }).errors).toEqual({
    target: ["is not included in the list"],
  });
  expect(parseNewDefinition({ ...stage, target: "" }).errors).toEqual({ target: ["can't be blank"] });
  expect(parseNewDefinition({ ...stage, choices: 5 }).definition.choices).toEqual(["5"]);
});
