import { expect, test } from "vitest";
import { aDefinition } from "../../../test/support/build-portal.ts";
import { parseDefinition, parseNewDefinition } from "./fields-definition.ts";

const stage = { target: "Cinstance", name: "stage", label: "Stage" };

test.each([
  ["the name of an account's own property", { target: "Account", name: "name" }, "name"],
  ["the name of a user's own property", { target: "User", name: "role" }, "name"],
  ["the name of an application's credential", { name: "user_key" }, "name"],
  ["the name of the form token", { target: "Account", name: "form_token" }, "name"],
  ["a name that starts with a digit", { name: "1st" }, "name"],
  ["a name with a space", { name: "my field" }, "name"],
  ["no name", { name: "" }, "name"],
  ["no label", { label: " " }, "label"],
  ["an unknown target", { target: "Service" }, "target"],
  ["a required field that is hidden", { required: true, hidden: "1" }, "required"],
  ["a required field that is read-only", { required: "1", read_only: true }, "required"],
  ["choices for a number", { target: "Account", name: "vat_rate", choices: ["1"] }, "choices"],
  ["a billing address that developers can write", { target: "Account", name: "billing_address" }, "read_only"],
])("a definition with %s is refused", (_defect, input, field) => {
  expect(Object.keys(parseNewDefinition({ ...stage, ...input }).errors)).toEqual([field]);
});

test("choices are accepted as a list or as text separated by commas", () => {
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

test("target and name of a definition never change", () => {
  const before = aDefinition("User", "team");
  expect(parseDefinition(before, { target: "Account", name: "crew", read_only: "1" }).definition).toEqual({
    ...before,
    readOnly: true,
  });
});

test("a built-in name of accounts is an ordinary field name of other targets", () => {
  for (const name of ["vat_rate", "billing_address"]) {
    const { errors } = parseNewDefinition({ ...stage, target: "User", name, choices: ["a"] });
    expect(Object.values(errors).flat()).toEqual([]);
  }
});

test("a part of the billing address is no field name of accounts, because requests would set both", () => {
  const part = { ...stage, target: "Account", name: "billing_address_city" };
  expect(parseNewDefinition(part).errors).toEqual({ name: ["Field name is not allowed"] });
  expect(parseNewDefinition({ ...part, target: "User" }).errors).toEqual({});
});

test("unknown and missing targets have different errors, and a single number becomes a list of one choice", () => {
  expect(parseNewDefinition({ ...stage, target: "Service" }).errors).toEqual({
    target: ["is not included in the list"],
  });
  expect(parseNewDefinition({ ...stage, target: "" }).errors).toEqual({ target: ["can't be blank"] });
  expect(parseNewDefinition({ ...stage, choices: 5 }).definition.choices).toEqual(["5"]);
});
