import type { FastifyRequest } from "fastify";
import { readApplication, type ApplicationChange } from "#portal/applications/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { Problem } from "../../shared/problem.ts";
import type { RouteNeeds } from "../bellwire-api-route.ts";
import { byOf } from "./by-of.ts";

type Request = FastifyRequest & { readonly provider: Provider };

/** Which application is meant, and who changes it. */
export async function applicationChangeOf(needs: RouteNeeds, request: Request, id: number): Promise<ApplicationChange> {
  const { provider } = request;
  const application = await readApplication(needs.pool, provider.id, id);
  if (!application) throw new Problem("not-found");
  return { provider, accountId: application.accountId, applicationId: id, by: byOf(needs, request) };
}
