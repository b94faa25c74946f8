import { expect, test } from "vitest";
import type { ObjectEvent } from "#webhooks/events/index.ts";
import { type FieldChange, changesOf } from "./index.ts";
import { type FieldLabel, type Version, withUsers } from "./diff.ts";

const definitions: readonly FieldLabel[] = [
  { target: "Account", name: "org_name", label: "Organization" },
  { target: "Account", name: "vat_code", label: "VAT number" },
  { target: "User", name: "email", label: "Email address" },
  { target: "Cinstance", name: "name", label: "App name" },
];

interface Case {
  readonly type: ObjectEvent["type"];
  readonly previous?: ObjectEvent["previous"];
  readonly before?: Version;
  readonly after?: Version;
  /** Defaults to true. */
  readonly isBeforeKnown?: boolean;
}

const changes = ({ type, previous = null, before, after, isBeforeKnown = true }: Case): readonly FieldChange[] =>
  changesOf({ type, previous }, { before, after, isBeforeKnown }, definitions);

const plain = { isMasked: false, isDirect: true } as const;

test("changed fields have the labels of their definitions, extra fields included", () => {
  const before = { org_name: "Quay", extra_fields: { vat_code: "1" }, updated_at: "2026-01-01T00:00:00Z" };
  const after = { org_name: "Quay Ltd", extra_fields: { vat_code: "2" }, updated_at: "2026-01-02T00:00:00Z" };
  const previous = { org_name: "Quay", vat_code: "1" };
  expect(changes({ type: "account.updated", previous, before, after })).toEqual([
    { field: "org_name", label: "Organization", kind: "changed", before: "Quay", after: "Quay Ltd", ...plain },
    { field: "extra_fields.vat_code", label: "VAT number", kind: "changed", before: "1", after: "2", ...plain },
  ]);
});

test("fields of a listed user are labelled with the user's name", () => {
  const before = { users: [{ id: 21, username: "mira", email: "a@quay.example" }] };
  const after = { users: [{ id: 21, username: "mira", email: "b@quay.example" }] };
  expect(changes({ type: "account.updated", before, after })).toMatchObject([
    { field: "users[21].email", label: "User mira: Email address" },
  ]);
});

test("credentials show only their last four characters, also in lists", () => {
  const before = { user_key: "aaaaaaaa1111", keys: ["cccccccc3333"] };
  const after = { user_key: "bbbbbbbb2222", keys: ["cccccccc3333", "dddddddd4444"] };
  const fieldChanges = changes({ type: "application.updated", before, after });
  expect(fieldChanges).toMatchObject([
    { field: "user_key", before: "…1111", after: "…2222", isMasked: true },
    { field: "keys", label: "Application key", kind: "added", after: "…4444", isMasked: true },
  ]);
  expect(JSON.stringify(fieldChanges)).not.toMatch(/aaaa|bbbb|dddd/);
});

test("different keys with the same last four characters are a change", () => {
  const [before, after] = [{ user_key: "aaaaaaaa1111" }, { user_key: "bbbbbbbb1111" }];
  expect(changes({ type: "application.user_key_updated", before, after })).toHaveLength(1);
});

test("a changed password is listed without a value", () => {
  const version = { username: "mira" };
  expect(changes({ type: "user.updated", previous: { password: null }, before: version, after: version })).toEqual([
    { field: "password", label: "Password", kind: "changed", before: null, isMasked: true, isDirect: true },
  ]);
});

test("without the version before, the recorded previous values show the change", () => {
  const after = { org_name: "Quay Ltd", extra_fields: { vat_code: "2" } };
  const previous = { org_name: "Quay", vat_code: null };
  expect(changes({ type: "account.updated", previous, after, isBeforeKnown: false })).toMatchObject([
    { field: "org_name", before: "Quay", after: "Quay Ltd" },
    { field: "extra_fields.vat_code", before: null, after: "2" },
  ]);
});

test("differences that are not in the event's previous values come last and are not direct", () => {
  const before = { plan: { id: 5, name: "Basic" }, name: "Ferry" };
  const after = { plan: { id: 5, name: "Starter" }, name: "Ferries" };
  expect(changes({ type: "application.updated", previous: { name: "Ferry" }, before, after })).toMatchObject([
    { field: "name", label: "App name", isDirect: true },
    { field: "plan.name", label: "Plan: Name", isDirect: false },
  ]);
});

test("all fields of the plan are direct changes of a plan change", () => {
  const [before, after] = [{ plan: { id: 5, name: "Basic" } }, { plan: { id: 6, name: "Gold" } }];
  const fieldChanges = changes({ type: "application.plan_changed", previous: { plan_id: 5 }, before, after });
  expect(fieldChanges.map(({ field, isDirect }) => [field, isDirect])).toEqual([
    ["plan.id", true],
    ["plan.name", true],
  ]);
});

test("a creation adds every field, and a deletion removes every field", () => {
  const version = { id: 31, created_at: "2026-01-01T00:00:00Z", org_name: "Quay", state: "approved" };
  expect(changes({ type: "account.created", after: version }).map(({ field, kind }) => [field, kind])).toEqual([
    ["org_name", "added"],
    ["state", "added"],
  ]);
  expect(changes({ type: "account.deleted", before: version }).map(({ kind }) => kind)).toEqual(["removed", "removed"]);
});

test("an account's version includes later changes of its users", () => {
  const account = {
    org_name: "Quay",
    users: [
      { id: 1, username: "mira" },
      { id: 2, username: "olaf" },
    ],
  };
  const userDocument = (id: number, username: string) => ({
    name: "user",
    record: [
      { name: "id", value: id },
      { name: "username", value: username },
    ],
  });
  expect(
    withUsers(account, [
      { type: "user.updated", objectId: 1, document: userDocument(1, "mira.b") },
      { type: "user.deleted", objectId: 2, document: userDocument(2, "olaf") },
      { type: "user.created", objectId: 3, document: userDocument(3, "nora") },
    ]),
  ).toEqual({
    org_name: "Quay",
    users: [
      { id: 1, username: "mira.b" },
      { id: 3, username: "nora" },
    ],
  });
});
