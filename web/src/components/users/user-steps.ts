import type { User } from "../../api/management/user-queries.ts";

export interface UserStep {
  readonly operation: "activate" | "suspend" | "unsuspend" | "admin" | "member";
  readonly title: string;
}

/** What can be done to a user in this state and role. */
export function userSteps({ state, role }: Pick<User, "state" | "role">): readonly UserStep[] {
  const roleStep = role === "admin" ? "member" : "admin";
  return [
    ...(state === "pending" ? [{ operation: "activate", title: "Activate" } as const] : []),
    ...(state === "active" ? [{ operation: "suspend", title: "Suspend" } as const] : []),
    ...(state === "suspended" ? [{ operation: "unsuspend", title: "Unsuspend" } as const] : []),
    { operation: roleStep, title: roleStep === "admin" ? "Make an admin" : "Make a member" },
  ];
}
