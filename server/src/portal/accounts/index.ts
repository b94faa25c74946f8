export type { Account } from "./account.ts";
export {
  countAccounts,
  deleteAccountRow,
  insertAccount,
  listAccounts,
  lockAccount,
  readAccount,
  readAccounts,
  updateAccountRow,
} from "./accounts-table.ts";
export { insertServiceSubscriptions } from "./service-subscriptions-table.ts";
