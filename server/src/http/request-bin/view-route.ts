import type { FastifyInstance } from "fastify";
import { findBin, listBinRequests } from "#request-bin/index.ts";
import type { BinParams, RequestBinNeeds } from "./request-bin-needs.ts";
import type { ShowBin } from "./show-bin.ts";

/** Fits on a few screens; the rest is behind "Older". */
const pageLength = 50;

interface ViewRequest extends BinParams {
  readonly Querystring: { readonly before?: string };
}

export function addViewRoute(
  http: FastifyInstance,
  { pool, show }: RequestBinNeeds & { readonly show: ShowBin },
): void {
  http.get<ViewRequest>("/:id/view", async (request, reply) => {
    const bin = await findBin(pool, request.params.id);
    if (!bin) return show.noBin(reply);
    const before = /^\d{1,9}$/.test(request.query.before ?? "") ? Number(request.query.before) : undefined;
    const requests = await listBinRequests(pool, {
      providerId: bin.providerId,
      binId: bin.id,
      before,
      limit: pageLength + 1,
    });
    const shown = requests.slice(0, pageLength);
    const older = requests.length > pageLength ? shown.at(-1)?.number : undefined;
    return show.page(reply, bin, { requests: shown, older, isNewest: before === undefined });
  });
}
