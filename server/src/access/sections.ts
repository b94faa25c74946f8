import type { Scope } from "./access-tokens-table.ts";

/** The parts of the admin side that a member may be let into. An admin is in all of them. */
export const sections = [
  "portal",
  "finance",
  "partners",
  "monitoring",
  "settings",
  "plans",
  "policy_registry",
] as const;

export type Section = (typeof sections)[number];

/** The section that a member needs to own a token with this scope. */
export const sectionOfScope = {
  account_management: "partners",
  cms: "portal",
  finance: "finance",
  policy_registry: "policy_registry",
  stats: "monitoring",
} as const satisfies Record<Scope, Section>;
