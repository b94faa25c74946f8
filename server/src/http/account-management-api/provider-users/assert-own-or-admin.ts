import { Problem } from "#http/shared/problem.ts";
import type { Call } from "../operation.ts";

/** A member sees and changes himself; an admin, and the provider key, everybody. */
export function assertOwnOrAdmin({ caller, id }: Call): void {
  const isOwn = "userId" in caller.actor && caller.actor.userId === id("id");
  if (caller.role === "member" && !isOwn) throw new Problem("role-missing");
}
