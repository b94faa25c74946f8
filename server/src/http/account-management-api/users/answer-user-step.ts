import type { Database } from "#platform/database/database.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { readUser, representUser, userToJson, type User } from "#portal/users/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { answerRefusedStep } from "../answers/answer-refused-step.ts";
import { answerUser } from "../answers/answer-user.ts";
import type { Answer } from "../answers/send-answer.ts";
import type { Call } from "../operation.ts";

interface UserStep {
  readonly step: "activate" | "suspend";
  readonly outcome: { readonly user: User } | { readonly refused: unknown } | undefined;
}

/** The user after a step; or, if the step does not lead on from its state, a refusal that shows the user. */
export async function answerUserStep(db: Database, call: Call, { step, outcome }: UserStep): Promise<Answer> {
  const { provider, adminUrl, id } = call;
  if (outcome && "user" in outcome) return answerUser(db, call, outcome.user);
  const user = outcome && (await readUser(db, provider.id, id("id")));
  if (!user) throw new Problem("not-found");
  const settings = await readDocumentSettings(db, provider);
  return answerRefusedStep({
    from: user.state,
    step,
    object: { xml: () => representUser(user, settings), json: () => userToJson(user, settings, adminUrl) },
  });
}
