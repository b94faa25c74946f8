import { readProviderUser } from "#access/index.ts";
import type { Database } from "#platform/database/database.ts";
import { providerUserToJson, representProviderUser } from "#portal/provider-account/index.ts";
import { answerRefusedStep } from "../answers/answer-refused-step.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import type { Answer } from "../answers/send-answer.ts";
import type { Call } from "../operation.ts";

/** The refusal of a step that does not lead on from the state of one of the provider's own users, who is shown. */
export async function answerRefusedUserStep(db: Database, call: Call, step: string): Promise<Answer> {
  const { provider, adminUrl, id } = call;
  const user = doneOrRefuse(await readProviderUser(db, provider.id, id("id")));
  return answerRefusedStep({
    from: user.state,
    step,
    object: {
      xml: () => representProviderUser(user, provider),
      json: () => providerUserToJson(user, provider, adminUrl),
    },
  });
}
