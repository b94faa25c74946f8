import type { FastifyRequest } from "fastify";
import { denialOf } from "#access/index.ts";
import { callerOfPortalUser } from "#http/shared/admin-caller.ts";
import { findSignedInUser } from "#http/shared/browser-session.ts";
import { isSameSecret } from "#http/shared/forms.ts";
import type { Clock } from "#platform/clock/clock.ts";
import type { Database } from "#platform/database/database.ts";
import { type Bin, readBin } from "#request-bin/index.ts";

/** Somebody with the right to view a bin. */
export interface Viewer {
  readonly bin: Bin;
  /** Whether they are signed in as an admin of the bin's provider: all others see credentials masked. */
  readonly isAdmin: boolean;
}

export interface ViewRequest {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly key?: string };
}

/** `no bin`: there is none with this id at this provider's host. `no right`: neither the view key nor an admin's session. */
export type NotViewer = "no bin" | "no right" | "suspended";

export type FindViewer = (request: FastifyRequest<ViewRequest>) => Promise<Viewer | NotViewer>;

/** The right to view is the bin's view key, or an Admin Portal session of somebody who may read its webhooks. */
export const createFindViewer =
  ({ pool, clock }: { readonly pool: Database; readonly clock: Clock }): FindViewer =>
  async (request) => {
    const { provider, params, query } = request;
    if (provider.state === "suspended") return "suspended";
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) return "no bin";
    const signedIn = await findSignedInUser({ pool, clock }, request);
    const isAdmin =
      signedIn !== undefined && denialOf(callerOfPortalUser(signedIn.user), "read-webhooks", provider) === undefined;
    return isAdmin || hasViewKey(query.key, bin) ? { bin, isAdmin } : "no right";
  };

// A parameter that is given twice is a list.
const hasViewKey = (key: unknown, bin: Bin): boolean => typeof key === "string" && isSameSecret(key, bin.viewKey);

/** A path of the bin's view with its key, so that what links there works for whoever may view. */
export function viewPath({ id, viewKey }: Bin, below = "", parameters: Readonly<Record<string, string>> = {}): string {
  return `/bins/${id}/view${below}?${new URLSearchParams({ key: viewKey, ...parameters }).toString()}`;
}
