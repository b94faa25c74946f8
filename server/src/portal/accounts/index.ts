export {
  listAccountDetails,
  readAccountDetails,
  type AccountDetails,
  accountToJson,
  type AccountWithSettings,
  limitToScope,
  representAccount,
} from "./account-details.ts";
export { deleteExpiredChangeCounters, recordAccountEvents } from "./account-events.ts";
export {
  changeAccountPlan,
  declineAccountPlanRequest,
  requestAccountPlan,
  withdrawAccountPlanRequest,
  type AccountPlanRequest,
  type ApplicationPlanRequest,
  listAccountPlanRequests,
  listApplicationPlanRequests,
  readAccountPlanRequest,
  readApplicationPlanRequest,
} from "./plan-changes.ts";
export {
  type AccountTransition,
  activateUser,
  accountTarget,
  activateUserByMail,
  readAccountActivatedByMail,
  changeAccountState,
} from "./account-states.ts";
export {
  type Account,
  accountFields,
  type AccountFilter,
  accountStates,
  countCreated,
  type CreatedSpan,
  findByText,
  lockAccount,
  readAccount,
  readAccounts,
  readAccountNames,
  searchAccounts,
} from "./account.ts";
export {
  type AccountChange,
  deleteAccount,
  updateAccount,
  deleteCreditCard,
  updateCreditCard,
} from "./change-account.ts";
export {
  countUnreadMessages,
  deleteMessage,
  eraseMessages,
  findMessageByKey,
  findSameMessage,
  listMessages,
  listMessagesForDevelopers,
  listMessagesOfAccount,
  listMessagesOfPerson,
  markMessageRead,
  type Message,
  type MessageInList,
  type MessagePosition,
  type MessageReference,
  messageErrors,
  messageToJson,
  positionOf,
  readMessage,
  representMessage,
  sendMessage,
} from "./messages.ts";
export { type SignedUp, type SignUp, signUpAccount, signUpIsOpen, type SignUpSource } from "./sign-up.ts";
