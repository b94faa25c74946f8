import { Type } from "typebox";
import { listAccessTokens } from "#access/index.ts";
import { writeJson } from "../answers/write-json.ts";
import { jsonOnly, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { accessTokenToJson } from "./access-token-to-json.ts";
import { ownerOf } from "./owner-of.ts";
import { accessTokensAnswer } from "./access-token-answers.ts";

export const listPersonalAccessTokensOperation: Operation = {
  title: "Personal Access Token List",
  tag: "Access tokens",
  says: "Returns your own access tokens; with a name, those whose name contains it.",
  method: "GET",
  path: "/personal/access_tokens",
  deed: "read-own",
  formats: jsonOnly,
  query: Type.Object({ name: Type.Optional(Type.String({ description: "A part of the name." })) }),
  answers: accessTokensAnswer,

  async answer({ pool }, call) {
    const tokens = await listAccessTokens(pool, ownerOf(call), textOf(call.query["name"]) || undefined);
    return { json: () => writeJson({ access_tokens: tokens.map((it) => accessTokenToJson(it, call.provider)) }) };
  },
};
