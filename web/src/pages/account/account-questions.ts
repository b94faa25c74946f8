import type { Account } from "../../api/management/account-queries.ts";
import type { Question } from "../../components/confirm-dialog.tsx";
import { toldToEndpoints } from "../../components/told-to-endpoints.ts";
import type { AccountStep } from "./account-steps.ts";

const isOut = "Its users are signed out at once and cannot sign in";

const isTold = `Its admins get a mail. ${toldToEndpoints}`;

/** What is asked before a step that locks an account's users out. From "approved" every step does. */
export function questionBefore(
  operation: AccountStep["operation"],
  { org_name: name, state }: Pick<Account, "org_name" | "state">,
): Question | undefined {
  switch (operation) {
    case "suspend":
      return {
        title: `Suspend ${name}?`,
        says: `${isOut} until you resume it, which makes it approved. ${toldToEndpoints}`,
      };
    case "reject":
      return { title: `Reject ${name}?`, says: `${isOut} unless you approve it later. ${isTold}` };
    case "make_pending":
      return state === "approved"
        ? { title: `Make ${name} pending?`, says: `${isOut} until you approve it. ${isTold}` }
        : undefined;
    case "approve":
    case "resume":
      return undefined;
  }
}
