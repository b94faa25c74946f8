export { findTakenNames } from "./find-taken-names.ts";
export { judgeNames, judgePassword } from "./judge-user.ts";
export { representUser, userToJson } from "./represent-user.ts";
export type { User } from "./user.ts";
export {
  activateByCode,
  findAccountOfCode,
  findUserByLogin,
  insertUser,
  listUsers,
  listUsersOfAccounts,
  readUser,
} from "./users-table.ts";
