import { expect, test } from "vitest";
import { aDefinition, aPlan, aProvider, standardDefinitions } from "../../../test/support/build-portal.ts";
import { choosePlans, parseSignUp } from "./sign-up.ts";

const accountPlan = aPlan({ id: 1, kind: "account_plan", productId: null });
const servicePlan = aPlan({ id: 2, kind: "service_plan" });
const basic = aPlan({ id: 3 });
const gold = aPlan({ id: 4, isDefault: false });
const defaults = [accountPlan, servicePlan, basic];

test("without requested plans, an account gets the default plans", () => {
  expect(choosePlans([], defaults)).toEqual({ accountPlan, servicePlans: [servicePlan], applicationPlans: [basic] });
});

test("a requested plan replaces only the default of its product", () => {
  const other = aPlan({ id: 5, productId: 8 });
  const otherService = aPlan({ id: 6, kind: "service_plan", productId: 8 });
  const chosen = choosePlans([gold], [...defaults, other, otherService]);
  expect(chosen).toMatchObject({ servicePlans: [servicePlan, otherService], applicationPlans: [gold, other] });
});

test("a requested account plan replaces the default", () => {
  const platinum = aPlan({ id: 9, kind: "account_plan", productId: null });
  expect(choosePlans([platinum], defaults)).toMatchObject({ accountPlan: platinum });
});

test("two service plans of one product conflict, two of different products do not", () => {
  const premium = aPlan({ id: 7, kind: "service_plan", isDefault: false });
  const elsewhere = aPlan({ id: 8, kind: "service_plan", productId: 8, isDefault: false });
  expect(choosePlans([servicePlan, premium], defaults)).toBe("two service plans");
  expect(choosePlans([premium, elsewhere], defaults)).toMatchObject({ servicePlans: [premium, elsewhere] });
});

test("a sign-up without an account plan is refused", () => {
  expect(choosePlans([], [servicePlan, basic])).toBe("no account plan");
});

test("without a service plan, a requested application plan is refused and a default one omitted", () => {
  expect(choosePlans([gold], [accountPlan])).toBe("no service plan");
  expect(choosePlans([], [accountPlan, basic])).toMatchObject({ applicationPlans: [] });
});

const settings = { provider: aProvider(), definitions: [...standardDefinitions, aDefinition("User", "job_role")] };
const good = {
  org_name: "Fjord & Sons",
  username: "nora",
  email: "nora@fjord.example",
  password: "correct horse battery",
  password_confirmation: "correct horse battery",
};

test("a complete form has no errors", () => {
  const { fields, errors } = parseSignUp(settings, { ...good, job_role: "captain" }, { writer: "developer" });
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

test("an empty form reports each field as missing, and no other error", () => {
  const blank = ["can't be blank"];
  expect(parseSignUp(settings, {}, { writer: "developer" }).errors).toEqual({
    org_name: blank,
    username: blank,
    email: blank,
    password: blank,
  });
});

test("a program must send only org_name and username", () => {
  expect(parseSignUp(settings, { org_name: "Quay", username: "ada" }, { writer: "program" }).errors).toEqual({});
  expect(Object.keys(parseSignUp(settings, {}, { writer: "program" }).errors)).toEqual(["org_name", "username"]);
});

test("a program does not have to confirm the password", () => {
  expect(parseSignUp(settings, { ...good, password_confirmation: undefined }, { writer: "program" }).errors).toEqual(
    {},
  );
});

test.each([
  ["a username of two characters", { username: "ab" }, { username: ["is too short (minimum is 3 characters)"] }],
  [
    "a username of 41 characters",
    { username: "a".repeat(41) },
    { username: ["is too long (maximum is 40 characters)"] },
  ],
  [
    "a username with a space",
    { username: "nora lind" },
    { username: ["use only letters, numbers, and .-_@+ please."] },
  ],
  ["an invalid email address", { email: "nora.fjord.example" }, { email: ["should look like an email address"] }],
  [
    "a password that is too short",
    { password: "short", password_confirmation: "short" },
    { password: ["is too short (minimum is 12 characters)"] },
  ],
  [
    "a password with a different confirmation",
    { password_confirmation: "other" },
    { password_confirmation: ["doesn't match Password"] },
  ],
  [
    "a password with an empty confirmation",
    { password_confirmation: "" },
    { password_confirmation: ["doesn't match Password"] },
  ],
  [
    "a control character in a name",
    { org_name: "Fj\u0007ord" },
    { org_name: ["contains characters that are not allowed"] },
  ],
] as const)("a sign-up with %s is refused", (_defect, values, expected) => {
  expect(parseSignUp(settings, { ...good, ...values }, { writer: "developer" }).errors).toEqual(expected);
});
