export type { Account } from "./account.ts";
export { deleteEndedChangeCounters, requireChangesLeft } from "./count-changes.ts";
export { recordAccountChange, recordAccountEvents, type AccountEvent } from "./record-account-events.ts";
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
