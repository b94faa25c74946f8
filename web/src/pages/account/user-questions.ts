import type { Question } from "../../components/confirm-dialog.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import type { UserStep } from "../../components/users/user-steps.ts";

/** What is asked before something is taken away from a user of an account. */
export function questionBefore(operation: UserStep["operation"] | "delete", name: string): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        says: `${name} is signed out at once and cannot sign in until you unsuspend. ${toldToEndpoints}`,
      };
    case "member":
      return {
        title: `Make ${name} a member?`,
        says: `${name} can no longer invite, change or remove users of the account, until you make ${name} an admin again. ${toldToEndpoints}`,
      };
    case "delete":
      return {
        title: `Delete ${name}?`,
        says: `${name} is signed out at once, can no longer sign in, and cannot be brought back. ${toldToEndpoints}`,
      };
    case "activate":
    case "unsuspend":
    case "admin":
      return undefined;
  }
}
