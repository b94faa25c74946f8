import type { LightMyRequestResponse } from "fastify";
import { expect } from "vitest";
import type { ChangeContext } from "#access/index.ts";
import { sendMessage, signUpAccount } from "#portal/accounts/index.ts";
import { addApplicationKey } from "#portal/applications/index.ts";
import { createAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { receiveRequest } from "#request-bin/index.ts";
import { causeOf, groupIdOf } from "#webhooks/deliveries/failure-causes.ts";
import { messageFrom } from "../portal/portal-fixture.ts";
import { anEvent, buildEndpoint, encryption, recordNow } from "../support/build-webhooks.ts";
import { passwords } from "../support/passwords.ts";
import type { BellwireApi } from "./bellwire-api-test.ts";

const minuteMs = 60_000;

type Ids = Readonly<Record<string, string | number>>;

interface Row {
  /** Method and path below /api/v1; parameters are the ids that stand for them. */
  readonly route: string;
  readonly at?: readonly string[];
  readonly payload?: (ids: Ids) => object;
  /** Runs before the request. */
  readonly before?: (api: BellwireApi, ids: Ids) => Promise<unknown>;
  /** The name under which `ids` keeps the id in the response. */
  readonly keep?: string;
}

const url = "http://127.0.0.1:9/";
const [account, application, delivery] = [["account"], ["application"], ["delivery"]];
const invitation = ["account", "invitation"];

/** Every changing route, in an order in which each finds its objects. */
const rows: readonly Row[] = [
  { route: "POST /endpoints", payload: () => ({ name: "crm", url }), keep: "crm" },
  { route: "PATCH /endpoints/:id", at: ["crm"], payload: () => ({ active: false }) },
  { route: "POST /endpoints/:id/rotate_secret", at: ["crm"] },
  { route: "DELETE /endpoints/:id", at: ["crm"] },
  { route: "POST /endpoints/:id/undo_delete", at: ["crm"] },
  { route: "POST /events/:id/send", at: ["event"], payload: ({ deaf }) => ({ endpoint_id: deaf }) },
  { route: "POST /deliveries/:id/skip", at: delivery },
  { route: "POST /deliveries/:id/undo_skip", at: delivery },
  { route: "POST /deliveries/:id/retry", at: delivery },
  { route: "POST /deliveries/:id/cancel", at: delivery },
  { route: "POST /failures/groups/:id/mute", at: ["group"] },
  { route: "DELETE /failures/groups/:id/mute", at: ["group"] },
  { route: "POST /failures/deletions/:id/undo", at: ["deletion"] },
  { route: "POST /jobs", payload: ({ delivery: id }) => ({ kind: "cancel", ids: [id] }), keep: "job" },
  { route: "POST /jobs/:id/cancel", at: ["job"] },
  { route: "DELETE /jobs/:id", at: ["job"] },
  { route: "POST /failures/retry", payload: () => ({ all: true }) },
  { route: "DELETE /failures?all=true" },
  {
    route: "POST /replays",
    payload: ({ deaf }) => ({ endpoint_id: deaf, since: new Date(Date.now() - minuteMs).toISOString(), only: "all" }),
    keep: "replay",
  },
  { route: "POST /replays/:id/cancel", at: ["replay"] },
  { route: "POST /alerts/:id/mute", at: ["alert"] },
  { route: "POST /alerts/:id/unmute", at: ["alert"] },
  { route: "POST /alert-rules", payload: ({ deaf }) => ({ kind: "disabled", endpoint_id: deaf }), keep: "rule" },
  { route: "PATCH /alert-rules/:id", at: ["rule"], payload: () => ({ by_mail: false }) },
  { route: "DELETE /alert-rules/:id", at: ["rule"] },
  { route: "POST /bins", keep: "bin" },
  { route: "PATCH /bins/:id", at: ["bin"], payload: () => ({ answer_status: 503 }) },
  { route: "POST /bins/:id/shares", at: ["bin"], payload: () => ({ hours: 1 }), keep: "share" },
  { route: "DELETE /bins/:id/shares/:share_id", at: ["bin", "share"] },
  {
    route: "POST /bins/:id/requests/:number/forward",
    at: ["bin", "first"],
    before: ({ pool }, { bin }) =>
      receiveRequest(
        pool,
        { binId: String(bin) },
        { method: "POST", path: "/", query: "", headers: [], body: Buffer.alloc(0) },
      ),
    payload: () => ({ url }),
  },
  { route: "DELETE /bins/:id", at: ["bin"] },
  { route: "POST /accounts/:id/suspend", at: account },
  { route: "POST /accounts/:id/resume", at: account },
  { route: "POST /accounts/bulk", payload: (ids) => ({ ids: [ids["account"]], operation: "make_pending" }) },
  {
    route: "POST /accounts/:id/invitations",
    at: account,
    payload: () => ({ email: "n@quay.example" }),
    keep: "invitation",
  },
  { route: "POST /accounts/:id/invitations/:invitation_id/resend", at: invitation },
  { route: "DELETE /accounts/:id/invitations/:invitation_id", at: invitation },
  { route: "POST /users/:id/send_activation", at: ["user"] },
  { route: "DELETE /accounts/:id/plan_request", at: account },
  { route: "DELETE /applications/:id/plan_request", at: application },
  {
    route: "DELETE /accounts/:id/service_subscriptions/:subscription_id/plan_request",
    at: ["account", "subscription"],
  },
  { route: "POST /applications/:id/regenerate_user_key", at: application },
  { route: "POST /applications/:id/regenerate_key", at: ["keyed"], payload: () => ({ key: "key-one" }) },
  { route: "POST /applications/bulk", payload: (ids) => ({ ids: [ids["application"]], operation: "suspend" }) },
  { route: "POST /applications/:id/reject", at: ["pending"] },
  { route: "DELETE /messages/:id", at: ["message"] },
  { route: "DELETE /authentication_providers/:id", at: ["identity"] },
  { route: "POST /erasures", payload: (ids) => ({ account_id: ids["account"], pending: "cancel" }) },
];

/** A provider, and the database that it is in. */
type Owner = Pick<BellwireApi, "pool" | "provider">;

async function signUp({ pool, provider }: Owner, name: string, now: Date) {
  const values = { org_name: name, username: name, email: `${name}@quay.example` };
  const by = { via: "program", actor: { kind: "key" }, channel: "api" } as const;
  const signedUp = await signUpAccount(pool, passwords, { provider, values, by, now });
  const [first] = "applications" in signedUp ? signedUp.applications : [];
  if (!first || !("details" in signedUp)) throw new Error(JSON.stringify(signedUp));
  return { account: signedUp.details.account.id, user: signedUp.user.id, application: first };
}

async function addIdentityProvider({ pool, provider }: Owner, by: ChangeContext): Promise<number> {
  const values = { kind: "keycloak", site: "https://sso.example", client_id: "portal", client_secret: "low tide" };
  const portal = { providerId: provider.id, accountType: "provider" } as const;
  const outcome = await createAuthenticationProvider({ pool, encryption }, { ...portal, values, by });
  return "authenticationProvider" in outcome ? outcome.authenticationProvider.id : 0;
}

/** Creates the objects of the rows: two events with one ordering key, and an account whose developers request other plans. */
export async function createChangeable(api: Owner, now: Date): Promise<Record<string, string | number>> {
  const { pool, provider } = api;
  const providerId = provider.id;
  const { account: accountId, user, application: each } = await signUp(api, "mira", now);
  const other = await signUp(api, "nora", now);
  const keyed = await signUp(api, "olaf", now);
  const by = { actor: { kind: "key" }, channel: "api", now } as const;
  await pool.query("update applications set state = 'pending' where id = $1", [other.application.id]);
  await pool.query(
    "insert into plan_requests (provider_id, application_id, plan_id, created_at) values ($1, $2, $3, now())",
    [providerId, each.id, each.plan.id],
  );
  await pool.query(
    `insert into account_plan_requests (provider_id, account_id, plan_id, created_at)
     select provider_id, id, plan_id, now() from accounts where id = $1`,
    [accountId],
  );
  const [subscription] = await pool.query<{ id: number }>(
    "update service_subscriptions set requested_plan_id = plan_id, requested_at = now() where account_id = $1 returning id",
    [accountId],
  );
  const sent = await sendMessage(pool, messageFrom("provider", { provider, accountId, by }));
  const message = sent && "message" in sent ? sent.message.id : 0;
  const change = { provider, accountId: keyed.account, applicationId: keyed.application.id, by };
  await addApplicationKey(pool, { ...change, value: "key-one", writer: "program" });
  const ordered = await buildEndpoint(pool, { providerId, url, name: "ordered", ordering: "account" });
  const deaf = await buildEndpoint(pool, { providerId, url, name: "deaf", eventTypes: [] });
  const [event = ""] = await recordNow(pool, { providerId }, [anEvent(), anEvent()]);
  await pool.query("update due set due_at = now() + interval '1 hour' where provider_id = $1 and due_at < 'infinity'", [
    providerId,
  ]);
  const error = "Answered 500";
  await pool.query(
    "insert into failures (provider_id, endpoint_id, event_id, error, url) values ($1, $2, $3, $4, '')",
    [providerId, deaf, event, error],
  );
  const [deletion] = await pool.query<{ id: number }>(
    "insert into failure_deletions (provider_id, ends_at) values ($1, now() + interval '1 minute') returning id",
    [providerId],
  );
  const [alert] = await pool.query<{ id: number }>(
    `insert into alerts (provider_id, endpoint_id, kind, state, since, opened_at, sentence)
     values ($1, $2, 'exhausted', 'open', now(), now(), 'A delivery has failed.') returning id`,
    [providerId, deaf],
  );
  const undoable = { group: groupIdOf(deaf, causeOf(error)), deletion: deletion?.id ?? 0, alert: alert?.id ?? 0 };
  const portalIds = { ...undoable, account: accountId, user, application: each.id, pending: other.application.id };
  const identity = await addIdentityProvider(api, by);
  return {
    ...portalIds,
    identity,
    message,
    subscription: subscription?.id ?? 0,
    keyed: keyed.application.id,
    event,
    deaf,
    delivery: `${event}.${ordered}`,
    first: 1,
  };
}

interface Visit {
  readonly route: string;
  /** Undefined just before the request, when the objects that it needs are there. */
  readonly answer: LightMyRequestResponse | undefined;
}

/** Calls every changing route of a new provider, except those that change nothing for others than the caller. Each succeeds. */
export async function* walkChanges(api: BellwireApi, now: Date): AsyncGenerator<Visit> {
  const ids = await createChangeable(api, now);
  for (const { route, at = [], before: prepare, payload, keep } of rows) {
    await prepare?.(api, ids);
    yield { route, answer: undefined };
    const [name = "", path = ""] = route.split(" ");
    const method = (["POST", "PATCH", "DELETE"] as const).find((each) => each === name) ?? "GET";
    const names = [...at];
    const filled = path.replaceAll(/:\w+/g, () => String(ids[names.shift() ?? ""]));
    const answer = await api.call(method, filled, payload ? { payload: payload(ids) } : {});
    expect([route, answer.statusCode < 300, answer.body]).toEqual([route, true, answer.body]);
    yield { route, answer };
    if (keep !== undefined) ids[keep] = answer.json().id;
  }
}
