import { expect, test } from "vitest";
import { type Action, type AdminCaller, denialReason } from "./permissions.ts";

const admin: AdminCaller = {
  actor: { kind: "admin", userId: 1 },
  channel: "admin_portal",
  role: "admin",
  permission: "rw",
  scopes: [],
  sections: [],
  productScope: null,
};
const member: AdminCaller = { ...admin, role: "member", sections: ["partners"] };
const token: AdminCaller = {
  ...admin,
  actor: { kind: "token", userId: 1 },
  channel: "api",
  scopes: ["account_management"],
};
const key: AdminCaller = { ...admin, actor: { kind: "key" }, channel: "api", role: "key" };

const visible = { webHooks: "visible" } as const;
const denied = { webHooks: "denied" } as const;

test.each<[string, AdminCaller, Action, { webHooks: "denied" | "hidden" | "visible" }, string | undefined]>([
  ["an admin may change webhooks", admin, "change-webhooks", visible, undefined],
  ["an admin's token may change webhooks", token, "change-webhooks", visible, undefined],
  ["the provider key may change webhooks", key, "change-webhooks", visible, undefined],
  ["hidden is still allowed", admin, "change-webhooks", { webHooks: "hidden" }, undefined],
  ["a member may not redirect the webhooks", member, "change-webhooks", visible, "role"],
  [
    "a member's token may not redirect the webhooks",
    { ...token, role: "member", sections: ["partners"] },
    "change-webhooks",
    visible,
    "role",
  ],
  [
    "a read-only token may not change webhooks",
    { ...token, permission: "ro" },
    "change-webhooks",
    visible,
    "read-only",
  ],
  ["a read-only token may not purge failures", { ...token, permission: "ro" }, "change-failures", visible, "read-only"],
  ["a read-only token may read failures", { ...token, permission: "ro" }, "read-failures", visible, undefined],
  ["a member may not read failures", member, "read-failures", visible, "role"],
  ["nobody changes webhooks without the capability", admin, "change-webhooks", denied, "capability"],
  ["nor does the provider key", key, "change-webhooks", denied, "capability"],
  ["an admin does not read failures without the capability", admin, "read-failures", denied, "capability"],
  ["the provider key reads failures as it always did", key, "read-failures", denied, undefined],
  ["the provider key deletes failures as it always did", key, "change-failures", denied, undefined],
  ["a token for statistics opens no account", { ...token, scopes: ["stats"] }, "read-portal", visible, "scope"],
  ["a read-only token changes no account", { ...token, permission: "ro" }, "change-portal", visible, "read-only"],
  ["a member with the section changes accounts", member, "change-portal", denied, undefined],
  ["a member without the section reads no account", { ...member, sections: ["plans"] }, "read-portal", visible, "role"],
  ["a member approves nobody", member, "administer-portal", visible, "role"],
  ["the provider key approves", key, "administer-portal", denied, undefined],
  ["a member's token needs its owner's section", { ...token, role: "member" }, "read-portal", visible, "scope"],
  [
    "a member's token for finance needs the finance section",
    { ...token, role: "member", scopes: ["finance"], sections: ["partners"] },
    "change-credit-card",
    visible,
    "scope",
  ],
  [
    "a token for finance changes a credit card",
    { ...token, scopes: ["finance"] },
    "change-credit-card",
    visible,
    undefined,
  ],
  ["a token for finance changes no account", { ...token, scopes: ["finance"] }, "change-portal", visible, "scope"],
  ["a member with partners changes no plan", member, "change-plans", visible, "role"],
  [
    "a member who is narrowed to some products makes no other",
    { ...member, sections: ["plans"], productScope: [7] },
    "create-products",
    visible,
    "product-scope",
  ],
  ["a member with plans changes them", { ...member, sections: ["plans"] }, "change-plans", visible, undefined],
  ["a member with partners reads no account plan", member, "read-account-plans", visible, "role"],
  ["a member with partners reads products", member, "read-products", visible, undefined],
  ["a member without settings changes none", member, "change-settings", visible, "role"],
  ["a member makes no user of the provider's", member, "administer-provider", visible, "role"],
  ["a member without any section has tokens", { ...member, sections: [] }, "change-own", visible, undefined],
])("%s", (_guarantee, caller, action, provider, expected) => {
  expect(denialReason(caller, action, provider)).toBe(expected);
});
