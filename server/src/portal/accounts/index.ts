export type { Account } from "./account.ts";
export {
  deleteAccountRow,
  insertAccount,
  lockAccount,
  readAccount,
  readAccounts,
  updateAccountRow,
} from "./accounts-table.ts";
export { insertServiceSubscriptions } from "./service-subscriptions-table.ts";
