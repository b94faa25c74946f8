import { readProviderSettings } from "#portal/provider-account/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerProvider } from "./answer-provider.ts";
import { providerAnswer } from "./provider-answer.ts";

export const readProviderOperation: Operation = {
  title: "Provider Account Read",
  tag: "Provider",
  says: "Returns the provider's own account.",
  method: "GET",
  path: "/provider",
  deed: "read-provider",
  formats: xmlAndJson,
  answers: providerAnswer,

  async answer(needs, { provider }) {
    return answerProvider(needs, provider, await readProviderSettings(needs.pool, provider.id));
  },
};
