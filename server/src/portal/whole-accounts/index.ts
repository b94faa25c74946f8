export { accountToJson } from "./account-to-json.ts";
export type { AccountTransition } from "./account-transitions.ts";
export { activateUser } from "./activate-user.ts";
export { activateUserByMail } from "./activate-user-by-mail.ts";
export type { AccountChange } from "./change-account.ts";
export { changeAccountPlan } from "./change-account-plan.ts";
export { changeAccountState } from "./change-account-state.ts";
export { deleteCreditCard, setCreditCard } from "./change-credit-card.ts";
export { deleteAccount } from "./delete-account.ts";
export { representAccount } from "./represent-account.ts";
export {
  listAccountPlanRequests,
  readAccountPlanRequest,
  type AccountPlanRequest,
} from "./plan-requests/account-plan-requests-table.ts";
export { declineAccountPlanRequest } from "./plan-requests/decline-account-plan-request.ts";
export { requestAccountPlan } from "./plan-requests/request-account-plan.ts";
export { withdrawAccountPlanRequest } from "./plan-requests/withdraw-account-plan-request.ts";
export { searchAccounts } from "./search-accounts.ts";
export { signUpAccount, signUpIsOpen, type SignUp } from "./sign-up.ts";
export { updateAccount } from "./update-account.ts";
export { readAccountInFull } from "./recall-account.ts";
export { readWholeAccounts } from "./read-whole-accounts.ts";
export { narrowAccount, type AccountInFull, type WholeAccount } from "./whole-account.ts";
export type { SignedUp, SignUpDoor } from "./write-sign-up.ts";
