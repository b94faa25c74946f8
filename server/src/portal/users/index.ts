export { representUser, userToJson } from "./represent-user.ts";
export type { User } from "./user.ts";
export {
  activateUserRow,
  findUserByLogin,
  insertUser,
  listUsers,
  readTaken,
  readUser,
  type UserWithHash,
} from "./users-table.ts";
