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
  ["a hidden capability counts as allowed", admin, "change-webhooks", { webHooks: "hidden" }, undefined],
  ["a member may not change webhooks", member, "change-webhooks", visible, "role"],
  [
    "a member's token may not change webhooks",
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
  ["an admin may not change webhooks without the capability", admin, "change-webhooks", denied, "capability"],
  ["the provider key may not change webhooks without the capability", key, "change-webhooks", denied, "capability"],
  ["an admin may not read failures without the capability", admin, "read-failures", denied, "capability"],
  ["the provider key may read failures without the capability", key, "read-failures", denied, undefined],
  ["the provider key may delete failures without the capability", key, "change-failures", denied, undefined],
  ["a token for statistics may not read accounts", { ...token, scopes: ["stats"] }, "read-portal", visible, "scope"],
  ["a read-only token may not change accounts", { ...token, permission: "ro" }, "change-portal", visible, "read-only"],
  ["a member with the partners section may change accounts", member, "change-portal", denied, undefined],
  [
    "a member without the partners section may not read accounts",
    { ...member, sections: ["plans"] },
    "read-portal",
    visible,
    "role",
  ],
  ["a member may not administer the portal", member, "administer-portal", visible, "role"],
  ["the provider key may administer the portal", key, "administer-portal", denied, undefined],
  ["a member's token requires its owner's section", { ...token, role: "member" }, "read-portal", visible, "scope"],
  [
    "a member's finance token requires the finance section",
    { ...token, role: "member", scopes: ["finance"], sections: ["partners"] },
    "change-credit-card",
    visible,
    "scope",
  ],
  [
    "a finance token may change a credit card",
    { ...token, scopes: ["finance"] },
    "change-credit-card",
    visible,
    undefined,
  ],
  ["a finance token may not change accounts", { ...token, scopes: ["finance"] }, "change-portal", visible, "scope"],
  ["a member with the partners section may not change plans", member, "change-plans", visible, "role"],
  [
    "a member limited to some products may not create products",
    { ...member, sections: ["plans"], productScope: [7] },
    "create-products",
    visible,
    "product-scope",
  ],
  [
    "a member with the plans section may change plans",
    { ...member, sections: ["plans"] },
    "change-plans",
    visible,
    undefined,
  ],
  ["a member with the partners section may not read account plans", member, "read-account-plans", visible, "role"],
  ["a member with the partners section may read products", member, "read-products", visible, undefined],
  ["a member without the settings section may not change settings", member, "change-settings", visible, "role"],
  ["a member may not administer the provider", member, "administer-provider", visible, "role"],
  [
    "a member without sections may change their own tokens",
    { ...member, sections: [] },
    "change-own",
    visible,
    undefined,
  ],
])("%s", (_guarantee, caller, action, provider, expected) => {
  expect(denialReason(caller, action, provider)).toBe(expected);
});
