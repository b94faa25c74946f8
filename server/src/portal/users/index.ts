export { changeUserRole, createUser, deleteUser, suspendUser, unsuspendUser, updateUser } from "./change-user.ts";
export {
  acceptInvitation,
  deleteInvitation,
  eraseInvitations,
  findInvitation,
  type Invitation,
  inviteUser,
  listInvitations,
  resendInvitation,
} from "./invitations.ts";
export { findLostPassword, requestNewPassword, resetPassword, sendActivation } from "./mailed-codes.ts";
export { confirmationOf, passwordErrors, textOf, userNameErrors } from "./user-input.ts";
export {
  findAccountOfUser,
  findUsersByLogin,
  holdsPassword,
  listUsers,
  readUser,
  representUser,
  type User,
  userFields,
  userToJson,
  type UserWithHash,
} from "./user.ts";
