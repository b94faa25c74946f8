import { expect, test } from "vitest";
import type { FieldsDefinition } from "#portal/fields/index.ts";
import { signUpFields, signUpValues } from "./sign-up.ts";

const epoch = new Date(0);

function define(
  target: FieldsDefinition["target"],
  name: string,
  more: Partial<FieldsDefinition> = {},
): FieldsDefinition {
  return {
    id: 1,
    target,
    name,
    label: name,
    required: false,
    hidden: false,
    readOnly: false,
    choices: [],
    position: 1,
    createdAt: epoch,
    updatedAt: epoch,
    ...more,
  };
}

const namesOf = (definitions: readonly FieldsDefinition[]): readonly string[] =>
  signUpFields(definitions, { passwordLengthMin: 12 }).map((field) => field.name);

test("the form has the account's fields, then the user's, then the password twice", () => {
  const definitions = [define("User", "username"), define("Account", "org_name"), define("Cinstance", "description")];
  expect(namesOf(definitions)).toEqual(["org_name", "username", "password", "password_confirmation"]);
});

test("hidden and read-only fields are neither shown nor accepted", () => {
  const definitions = [define("Account", "rating", { hidden: true }), define("User", "level", { readOnly: true })];
  expect(namesOf(definitions)).toEqual(["password", "password_confirmation"]);
  expect(signUpValues(definitions, { rating: "5", level: "9", annotations: "x", password: "p" })).toEqual({
    password: "p",
    password_confirmation: "",
  });
});

test("a name defined for both account and user is one field", () => {
  expect(namesOf([define("Account", "title"), define("User", "title")])).toEqual([
    "title",
    "password",
    "password_confirmation",
  ]);
});

test("values and errors are shown at their fields, but passwords are never sent back", () => {
  const fields = signUpFields([define("Account", "org_name")], {
    passwordLengthMin: 12,
    values: { org_name: "Tallow", password: "secret" },
    errors: { org_name: ["is taken"], password: ["is too short", "is known"] },
  });
  expect(fields[0]).toMatchObject({ value: "Tallow", error: "org_name is taken" });
  expect(fields[1]).toMatchObject({ name: "password", error: "Password is too short, is known" });
  expect(fields[1]).not.toHaveProperty("value");
});

test("a field may have the name of a property of Object.prototype", () => {
  const [field] = signUpFields([define("Account", "constructor")], { passwordLengthMin: 12 });
  expect(field).toMatchObject({ name: "constructor", value: "" });
  expect(field).not.toHaveProperty("error");
});

test("the password field has a hint with the minimum length", () => {
  const [password] = signUpFields([], { passwordLengthMin: 15 });
  expect(password?.hint).toMatch(/^15 characters or more/);
});
