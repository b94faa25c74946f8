import { readProviderSettings } from "#portal/provider-account/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProviderAs } from "./answer-provider.ts";
import { providerAnswer } from "./provider-answer.ts";

export const readProviderOperation: Operation = {
  title: "Provider Account Read",
  tag: "Provider",
  says: "Returns the provider's own account; in XML with its users, of whom a member sees himself alone.",
  method: "GET",
  path: "/provider",
  deed: "read-provider",
  formats: xmlAndJson,
  answers: providerAnswer,

  async answer(needs, call) {
    const { provider } = call;
    const settings = await readProviderSettings(needs.pool, provider.id);
    return answerProviderAs(needs, call, { provider, settings });
  },
};
