export { accountToJson } from "./account-to-json.ts";
export { representAccount } from "./represent-account.ts";
export { readWholeAccount, type WholeAccount } from "./whole-account.ts";
