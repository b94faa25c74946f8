import { createSession, endSession } from "#access/index.ts";
import { activateUser, activateUserByMail, signUpAccount } from "#portal/accounts/index.ts";
import { unlinkClaimants } from "#portal/single-sign-on/index.ts";
import {
  type User,
  acceptInvitation,
  changeUserRole,
  createUser,
  deleteInvitation,
  deleteUser,
  inviteUser,
  requestNewPassword,
  resendInvitation,
  resetPassword,
  suspendUser,
  unsuspendUser,
  updateUser,
} from "#portal/users/index.ts";
import { byForm, form } from "../portal-fixture.ts";
import type { OperationRow, OutOfScope, Scene } from "./operation-row.ts";
import { passwords } from "../../support/passwords.ts";

const programs = ["admin", "token", "key"] as const;
const allInterfaces = ["developer", ...programs] as const;

const member = { username: "mira", email: "mira@fjord.example", password: "correct horse battery" };

/** The scene with a second user, a pending member, as the object of operations. */
async function withMember(scene: Scene): Promise<Scene & { userId: number }> {
  const [row] = await scene.pool.query<{ id: number }>(
    `select id from users where provider_id = $1 and username = 'mira'`,
    [scene.provider.id],
  );
  return { ...scene, userId: row?.id ?? 0 };
}

const addMember = (scene: Scene): Promise<unknown> =>
  createUser(scene.pool, passwords, { ...scene, values: member, by: scene.before });

async function addActiveMember(scene: Scene): Promise<void> {
  await addMember(scene);
  await activateUser(scene.pool, { ...(await withMember(scene)), by: scene.before });
}

async function addSuspendedMember(scene: Scene): Promise<void> {
  await addActiveMember(scene);
  await suspendUser(scene.pool, { ...(await withMember(scene)), by: scene.before });
}

const onMember =
  (act: (scene: Scene & { userId: number }) => Promise<unknown>) =>
  async (scene: Scene): Promise<unknown> =>
    act(await withMember(scene));

const edit =
  (values: object) =>
  (scene: Scene): Promise<unknown> =>
    updateUser(scene.pool, passwords, { ...scene, userId: scene.user.id, values: { ...values }, writer: "program" });

const toRole = (role: User["role"]): ((scene: Scene) => Promise<unknown>) =>
  onMember((scene) => changeUserRole(scene.pool, { ...scene, role }));

const demoteLast = (scene: Scene): Promise<unknown> =>
  changeUserRole(scene.pool, { ...scene, userId: scene.user.id, role: "member" });

/** An account that is still in the state in which a sign-up by mail leaves it, and the code of the mail. */
async function signUpByMail({ pool, provider, by: { now } }: Scene): Promise<string> {
  let code = "";
  const values = { ...form, org_name: "Second", username: "second", email: "second@fjord.example" };
  const by = { ...byForm, mailIsSent: true, activationUrl: (mailed: string): string => (code = mailed) };
  await signUpAccount(pool, passwords, { provider, values, by, now });
  return code;
}

async function pendingOfNewAccount(scene: Scene): Promise<{ accountId: number; userId: number }> {
  const [user] = await scene.pool.query<{ accountId: number; userId: number }>(
    `select account_id, id as "userId" from users where provider_id = $1 and username = 'second'`,
    [scene.provider.id],
  );
  return user ?? { accountId: 0, userId: 0 };
}

/** Invites a user and returns the code of the mail and the invitation's id. */
async function invite({ pool, provider, accountId, by }: Scene): Promise<{ code: string; id: number }> {
  let code = "";
  const urlOf = (mailed: string): string => (code = mailed);
  const invited = await inviteUser(pool, { provider, accountId, email: "mira@fjord.example", urlOf, by });
  if (!invited || !("invitation" in invited)) throw new Error(JSON.stringify(invited));
  return { code, id: invited.invitation.id };
}

const codes = new WeakMap<Scene, string>();

const password = "another horse battery";

export const userOperations: readonly (OperationRow | OutOfScope)[] = [
  { row: "A15", operation: "invite a user", via: allInterfaces, act: invite, events: [] },
  {
    row: "A15",
    operation: "resend and delete an invitation",
    via: allInterfaces,
    act: async (scene) => {
      const { pool, provider, accountId, by } = scene;
      const { id: invitationId } = await invite(scene);
      await resendInvitation(pool, { provider, accountId, invitationId, urlOf: (code) => code, by });
      await deleteInvitation(pool, { provider, accountId, invitationId, by });
    },
    events: [],
  },
  { row: "A15", operation: "send a message", outOfScope: "There are no messages." },
  {
    row: "U1",
    operation: "create a user",
    via: programs,
    act: (scene) => createUser(scene.pool, passwords, { ...scene, values: member }),
    events: ["user.created"],
  },
  {
    row: "U1",
    operation: "create a user with a taken name",
    via: programs,
    act: (scene) => createUser(scene.pool, passwords, { ...scene, values: { ...member, username: form.username } }),
    events: [],
  },
  {
    row: "U2",
    operation: "accept an invitation",
    via: ["developer"],
    act: async (scene) => {
      const { code } = await invite(scene);
      const values = { ...member, password_confirmation: member.password };
      return acceptInvitation(scene.pool, passwords, { provider: scene.provider, code, values, now: scene.by.now });
    },
    events: ["user.created"],
  },
  {
    row: "U3",
    operation: "edit a user",
    via: allInterfaces,
    act: edit({ email: "new@fjord.example" }),
    events: ["user.updated"],
  },
  {
    row: "U3",
    operation: "edit a user without changes",
    via: allInterfaces,
    act: edit({ email: form.email }),
    events: [],
  },
  {
    row: "U3",
    operation: "change the password",
    via: allInterfaces,
    act: edit({ password }),
    events: ["user.updated"],
  },
  {
    row: "U3",
    operation: "set the current password again",
    via: allInterfaces,
    act: edit({ password: form.password }),
    events: [],
  },
  {
    row: "U3",
    operation: "change details with a wrong password",
    via: ["developer"],
    act: (scene) =>
      updateUser(scene.pool, passwords, {
        ...scene,
        userId: scene.user.id,
        values: { email: "new@fjord.example" },
        writer: "developer",
        currentPassword: "a guess, and no more",
      }),
    events: [],
  },
  {
    row: "U4",
    operation: "make an admin",
    via: allInterfaces,
    prepare: addMember,
    act: toRole("admin"),
    events: ["user.updated"],
  },
  { row: "U4", operation: "make the last admin a member", via: allInterfaces, act: demoteLast, events: [] },
  {
    row: "U4",
    operation: "set a member's role to member",
    via: allInterfaces,
    prepare: addMember,
    act: toRole("member"),
    events: [],
  },
  {
    row: "U5",
    operation: "activate the first user",
    via: programs,
    prepare: signUpByMail,
    act: async (scene) => activateUser(scene.pool, { ...scene, ...(await pendingOfNewAccount(scene)) }),
    events: ["account.updated", "user.updated"],
  },
  {
    row: "U5",
    operation: "activate another user",
    via: programs,
    prepare: addMember,
    act: onMember((scene) => activateUser(scene.pool, scene)),
    events: ["user.updated"],
  },
  {
    row: "U5",
    operation: "activate an active user",
    via: programs,
    act: (scene) => activateUser(scene.pool, { ...scene, userId: scene.user.id }),
    events: [],
  },
  {
    row: "U5",
    operation: "activate a suspended user",
    via: programs,
    prepare: addSuspendedMember,
    act: onMember((scene) => activateUser(scene.pool, scene)),
    events: [],
  },
  {
    row: "U6",
    operation: "open the link of the activation mail",
    via: ["developer"],
    prepare: async (scene) => codes.set(scene, await signUpByMail(scene)),
    act: (scene) =>
      activateUserByMail(scene.pool, { provider: scene.provider, code: codes.get(scene) ?? "", now: scene.by.now }),
    events: ["account.updated", "user.updated"],
    actor: "system",
  },
  {
    row: "U7",
    operation: "suspend",
    via: programs,
    prepare: addActiveMember,
    act: onMember((scene) => suspendUser(scene.pool, scene)),
    events: ["user.updated"],
  },
  {
    row: "U7",
    operation: "suspend a suspended user",
    via: programs,
    prepare: addSuspendedMember,
    act: onMember((scene) => suspendUser(scene.pool, scene)),
    events: [],
  },
  {
    row: "U7",
    operation: "suspend a pending user",
    via: programs,
    prepare: addMember,
    act: onMember((scene) => suspendUser(scene.pool, scene)),
    events: [],
  },
  {
    row: "U7",
    operation: "unsuspend",
    via: programs,
    prepare: addSuspendedMember,
    act: onMember((scene) => unsuspendUser(scene.pool, scene)),
    events: ["user.updated"],
  },
  {
    row: "U7",
    operation: "unsuspend an active user",
    via: programs,
    prepare: addActiveMember,
    act: onMember((scene) => unsuspendUser(scene.pool, scene)),
    events: [],
  },
  {
    row: "U8",
    operation: "delete a user",
    via: allInterfaces,
    prepare: addMember,
    act: onMember((scene) => deleteUser(scene.pool, scene)),
    events: ["user.deleted"],
  },
  {
    row: "U8",
    operation: "delete the last admin",
    via: allInterfaces,
    prepare: addMember,
    act: (scene) => deleteUser(scene.pool, { ...scene, userId: scene.user.id }),
    events: [],
  },
  {
    row: "U9",
    operation: "choose a new password by mail",
    via: ["developer"],
    act: async ({ pool, provider, by: { now } }) => {
      let code = "";
      await requestNewPassword(pool, { provider, email: form.email, urlOf: (mailed) => (code = mailed), now });
      const chosen = { provider, code, password, confirmation: password, unlinkClaimants, now };
      return resetPassword(pool, passwords, chosen);
    },
    events: ["user.updated"],
    actor: "system",
  },
  {
    row: "U10",
    operation: "log in and out",
    via: ["developer"],
    act: ({ pool, provider, user, by: { now } }) =>
      pool.inTransaction(async (tx) => {
        const session = { providerId: provider.id, audience: "developer", userId: user.id, now } as const;
        await endSession(tx, (await createSession(tx, session)).cookieValue);
      }),
    events: [],
  },
];
