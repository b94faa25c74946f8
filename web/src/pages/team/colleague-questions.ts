import type { Question } from "../../components/confirm-dialog.tsx";
import type { UserStep } from "../../components/users/user-steps.ts";

/** What is asked before a step that takes something away from somebody, or gives everything away. */
export function questionBefore(operation: UserStep["operation"] | "delete", name: string): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        says: `${name} is signed out at once and cannot sign in, and access tokens of ${name} stop working, until you unsuspend.`,
      };
    case "admin":
      return {
        title: `Make ${name} an admin?`,
        says: "An admin may do everything, also suspend, change and delete you, until somebody takes this back.",
      };
    case "member":
      return {
        title: `Make ${name} a member?`,
        says: `From now on ${name} opens what the permissions say, and nothing else. You can take this back.`,
      };
    case "delete":
      return {
        title: `Delete ${name}?`,
        says: `${name} is signed out at once and cannot be brought back, and access tokens of ${name} stop working.`,
      };
    case "activate":
    case "unsuspend":
      return undefined;
  }
}
