import type { UserStep } from "../../components/users/user-steps.ts";

interface Question {
  readonly title: string;
  readonly says: string;
}

/** What is asked before a step that takes something away from somebody, or gives everything away. */
export function questionBefore(operation: UserStep["operation"], name: string): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        says: `${name} is signed out at once and cannot sign in, and access tokens of ${name} stop working, until you unsuspend.`,
      };
    case "admin":
      return {
        title: `Make ${name} an admin?`,
        says: "An admin may do everything, also suspend, change and delete you.",
      };
    case "member":
      return {
        title: `Make ${name} a member?`,
        says: `From now on ${name} opens what the permissions say, and nothing else.`,
      };
    case "activate":
    case "unsuspend":
      return undefined;
  }
}
