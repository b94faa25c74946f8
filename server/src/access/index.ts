export {
  createAccessToken,
  findAccessToken,
  findTokenStatement,
  newTokenValue,
  scopes,
  type AccessToken,
  type Permission,
  type Scope,
} from "./access-tokens.ts";
export type { Actor, ChangeContext, Channel } from "./actor.ts";
export type { AdminCaller } from "./permissions.ts";
export {
  countAttempt,
  attemptCounter,
  networkCounters,
  createAttemptLimiter,
  createNetworkLimiter,
  deleteExpiredCounters,
  resetAttempts,
  readCounts,
  type AttemptLimiter,
  type Count,
  type Counter,
  type NetworkLimiter,
} from "./attempt-limits.ts";
export { auditInBatches } from "./audit.ts";
export { notifyCallersChanged, callersChannel } from "./actor.ts";
export { changeProviderUserPassword } from "./provider-users.ts";
export { allowedActions, denialReason, type Action, type Denial } from "./permissions.ts";
export { QueueFull } from "./fair-queue.ts";
export { type HashingFor, createPasswordHasher, type PasswordHasher, standardCost } from "./passwords.ts";
export { filterByPassword } from "./passwords.ts";
export {
  createProviderUser,
  findProviderUserByLogin,
  lockIfPasswordUnchanged,
  readProviderUser,
  type ProviderUser,
  type Role,
} from "./provider-users.ts";
export {
  deleteProviderUserRow,
  forgetProduct,
  hasOtherAdmin,
  lockProviderUserForShare,
  listProviderUsers,
  lockProviderUsers,
  updateProviderUserRow,
} from "./provider-users.ts";
export { deleteAccessToken, listAccessTokens, readOwnAccessToken, type StoredToken } from "./access-tokens.ts";
export { changedFields } from "./audit.ts";
export {
  type AuditSpan,
  deleteOldAuditRecords,
  listAuditRecords,
  readAuditSpan,
  type StoredAuditRecord,
} from "./audit.ts";
export { listAdminAddresses } from "./provider-users.ts";
export { isInProductScope, productScopeOf, type ProductScope } from "./actor.ts";
export { recordAudit, type AuditRecord } from "./audit.ts";
export {
  createSession,
  endSession,
  endSessionsOfUser,
  findSession,
  sessionSeconds,
  type Audience,
} from "./sessions.ts";
export { signInProviderUser } from "./provider-users.ts";
export {
  createSavedView,
  deleteSavedView,
  listSavedViews,
  readSavedView,
  type SavedView,
  updateSavedView,
  type ViewOwner,
  viewLists,
} from "./saved-views.ts";
export {
  type AuditOfPerson,
  eraseAuditRecords,
  eraseSavedViews,
  listAuditOfPerson,
  listSessions,
} from "./personal-data.ts";
