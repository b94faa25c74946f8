import { expect, test } from "vitest";
import { aDefinition } from "../../../test/support/build-portal.ts";
import { type FieldWriter, applyFieldInput, missingFields, parseFieldInput } from "./field-input.ts";
import type { FieldValues, FieldInput } from "./field-values.ts";

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
const read = (input: FieldInput, writer: FieldWriter = "program", stored: FieldValues = {}) =>
  parseFieldInput({ definitions, target: "Account", writer, stored }, input);

test("only defined fields of the target are parsed, as trimmed text", () => {
  const { changes, errors } = read({
    org_name: " Quay ",
    region: 7,
    title: "Dr",
    state: "approved",
    skills: ["c", "", "go "],
  });
  expect(changes).toEqual({ org_name: "Quay", region: "7", skills: ["c", "go"] });
  expect(errors).toEqual({});
});

test("a developer cannot write hidden or read-only fields, and a program can", () => {
  const input = { rating: "5", note: "late payer" };
  expect(read(input, "developer").changes).toEqual({});
  expect(read(input, "program").changes).toEqual(input);
});

test("an emptied field is deleted by a form, set to empty text by a program, and stays unset if it was", () => {
  const stored = { region: "emea", skills: ["c"], vat_rate: "21.0" };
  const emptied = { region: "", skills: [] };
  expect(applyFieldInput(stored, read(emptied, "developer", stored).changes)).toEqual({
    region: "emea",
    vat_rate: "21.0",
  });
  expect(applyFieldInput(stored, read(emptied, "program", stored).changes)).toEqual({ region: "", vat_rate: "21.0" });
  expect(applyFieldInput({}, read(emptied).changes)).toEqual({});
  expect(applyFieldInput(stored, read({ region: null }).changes)).toEqual({ skills: ["c"], vat_rate: "21.0" });
  expect(read({ region: "" }, "developer").errors).toEqual({ region: ["can't be blank"] });
});

test("a program can send custom fields flat or in extra_fields, and the flat one takes precedence", () => {
  expect(read({ extra_fields: { region: 7, org_name: "Quay", unknown: "x" } }).changes).toEqual({ region: "7" });
  expect(read({ region: "apac", extra_fields: { region: "emea" } }).changes).toEqual({ region: "apac" });
  expect(read({ extra_fields: { region: "emea" } }, "developer").changes).toEqual({});
});

test("an address is accepted nested or in parts, and a part keeps the other parts", () => {
  const nested = { name: "Quay Ltd", address1: "Pier 1", city: "Faro", country: "PT", phone: "1", zip: "8000" };
  const complete = applyFieldInput({}, read({ billing_address: nested }).changes);
  const stored = { company: "Quay Ltd", address1: "Pier 1", city: "Faro", country: "PT", phone_number: "1" };
  expect(complete).toEqual({ billing_address: { ...stored, zip: "8000" } });
  const part = read({ billing_address_zip: "8001" }, "program", complete).changes;
  expect(applyFieldInput(complete, part)).toEqual({ billing_address: { ...stored, zip: "8001" } });
  expect(applyFieldInput(complete, read({ billing_address: "" }).changes)).toEqual({});
});

test("the document's names of address parts are not accepted as input", () => {
  expect(read({ billing_address_company: "Quay", billing_address_phone_number: "1" }).changes).toEqual({});
});

test("a nested address requires four parts, sent or stored, and flat parts require none", () => {
  const blank = ["can't be blank"];
  expect(read({ billing_address: { city: "Faro" } }).errors).toEqual({
    billing_address_name: blank,
    billing_address_address1: blank,
    billing_address_country: blank,
  });
  const stored = { billing_address: { company: "Quay", address1: "Pier 1", country: "PT" } };
  expect(read({ billing_address: { city: "Faro" } }, "program", stored).errors).toEqual({});
  expect(read({ billing_address_city: "" }).errors).toEqual({});
});

test("a rate is stored as a decimal with a fraction, without trailing zeros", () => {
  expect(read({ vat_rate: 21 }).changes).toEqual({ vat_rate: "21.0" });
  expect(read({ vat_rate: "-007.50" }).changes).toEqual({ vat_rate: "-7.5" });
  expect(read({ vat_rate: "00" }).changes).toEqual({ vat_rate: "0.0" });
});

test("a user's field named like an account's rate or address contains text", () => {
  const ofUser = [aDefinition("User", "vat_rate"), aDefinition("User", "billing_address")];
  const input = { vat_rate: "n/a", billing_address: "Pier 1" };
  expect(parseFieldInput({ definitions: ofUser, target: "User", writer: "program" }, input)).toEqual({
    changes: input,
    errors: {},
  });
});

test("an address with only empty parts is deleted", () => {
  const stored = { billing_address: { city: "Faro" } };
  expect(applyFieldInput(stored, read({ billing_address_city: "" }, "program", stored).changes)).toEqual({});
});

test.each([
  [
    "a control character, which XML cannot contain",
    { org_name: "Fj\u0007ord" },
    { org_name: ["contains characters that are not allowed"] },
  ],
  [
    "a control character in one of several values",
    { skills: ["c", "\0"] },
    { skills: ["contains characters that are not allowed"] },
  ],
  [
    "an unpaired surrogate in a part of an address",
    { billing_address_city: "\ud800" },
    { billing_address_city: ["contains characters that are not allowed"] },
  ],
  [
    "a name longer than 255 characters",
    { org_name: "x".repeat(256) },
    { org_name: ["is too long (maximum is 255 characters)"] },
  ],
  ["a text for an address", { billing_address: "Pier 1" }, { billing_address: ["is not correctly set"] }],
  ["a non-numeric rate", { vat_rate: "a lot" }, { vat_rate: ["is not a number"] }],
  ["several values for a built-in field", { org_name: ["a", "b"] }, { org_name: ["is invalid"] }],
  ["an object for a text", { region: { a: 1 } }, { region: ["is invalid"] }],
  ["an emptied required name", { org_name: "  " }, { org_name: ["can't be blank"] }],
] as const)("%s is refused", (_defect, input, expected) => {
  expect(read(input).errors).toEqual(expected);
});

test("values that became too long together before there was a limit may shrink, but not grow", () => {
  const stored = { org_name: "Quay", note: "n".repeat(70_000), region: "emea" };
  expect(read({ region: "eu" }, "program", stored)).toEqual({ changes: { region: "eu" }, errors: {} });
  expect(read({ region: "europe", org_name: "Q" }, "program", stored).errors).toEqual({});
  expect(read({ region: "europe" }, "program", stored).errors).toEqual({
    region: ["is too long (maximum is 65535 characters for all fields together)"],
  });
});

test("developers and sign-ups must send all required fields, and other programs only the name", () => {
  const needs = { definitions, target: "Account" } as const;
  const signUp = { ...needs, writer: "program", isSignUp: true } as const;
  expect(Object.keys(missingFields(signUp, {}))).toEqual(["org_name", "region"]);
  expect(missingFields(signUp, { org_name: "Quay", extra_fields: { region: "emea" } })).toEqual({});
  expect(Object.keys(missingFields({ ...needs, writer: "developer" }, {}))).toEqual(["org_name", "region"]);
  expect(Object.keys(missingFields({ ...needs, writer: "program" }, {}))).toEqual(["org_name"]);
});

test("a developer can set only the choices of a field, and a program other texts, too", () => {
  const staged = [aDefinition("Cinstance", "stage", { choices: ["alpha", "beta"] })];
  const parse = (writer: FieldWriter, stage: unknown) =>
    parseFieldInput({ definitions: staged, target: "Cinstance", writer }, { stage });
  expect(parse("developer", "beta").errors).toEqual({});
  expect(parse("developer", "").errors).toEqual({});
  expect(parse("developer", ["alpha", "gamma"]).errors).toEqual({ stage: ["is not included in the list"] });
  expect(parse("program", ["alpha", "gamma"])).toEqual({ changes: { stage: ["alpha", "gamma"] }, errors: {} });
});

test("a stored value that is no longer a choice is kept, but cannot be set again", () => {
  const staged = [aDefinition("Cinstance", "stage", { choices: ["alpha", "beta"] })];
  const errorsOf = (stored: FieldValues, stage: unknown): unknown =>
    parseFieldInput({ definitions: staged, target: "Cinstance", writer: "developer", stored }, { stage }).errors;
  expect(errorsOf({ stage: "gamma" }, "gamma")).toEqual({});
  expect(errorsOf({ stage: ["alpha", "gamma"] }, ["gamma", "beta"])).toEqual({});
  expect(errorsOf({ stage: "gamma" }, "delta")).toEqual({ stage: ["is not included in the list"] });
});
