import { expect, test } from "vitest";
import { aDefinition, aProvider, standardDefinitions } from "../../../test/support/build-portal.ts";
import { judgeSignUp } from "./judge-sign-up.ts";

const settings = { provider: aProvider(), definitions: [...standardDefinitions, aDefinition("User", "job_role")] };
const good = {
  org_name: "Fjord & Sons",
  username: "nora",
  email: "nora@fjord.example",
  password: "correct horse battery",
  password_confirmation: "correct horse battery",
};

test("a complete form has nothing wrong", () => {
  const { fields, errors } = judgeSignUp(settings, { ...good, job_role: "captain" }, "developer");
  expect(errors).toEqual({});
  expect(fields).toEqual({
    orgName: "Fjord & Sons",
    accountFields: {},
    annotations: {},
    username: "nora",
    email: "nora@fjord.example",
    userFields: { job_role: "captain" },
    password: "correct horse battery",
  });
});

test("an empty form says of each field that it is missing, and nothing else", () => {
  const blank = ["can't be blank"];
  expect(judgeSignUp(settings, {}, "developer").errors).toEqual({
    org_name: blank,
    username: blank,
    email: blank,
    password: blank,
  });
});

test("a program may leave out all but the two names", () => {
  expect(judgeSignUp(settings, { org_name: "Quay", username: "ada" }, "program").errors).toEqual({});
  expect(Object.keys(judgeSignUp(settings, {}, "program").errors)).toEqual(["org_name", "username"]);
});

test("a program need not confirm the password", () => {
  expect(judgeSignUp(settings, { ...good, password_confirmation: undefined }, "program").errors).toEqual({});
});

test.each([
  ["a short user name", { username: "ab" }, { username: ["is too short (minimum is 3 characters)"] }],
  ["a long user name", { username: "a".repeat(41) }, { username: ["is too long (maximum is 40 characters)"] }],
  [
    "a user name with other signs",
    { username: "nora lind" },
    { username: ["use only letters, numbers, and .-_@+ please."] },
  ],
  ["what is no address", { email: "nora.fjord.example" }, { email: ["should look like an email address"] }],
  [
    "a short password",
    { password: "short", password_confirmation: "short" },
    { password: ["is too short (minimum is 12 characters)"] },
  ],
  [
    "a password that was mistyped",
    { password_confirmation: "other" },
    { password_confirmation: ["doesn't match Password"] },
  ],
  [
    "a password that was not confirmed",
    { password_confirmation: "" },
    { password_confirmation: ["doesn't match Password"] },
  ],
  ["a bell in a name", { org_name: "Fj\u0007ord" }, { org_name: ["contains characters that are not allowed"] }],
] as const)("refused: %s", (_what, values, expected) => {
  expect(judgeSignUp(settings, { ...good, ...values }, "developer").errors).toEqual(expected);
});
