export {
  changeUserRole,
  confirmationOf,
  createUser,
  deleteUser,
  passwordErrors,
  suspendUser,
  textOf,
  unsuspendUser,
  updateUser,
  type UserChange,
  userNameErrors,
} from "./change-user.ts";
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
export {
  findLostPassword,
  type MailedLinkRequest,
  requestActivation,
  requestNewPassword,
  resetPassword,
  sendActivation,
} from "./mailed-codes.ts";
export {
  findAccountOfUser,
  findUsersByLogin,
  holdsPassword,
  listUsers,
  type Person,
  readUser,
  representUser,
  type User,
  userFields,
  userToJson,
  type UserWithHash,
} from "./user.ts";
