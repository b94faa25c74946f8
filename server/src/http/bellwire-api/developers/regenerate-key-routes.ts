import { regenerateApplicationKey, regenerateUserKey } from "#portal/applications/index.ts";
import type { BellwireApiRoute } from "../bellwire-api-route.ts";
import { applicationChangeOf } from "./application-change-of.ts";
import { assertDone } from "./assert-done.ts";
import * as operations from "./developer-operations.ts";

const config = { deed: "change-portal" } as const;
const writer = "program";

export const regenerateUserKeyRoute: BellwireApiRoute = async (http, needs) => {
  http.post(
    "/applications/:id/regenerate_user_key",
    { schema: operations.regenerateUserKey, config },
    async (request, reply) => {
      const change = await applicationChangeOf(needs, request, request.params.id);
      assertDone(await regenerateUserKey(needs.pool, { ...change, writer }));
      return reply.code(204).send(null);
    },
  );
};

export const regenerateApplicationKeyRoute: BellwireApiRoute = async (http, needs) => {
  http.post(
    "/applications/:id/regenerate_key",
    { schema: operations.regenerateApplicationKey, config },
    async (request, reply) => {
      const change = await applicationChangeOf(needs, request, request.params.id);
      assertDone(await regenerateApplicationKey(needs.pool, { ...change, writer, value: request.body.key }));
      return reply.code(204).send(null);
    },
  );
};
