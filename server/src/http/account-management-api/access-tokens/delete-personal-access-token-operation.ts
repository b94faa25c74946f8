import { deleteAccessToken, readOwnAccessToken, recordAudit } from "#access/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { ownerOf } from "./owner-of.ts";

export const deletePersonalAccessTokenOperation: Operation = {
  title: "Personal Access Token Delete",
  tag: "Access tokens",
  says: "Deletes an access token of your own, by its id or by its value: it opens nothing any more.",
  method: "DELETE",
  path: "/personal/access_tokens/{id}",
  texts: ["id"],
  deed: "change-own",
  formats: jsonOnly,

  async answer({ pool }, call) {
    const owner = ownerOf(call);
    await pool.inTransaction(async (tx) => {
      const { id } = doneOrRefuse(await readOwnAccessToken(tx, owner, call.text("id")));
      await deleteAccessToken(tx, owner, id);
      const { providerId, userId } = owner;
      const said = { action: "token.deleted", subject: `token/${id}`, detail: { userId } };
      await recordAudit(tx, { providerId, actor: call.caller.actor, ...said });
    });
    return {};
  },
};
