import type { Pool } from "#platform/database/database.ts";
import { issueAccessToken } from "#portal/provider-account/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";
import { readZonedTime } from "../requests/read-zoned-time.ts";
import { accessTokenToJson } from "./access-token-to-json.ts";

/** Makes an access token for a user as the call says, and tells its value for the only time. */
export async function answerIssuedToken(
  pool: Pool,
  { provider, caller, values, by, adminUrl }: Call,
  userId: number,
): Promise<Answer> {
  const asked = textOf(values["expires_at"]) ?? "";
  const expiresAt = asked === "" ? undefined : readZonedTime(asked, by.now);
  if (asked !== "" && !expiresAt) {
    throw new Problem("invalid", { errors: { expires_at: ["must be ISO 8601, with its zone"] } });
  }
  const outcome = await issueAccessToken(pool, {
    providerId: provider.id,
    userId,
    name: textOf(values["name"]) ?? "",
    scopes: [values["scopes"] ?? []]
      .flat()
      .map((scope) => textOf(scope) ?? "")
      .filter((scope) => scope !== ""),
    permission: textOf(values["permission"]) ?? "",
    expiresAt,
    asker: caller,
    by,
  });
  const { token, value } = doneOrRefuse(outcome);
  return {
    status: 201,
    location: `${adminUrl}/admin/api/personal/access_tokens/${token.id}.json`,
    json: () => writeJson(accessTokenToJson(token, provider, value)),
  };
}
