export { accountToJson } from "./account-to-json.ts";
export { activateUser } from "./activate-user.ts";
export { representAccount } from "./represent-account.ts";
export { signUpAccount, signUpIsOpen, type SignUp } from "./sign-up.ts";
export { updateAccount } from "./update-account.ts";
export { completeAccounts, readWholeAccount, type WholeAccount } from "./whole-account.ts";
export type { SignedUp, SignUpDoor } from "./write-sign-up.ts";
