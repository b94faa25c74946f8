export { activateByCode, findAccountOfCode } from "./activate-by-code.ts";
export { changeUserRole } from "./change-user-role.ts";
export { lockUser, updateUserRow } from "./change-user-row.ts";
export { createUser } from "./create-user.ts";
export { deleteUser } from "./delete-user.ts";
export { findAccountOfUser } from "./find-account-of-user.ts";
export { findTakenNames } from "./find-taken-names.ts";
export { holdsPassword } from "./holds-password.ts";
export { acceptInvitation } from "./invitations/accept-invitation.ts";
export { deleteInvitation } from "./invitations/delete-invitation.ts";
export type { Invitation } from "./invitations/invitation.ts";
export { findInvitation, listInvitations } from "./invitations/invitations-table.ts";
export { inviteUser, resendInvitation } from "./invitations/invite-user.ts";
export { judgeNewUser, type UserFields } from "./judge-new-user.ts";
export { findLostPassword, requestNewPassword, resetPassword } from "./lost-password.ts";
export { judgeNames, judgePassword } from "./judge-user.ts";
export { representUser, userToJson } from "./represent-user.ts";
export { sendActivation } from "./send-activation.ts";
export { suspendUser, unsuspendUser } from "./suspend-user.ts";
export { updateUser } from "./update-user.ts";
export { userEvent } from "./user-events.ts";
export type { User } from "./user.ts";
export {
  findUsersByLogin,
  insertUser,
  listUsers,
  readUser,
  userColumns,
  userOfJson,
  type UserWithHash,
} from "./users-table.ts";
