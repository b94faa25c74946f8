import type { FastifyInstance } from "fastify";
import { findBin, listBinRequests } from "#request-bin/index.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";

interface BodyRequest {
  readonly Params: { readonly id: string; readonly number: string };
}

/** The bytes of one body, to be saved. Never shown as what they claim to be: they are a stranger's. */
export function addBodyRoute(http: FastifyInstance, { pool }: RequestBinNeeds): void {
  http.get<BodyRequest>("/:id/view/requests/:number/body", async (request, reply) => {
    const bin = await findBin(pool, request.params.id);
    const number = /^\d{1,9}$/.test(request.params.number) ? Number(request.params.number) : 0;
    const key = bin && { providerId: bin.providerId, binId: bin.id, after: number - 1, before: number + 1 };
    const [caught] = key ? await listBinRequests(pool, key) : [];
    if (!caught) return reply.code(404).type("text/plain").send("There is no such request.\n");
    return reply
      .type("application/octet-stream")
      .header("content-disposition", `attachment; filename="request-${number}"`)
      .send(caught.body);
  });
}
