import { type Static, Type } from "typebox";
import { isoTime } from "#platform/times.ts";
import {
  type EndpointHealth,
  healthHolds,
  healthStates,
  healthThresholds,
  readEndpointHealth,
  readHealth,
} from "#webhooks/statistics/index.ts";
import { IdOf, Nullable, Timestamp } from "./fields.ts";
import { type Operation, operation, requireFound } from "./operation.ts";

const { attemptsMin, recentMinutes, failingBelow, degradedBelow, slowMs, behindSeconds, heldUpSeconds } =
  healthThresholds;

const percent = (rate: number): string => `${rate * 100} %`;

const HealthSchema = Type.Object(
  {
    endpoint_id: Type.Integer(),
    endpoint_name: Type.String(),
    state: Type.Enum([...healthStates], {
      description:
        `The first that applies. \`disabled\`: by Bellwire, or undecryptable. \`paused\`: by you, or switched off. \`unreachable\`: ` +
        `${healthThresholds.unansweredMin} attempts in a row had no response. \`failing\`: fewer than ${percent(failingBelow)} of the attempts ` +
        `succeed. \`degraded\`: fewer than ${percent(degradedBelow)} succeed, the 95th percentile of the latency exceeds ${slowMs / 1000} s, a delivery is ` +
        `${behindSeconds} s late, or one waits ${heldUpSeconds / 60} minutes behind another of its order. \`idle\`: nothing sent in the last hour, and nothing waits. ` +
        `Judged by the last ${recentMinutes} minutes if they have ${attemptsMin} attempts, else by the last hour.`,
    }),
    since: Type.String({
      ...Timestamp,
      description: "When the state began, to five minutes; further back to the hour, and at most a day.",
    }),
    attempts: Type.Integer({ description: "In the last hour, as all figures without another span." }),
    success_rate: Nullable(Type.Number({ description: "Delivered by attempts, 0 to 1." })),
    latency_p50: Nullable(Type.Integer({ description: "Milliseconds, at most 10 % off." })),
    latency_p95: Nullable(Type.Integer()),
    latency_p99: Nullable(Type.Integer()),
    waiting: Type.Integer({
      description: "Deliveries that have not ended, those in flight included. 10,000 means that or more.",
    }),
    oldest_waiting_seconds: Nullable(
      Type.Number({
        description: "Age of the oldest event among them, including those that wait for others of their ordering key.",
      }),
    ),
    in_flight: Type.Integer({ description: "Open requests, as of a second ago." }),
    window: Nullable(
      Type.Integer({ description: "Concurrent requests that the receiver's behaviour allows. Null: no engine sends." }),
    ),
    breaker: Type.Enum(["closed", "open"], { description: "Open: single probes until the receiver responds." }),
    hold: Nullable(Type.Enum([...healthHolds], { description: "Why waiting deliveries are not sent now." })),
    hold_until: Nullable(Timestamp),
    sentence: Type.String({ description: "The state in a sentence." }),
    advice: Type.String({ description: "What to do." }),
    sparkline: Type.Array(
      Type.Object({
        at: Timestamp,
        delivered: Type.Integer(),
        failed: Type.Integer({ description: "Attempts that did not deliver." }),
      }),
      { description: "The last hour in points of five minutes." },
    ),
  },
  { title: "EndpointHealth", description: "The state of an endpoint's deliveries, with its reasons." },
);

export const representHealth = (health: EndpointHealth): Static<typeof HealthSchema> => ({
  endpoint_id: health.endpointId,
  endpoint_name: health.endpointName,
  state: health.state,
  since: isoTime(health.sinceMs),
  attempts: health.attempts,
  success_rate: health.successRate,
  latency_p50: health.latencyP50,
  latency_p95: health.latencyP95,
  latency_p99: health.latencyP99,
  waiting: health.waiting,
  oldest_waiting_seconds: health.oldestWaitingSeconds,
  in_flight: health.inFlight,
  window: health.window,
  breaker: health.breaker,
  hold: health.hold,
  hold_until: health.holdUntil?.toISOString() ?? null,
  sentence: health.sentence,
  advice: health.advice,
  sparkline: health.sparkline.map(({ atMs, delivered, failed }) => ({
    at: isoTime(atMs),
    delivered,
    failed,
  })),
});

const tag = "Statistics";

export const healthOperations: readonly Operation[] = [
  operation({
    id: "listEndpointHealth",
    tag,
    title: "List the health of the endpoints",
    description: "All endpoints, by age.",
    method: "GET",
    path: "/endpoints/health",
    action: "read-webhooks",
    isCompressed: true,
    responses: { 200: Type.Object({ data: Type.Array(HealthSchema) }, { description: "All event types." }) },
    async handle({ pool, encryption, clock }, { provider }) {
      const health = await readHealth({ pool, encryption, now: clock.now() }, provider.id);
      return { data: health.map(representHealth) };
    },
  }),
  operation({
    id: "readEndpointHealth",
    tag,
    title: "Read the health of an endpoint",
    description: "Its state, the reason, and a recommended action.",
    method: "GET",
    path: "/endpoints/{id}/health",
    action: "read-webhooks",
    params: Type.Object({ id: IdOf("the endpoint") }),
    responses: { 200: HealthSchema },
    async handle({ pool, encryption, clock }, { provider, params: { id } }) {
      const needs = { pool, encryption, now: clock.now() };
      return representHealth(requireFound(await readEndpointHealth(needs, { providerId: provider.id, id })));
    },
  }),
];
