import type { FastifyRequest } from "fastify";
import { type Actor, denialReason } from "#access/index.ts";
import { callerOfPortalUser } from "#http/shared/admin-caller.ts";
import { findSignedInUser } from "#http/shared/sign-in.ts";
import { isSameSecret } from "#http/shared/forms.ts";
import type { Clock } from "#platform/clock.ts";
import type { Database, Pool } from "#platform/database/database.ts";
import { type Bin, type BinForwarder, findShare, readBin } from "#request-bin/index.ts";
import type { SigningSecret } from "#webhooks/endpoints/index.ts";
import type { TargetRules } from "#webhooks/endpoints/index.ts";

export interface RequestBinNeeds {
  readonly pool: Pool;
  readonly clock: Clock;
  /** Returns the public base URL of the provider's bins, without a trailing slash. */
  readonly originOf: (request: FastifyRequest) => string;
  /** Returns the secrets of the endpoints that point to the bin. */
  readonly secretsOfBin: (bin: {
    readonly providerId: number;
    readonly id: string;
  }) => Promise<readonly SigningSecret[]>;
  /** Forwards requests on demand. */
  readonly forwarder: Pick<BinForwarder, "forward">;
  readonly targets: TargetRules;
  /** Returns whether a URL leads to this installation. */
  readonly isOurs: (url: URL) => boolean;
}

export interface BinParams {
  readonly Params: { readonly id: string };
}

export interface Viewer {
  readonly bin: Bin;
  /** True for a signed-in admin of the bin's provider. All others see credentials masked. */
  readonly isAdmin: boolean;
  /** Name and responses: with the view key, or as an admin who may change webhooks. Not with a share link. */
  readonly mayChange: boolean;
  /** Forwarding and share links, which take requests out of the installation: only as an admin who may change webhooks. */
  readonly maySend: boolean;
  /** Undefined without a session. */
  readonly actor: Actor | undefined;
  /** The parameter that grants the view, for the links of the page. */
  readonly credential: Readonly<Record<string, string>>;
}

export interface ViewRequest {
  readonly Params: { readonly id: string };
  readonly Querystring: { readonly key?: string; readonly share?: string };
}

/** `no bin`: the provider has no bin with this id. `no right`: neither the view key nor an admin's session. */
export type NotViewer = "no bin" | "no right" | "suspended";

export type FindViewer = (request: FastifyRequest<ViewRequest>) => Promise<Viewer | NotViewer>;

/** Finds a viewer by the bin's view key, or by an Admin Portal session with permission to read webhooks. */
export const createFindViewer =
  ({ pool, clock }: { readonly pool: Database; readonly clock: Clock }): FindViewer =>
  async (request) => {
    const { provider, params, query } = request;
    if (provider.state === "suspended") return "suspended";
    const bin = await readBin(pool, { providerId: provider.id, id: params.id });
    if (!bin) return "no bin";
    const signedIn = await findSignedInUser({ pool, clock }, request);
    const caller = signedIn && callerOfPortalUser(signedIn.user);
    const may = (action: "read-webhooks" | "change-webhooks"): boolean =>
      caller !== undefined && denialReason(caller, action, provider) === undefined;
    const isAdmin = may("read-webhooks");
    const maySend = isAdmin && may("change-webhooks");
    const hasKey = hasViewKey(query.key, bin);
    const actor = isAdmin ? caller?.actor : undefined;
    const withKey = { key: bin.viewKey };
    if (isAdmin || hasKey) return { bin, isAdmin, mayChange: hasKey || maySend, maySend, actor, credential: withKey };
    const { share: secret } = query;
    const key = { providerId: bin.providerId, binId: bin.id };
    const share = typeof secret === "string" ? await findShare(pool, key, { secret, now: clock.now() }) : undefined;
    if (!share || typeof secret !== "string") return "no right";
    return { bin, isAdmin, mayChange: false, maySend, actor, credential: { share: secret } };
  };

// A parameter that is given twice is an array.
const hasViewKey = (key: unknown, bin: Bin): boolean => typeof key === "string" && isSameSecret(key, bin.viewKey);

/** Returns a path of the bin's view that the viewer may open: a share link never leads to the key. */
export function viewerPath(
  { bin, credential }: Pick<Viewer, "bin" | "credential">,
  below = "",
  parameters: Readonly<Record<string, string>> = {},
): string {
  return `/bins/${bin.id}/view${below}?${new URLSearchParams({ ...credential, ...parameters }).toString()}`;
}
