import type { FastifyInstance } from "fastify";
import { listBinRequests } from "#request-bin/index.ts";
import type { RequestBinNeeds } from "./request-bin-needs.ts";
import type { ShowBin } from "./show-bin.ts";
import { showRefusal } from "./refusals.ts";
import type { FindViewer, ViewRequest } from "./viewer.ts";

/** Fits on a few screens; the rest is behind "Older". */
const pageLength = 50;

interface PageRequest extends ViewRequest {
  readonly Querystring: { readonly key?: string; readonly before?: string };
}

interface ViewNeeds extends RequestBinNeeds {
  readonly show: ShowBin;
  readonly findViewer: FindViewer;
}

export function addViewRoute(http: FastifyInstance, { pool, show, findViewer }: ViewNeeds): void {
  http.get<PageRequest>("/:id/view", async (request, reply) => {
    const viewer = await findViewer(request);
    if (typeof viewer === "string") return showRefusal(show, reply, viewer);
    const { bin } = viewer;
    const before = /^\d{1,9}$/.test(request.query.before ?? "") ? Number(request.query.before) : undefined;
    const page = { providerId: bin.providerId, binId: bin.id, before, limit: pageLength };
    const { requests, hasMore } = await listBinRequests(pool, page);
    const older = hasMore ? requests.at(-1)?.number : undefined;
    return show.page(reply, viewer, { requests, older, isNewest: before === undefined });
  });
}
