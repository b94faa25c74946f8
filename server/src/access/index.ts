export {
  createAccessToken,
  findAccessToken,
  findTokenStatement,
  newTokenValue,
  scopes,
  type AccessToken,
  type Permission,
  type Scope,
} from "./access-tokens-table.ts";
export type { Actor, By, Channel } from "./actor.ts";
export type { AdminCaller } from "./admin-caller.ts";
export {
  countAttempt,
  counterOf,
  countersOfNetworks,
  createAttemptLimiter,
  createNetworkLimiter,
  deleteEndedCounters,
  forgetAttempts,
  readCounts,
  type AttemptLimiter,
  type Count,
  type Counter,
  type NetworkLimiter,
} from "./attempt-counters.ts";
export { auditInPieces } from "./audit-in-pieces.ts";
export { callersChanged, callersChannel } from "./callers-changed.ts";
export { changeProviderUserPassword } from "./change-provider-user-password.ts";
export { deedsOpenTo, denialOf, type Deed, type Denial } from "./denial-of.ts";
export { digestOf } from "./digest-of.ts";
export { QueueFull } from "./fair-queue.ts";
export { hashPassword, verifyPassword, type HashingFor } from "./hash-password.ts";
export { ownersOfPassword } from "./owners-of-password.ts";
export {
  createProviderUser,
  findProviderUserByLogin,
  providerUserHoldsPassword,
  readProviderUser,
  type ProviderUser,
  type Role,
} from "./provider-users-table.ts";
export {
  deleteProviderUserRow,
  forgetProduct,
  hasOtherAdmin,
  holdProviderUser,
  listProviderUsers,
  lockProviderUsers,
  updateProviderUserRow,
} from "./change-provider-user-row.ts";
export { deleteAccessToken, listAccessTokens, readOwnAccessToken, type StoredToken } from "./stored-tokens.ts";
export { namesChanged } from "./names-changed.ts";
export { listAuditRecords, type KeptAuditRecord } from "./list-audit-records.ts";
export { listAdminAddresses } from "./list-admin-addresses.ts";
export { reaches, reachOf, type Reach } from "./reach.ts";
export { recordAudit, type AuditRecord } from "./record-audit.ts";
export {
  createSession,
  endSession,
  endSessionsOfUser,
  findSession,
  sessionSeconds,
  type Audience,
} from "./sessions-table.ts";
export { signInProviderUser } from "./sign-in-provider-user.ts";
