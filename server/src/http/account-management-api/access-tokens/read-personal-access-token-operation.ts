import { readOwnAccessToken } from "#access/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { accessTokenToJson } from "./access-token-to-json.ts";
import { ownerOf } from "./owner-of.ts";
import { accessTokenAnswer } from "./access-token-answers.ts";

export const readPersonalAccessTokenOperation: Operation = {
  title: "Personal Access Token Read",
  tag: "Access tokens",
  says: "Returns an access token of your own, by its id or by its value.",
  method: "GET",
  path: "/personal/access_tokens/{id}",
  texts: ["id"],
  deed: "read-own",
  formats: jsonOnly,
  answers: accessTokenAnswer,

  async answer({ pool }, call) {
    const token = doneOrRefuse(await readOwnAccessToken(pool, ownerOf(call), call.text("id")));
    return { json: () => writeJson(accessTokenToJson(token, call.provider)) };
  },
};
