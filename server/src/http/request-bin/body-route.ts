import type { FastifyInstance } from "fastify";
import { readBinRequestBody } from "#request-bin/index.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import { sendRefusal } from "./refusals.ts";
import type { FindViewer, ViewRequest } from "./viewer.ts";

interface BodyRequest extends ViewRequest {
  readonly Params: { readonly id: string; readonly number: string };
}

/**
 * Sends the bytes of one body, to be saved. They are a stranger's, so never shown as what they claim to be; and they may
 * hold credentials, so only admins get them.
 */
export function addBodyRoute(
  http: FastifyInstance,
  { pool, findViewer }: RequestBinNeeds & { readonly findViewer: FindViewer },
): void {
  http.get<BodyRequest>("/:id/view/requests/:number/body", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return sendRefusal(reply, viewer);
    if (!viewer.isAdmin) return sendRefusal(reply, "no right");
    const { bin } = viewer;
    const number = /^\d{1,9}$/.test(request.params.number) ? Number(request.params.number) : 0;
    const body = await readBinRequestBody(pool, { providerId: bin.providerId, binId: bin.id, number });
    if (!body) return reply.code(404).type("text/plain").send("There is no such request.\n");
    return reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="request-${number}"`)
      .send(body);
  });
}
