export type { Account } from "./account.ts";
export {
  accountColumns,
  deleteAccountRow,
  insertAccount,
  lockAccount,
  readAccount,
  readAccounts,
  updateAccountRow,
} from "./accounts-table.ts";
export { insertServiceSubscriptions } from "./service-subscriptions-table.ts";
