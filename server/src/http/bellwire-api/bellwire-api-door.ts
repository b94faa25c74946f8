import type { FastifyPluginAsync } from "fastify";
import { answerErrorsAsProblems } from "#http/shared/error-answers.ts";
import { acceptJson } from "./accept-json.ts";
import { admitCallers } from "./admit-callers.ts";
import type { BellwireApiNeeds } from "./bellwire-api-route.ts";
import { compileValidator } from "./compile-validator.ts";
import { describeBellwireApi } from "./describe-bellwire-api.ts";
import { refuseUnknownNames } from "./refuse-unknown-names.ts";
import { routes } from "./routes.ts";

/** The Bellwire API. Register it under /api/v1, where requests know their provider. */
export const bellwireApiDoor =
  (needs: BellwireApiNeeds): FastifyPluginAsync =>
  async (http) => {
    http.setValidatorCompiler(compileValidator);
    answerErrorsAsProblems(http);
    acceptJson(http);
    const describe = await describeBellwireApi(http, needs.version);

    await http.register(async (admitted) => {
      const callerOf = admitCallers(admitted, needs.findAdminCaller);
      refuseUnknownNames(admitted);
      for (const route of routes) await admitted.register(route, { ...needs, callerOf });
    });

    http.get("/openapi.json", { schema: { hide: true } }, async () => describe());
  };
