import { expect, test } from "vitest";
import { type FormField, passwordFields, submittedValues, withErrors } from "./forms.ts";

const username: FormField = { name: "username", label: "Username", type: "text", required: true };
const signs = "use only letters, numbers, and .-_@+ please.";

const errorsOf = (fields: readonly FormField[], errors: Readonly<Record<string, readonly string[]>>) =>
  withErrors(fields, errors).flatMap(({ error }) => error ?? []);

test.for([
  ["a predicate follows the label", ["can't be blank"], "Username can't be blank"],
  ["a whole sentence has no label", [signs], "Use only letters, numbers, and .-_@+ please."],
  ["several predicates make one sentence", ["is too short", "is invalid"], "Username is too short, is invalid"],
  [
    "a whole sentence follows the predicates",
    ["is too short", signs],
    "Username is too short. Use only letters, numbers, and .-_@+ please.",
  ],
] as const)("%s", ([, messages, words]) => {
  expect(errorsOf([username], { username: messages })).toEqual([words]);
});

test("a short email address has the error of an invalid address, not that of a short text", () => {
  const email: FormField = { name: "email", label: "Email", type: "email", required: true };
  expect(errorsOf([email], { email: ["is too short (minimum is 6 characters)"] })).toEqual([
    "Email should look like an email address",
  ]);
});

test("the error of a repeated password uses the label of the password field", () => {
  const errors = { password_confirmation: ["doesn't match Password"] };
  expect(errorsOf(passwordFields("New password", 8), errors)).toEqual([
    "New password confirmation doesn't match New password",
  ]);
  expect(errorsOf(passwordFields("Password", 8), errors)).toEqual(["Password confirmation doesn't match Password"]);
});

test("a text that nobody edited keeps its line breaks, which browsers drop or change", () => {
  const saved = "1 Quay\nBergen\r\nNO";
  const address: FormField = { name: "address", label: "Address", type: "text", required: false, value: saved };
  const text: FormField = { ...address, name: "text", lines: 4 };
  const unedited = { address: "1 QuayBergenNO", text: "1 Quay\r\nBergen\r\nNO" };
  expect(submittedValues([address, text], unedited)).toEqual({ address: saved, text: saved });
  const edited = { address: "2 QuayBergenNO", text: "1 Quay\r\nOslo" };
  expect(submittedValues([address, text], edited)).toEqual(edited);
});
