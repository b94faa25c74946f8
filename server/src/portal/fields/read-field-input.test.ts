import { expect, test } from "vitest";
import { aDefinition } from "../../../test/support/build-portal.ts";
import type { FieldValues } from "./field-value.ts";
import { missingFields, readFieldInput, withGiven, type FieldInput, type FieldWriter } from "./read-field-input.ts";

const definitions = [
  aDefinition("Account", "org_name", { required: true }),
  aDefinition("Account", "vat_rate"),
  aDefinition("Account", "billing_address"),
  aDefinition("Account", "region", { required: true }),
  aDefinition("Account", "skills"),
  aDefinition("Account", "rating", { readOnly: true }),
  aDefinition("Account", "note", { hidden: true }),
  aDefinition("User", "title"),
];
const read = (input: FieldInput, writer: FieldWriter = "program") =>
  readFieldInput({ definitions, target: "Account", writer }, input);

test("only defined fields of the target are read, as stripped text", () => {
  const { given, errors } = read({
    org_name: " Quay ",
    region: 7,
    title: "Dr",
    state: "approved",
    skills: ["c", "", "go "],
  });
  expect(given).toEqual({ org_name: "Quay", region: "7", skills: ["c", "go"] });
  expect(errors).toEqual({});
});

test("a developer writes neither hidden nor read-only fields; a program writes both", () => {
  const input = { rating: "5", note: "late payer" };
  expect(read(input, "developer").given).toEqual({});
  expect(read(input, "program").given).toEqual(input);
});

test("an emptied field goes, a field that is not named stays", () => {
  const { given } = read({ region: "", skills: [] });
  expect(withGiven({ region: "emea", skills: ["c"], vat_rate: "21.0" }, given)).toEqual({ vat_rate: "21.0" });
});

test("an address can be given whole or in parts, and parts leave the others alone", () => {
  const whole = read({ billing_address: { city: "Faro", zip: "8000" } }).given;
  const part = read({ billing_address_zip: "8001" }).given;
  expect(withGiven(withGiven({}, whole), part)).toEqual({ billing_address: { city: "Faro", zip: "8001" } });
  expect(withGiven(withGiven({}, whole), read({ billing_address: "" }).given)).toEqual({});
});

test("a rate is kept as a decimal with a fraction, without zeros that say nothing", () => {
  expect(read({ vat_rate: 21 }).given).toEqual({ vat_rate: "21.0" });
  expect(read({ vat_rate: "-007.50" }).given).toEqual({ vat_rate: "-7.5" });
  expect(read({ vat_rate: "00" }).given).toEqual({ vat_rate: "0.0" });
});

test("of a user, a field that is called as a rate or an address of accounts holds a text", () => {
  const ofUser = [aDefinition("User", "vat_rate"), aDefinition("User", "billing_address")];
  const input = { vat_rate: "n/a", billing_address: "Pier 1" };
  expect(readFieldInput({ definitions: ofUser, target: "User", writer: "program" }, input)).toEqual({
    given: input,
    errors: {},
  });
});

test("parts of an address that are all empty are no address", () => {
  const { given } = read({ billing_address: { city: "" } });
  expect(withGiven({}, given)).toEqual({});
  expect(withGiven({ billing_address: { city: "Faro" } }, given)).toEqual({});
});

test.each([
  [
    "control characters, which no XML can hold",
    { org_name: "Fj\u0007ord" },
    { org_name: ["contains characters that are not allowed"] },
  ],
  ["also in one of several values", { skills: ["c", "\0"] }, { skills: ["contains characters that are not allowed"] }],
  [
    "also in a part of an address",
    { billing_address: { city: "\ud800" } },
    { billing_address: ["contains characters that are not allowed"] },
  ],
  [
    "a name longer than 255 characters",
    { org_name: "x".repeat(256) },
    { org_name: ["is too long (maximum is 255 characters)"] },
  ],
  ["a rate that is no number", { vat_rate: "a lot" }, { vat_rate: ["is not a number"] }],
  ["several values of a built-in field", { org_name: ["a", "b"] }, { org_name: ["is invalid"] }],
  ["an object where a text is due", { region: { a: 1 } }, { region: ["is invalid"] }],
  ["a name that is emptied", { org_name: "  " }, { org_name: ["can't be blank"] }],
] as const)("refused: %s", (_what, input, expected) => {
  expect(read(input).errors).toEqual(expected);
});

test("a developer must give all that is required, a program only the name", () => {
  const needs = { definitions, target: "Account" } as const;
  expect(Object.keys(missingFields({ ...needs, writer: "developer" }, {}))).toEqual(["org_name", "region"]);
  expect(Object.keys(missingFields({ ...needs, writer: "program" }, {}))).toEqual(["org_name"]);
});

test("a field with choices takes nothing else", () => {
  const staged = [aDefinition("Cinstance", "stage", { choices: ["alpha", "beta"] })];
  const wrong = (stage: unknown): unknown =>
    readFieldInput({ definitions: staged, target: "Cinstance", writer: "program" }, { stage }).errors;
  expect(wrong("beta")).toEqual({});
  expect(wrong("")).toEqual({});
  expect(wrong(["alpha", "gamma"])).toEqual({ stage: ["is not included in the list"] });
});

test("a value that is not offered any more may stay, and none like it may come", () => {
  const staged = [aDefinition("Cinstance", "stage", { choices: ["alpha", "beta"] })];
  const wrong = (held: FieldValues, stage: unknown): unknown =>
    readFieldInput({ definitions: staged, target: "Cinstance", writer: "developer", held }, { stage }).errors;
  expect(wrong({ stage: "gamma" }, "gamma")).toEqual({});
  expect(wrong({ stage: ["alpha", "gamma"] }, ["gamma", "beta"])).toEqual({});
  expect(wrong({ stage: "gamma" }, "delta")).toEqual({ stage: ["is not included in the list"] });
});
