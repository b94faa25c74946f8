export type { Account } from "./account.ts";
export {
  countAccounts,
  deleteAccountRow,
  insertAccount,
  listAccounts,
  lockAccount,
  readAccount,
  updateAccountRow,
} from "./accounts-table.ts";
export { insertServiceSubscriptions } from "./service-subscriptions-table.ts";
