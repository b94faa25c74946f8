import { createProviderUser } from "#access/index.ts";
import { evaluateProvider, insertDefaultRules, listAlerts, readEndpointReadings } from "#alerts/index.ts";
import type { Pool, Transaction } from "#platform/database/database.ts";
import { listMails } from "#portal/mails/index.ts";
import { type AttemptTrace, encodeTrace } from "#webhooks/deliveries/index.ts";
import { followEvents } from "#webhooks/events/index.ts";
import { buildEndpoint, buildProvider, encryption, feedsAreComplete, recordNow } from "../support/build-webhooks.ts";

export const minuteMs = 60_000;

/** A provider with an endpoint, three users and the default rules, at a time that the test advances by minutes. */
export class Scene {
  readonly pool: Pool;
  readonly providerId: number;
  readonly endpointId: number;
  now = new Date();

  constructor(pool: Pool, providerId: number, endpointId: number) {
    this.pool = pool;
    this.providerId = providerId;
    this.endpointId = endpointId;
  }

  static async open(pool: Pool): Promise<Scene> {
    const providerId = await buildProvider(pool);
    const endpointId = await buildEndpoint(pool, { providerId, url: "https://crm.example/hook", name: "crm" });
    await pool.inTransaction(async (tx) => {
      const user = { providerId, passwordHash: "none" };
      await createProviderUser(tx, { ...user, username: "ada", email: "ada@acme.example", role: "admin" });
      await createProviderUser(tx, { ...user, username: "bob", email: "bob@acme.example", role: "member" });
      await createProviderUser(tx, { ...user, username: "eve", role: "admin" });
    });
    await insertDefaultRules(pool);
    return new Scene(pool, providerId, endpointId);
  }

  /** Evaluates the provider's alerts once, some minutes later. */
  async evaluate(minutesLater = 1, observe = (tx: Transaction): Transaction => tx): Promise<void> {
    this.now = new Date(this.now.getTime() + minutesLater * minuteMs);
    const { providerId, now } = this;
    const pageUrl = ({ subdomain }: { subdomain: string }, path: string): string =>
      `https://${subdomain}.example${path}`;
    const endpoints = await readEndpointReadings(this.pool, { providerId, now, retentionDays: 30 });
    await this.pool.inTransaction((tx) => evaluateProvider(observe(tx), { providerId, now, pageUrl, endpoints }));
  }

  /** Counts attempts in the statistics of the present minute. */
  async attempt(delivered: number, failed: number): Promise<void> {
    await this.pool.query(
      `insert into statistics_minutes (provider_id, endpoint_id, event_type, at, outcome_2xx, outcome_3xx, outcome_4xx,
         outcome_5xx, outcome_timeout, outcome_connection, outcome_tls, outcome_forbidden, first_attempt_successes, retries,
         delivered, failed, bytes_sent, bytes_received, latencies, delays)
       values ($1, $2, 'account.created', date_trunc('minute', $3::timestamptz), $4, 0, 0, $5, 0, 0, 0, 0, $4, 0, $4, 0, 0, 0,
         '{}', '{}')`,
      [this.providerId, this.endpointId, this.now, delivered, failed],
    );
  }

  /** Ends a delivery of a new event now, by the database's clock. */
  async end(state: "delivered" | "failed", endpointId = this.endpointId): Promise<void> {
    const [eventId] = await recordNow(this.pool, { providerId: this.providerId });
    const key = [this.providerId, eventId, endpointId];
    await this.pool.query(
      `insert into deliveries (provider_id, event_id, endpoint_id, state, attempts_made, format)
       values ($1, $2, $3, $4, 6, '3scale')`,
      [...key, state],
    );
    if (state === "delivered") return;
    await this.pool.query(
      `insert into failures (provider_id, event_id, endpoint_id, error, url) values ($1, $2, $3, 'HTTP 500', $4)`,
      [...key, encryption.encrypt("endpoint url", "https://crm.example/hook")],
    );
  }

  /** Delivers to a receiver whose certificate expires in so many days. */
  async endWithCertificate(days: number, endpointId = this.endpointId): Promise<void> {
    const trace: AttemptTrace = {
      queued: 1,
      dns: 1,
      connect: 1,
      tls: 1,
      firstByte: 1,
      body: 1,
      connection: "new",
      address: "192.0.2.1",
      tlsVersion: "TLSv1.3",
      certificateExpiresAt: Math.round(this.now.getTime() / 1000) + days * 86_400,
      answerBytes: 10,
    };
    await this.end("delivered", endpointId);
    const statement = `update deliveries set first_trace = $2 where provider_id = $1 and first_trace is null`;
    await this.pool.query(statement, [this.providerId, encodeTrace(trace, 0)]);
  }

  async mails(): Promise<readonly string[]> {
    return (await listMails(this.pool, this.providerId, { limit: 50 })).rows
      .map(({ recipient, subject }) => `${recipient} ${subject.replace(/^provider-\d+: /, "")}`)
      .toReversed();
  }

  alerts = (isClosed: boolean) => listAlerts(this.pool, { providerId: this.providerId, isClosed, limit: 50 });

  /** The types of operational events, oldest first. */
  async operationalEvents(): Promise<readonly string[]> {
    await feedsAreComplete(this.pool);
    const events = await followEvents(this.pool, { providerId: this.providerId, accountIds: [0], limit: 50 });
    return events.map(({ type }) => type);
  }
}

export const failing = "ada@acme.example crm: attempts are failing";
export const succeeding = "ada@acme.example crm: attempts succeed again";
export const exhausted = "ada@acme.example crm: deliveries are failing";
export const recovered = "ada@acme.example crm: deliveries succeed again";
export const disabled = "ada@acme.example crm: the endpoint was disabled";
export const enabled = "ada@acme.example crm: the endpoint is enabled again";
