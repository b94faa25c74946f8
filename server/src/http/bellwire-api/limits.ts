import { Type } from "typebox";
import { type DatabaseSwitches, readDatabaseSwitches, switchWarningMs } from "#platform/database/switches.ts";
import { developerUsageOf, readUsage } from "#access/index.ts";
import { changeLimits, countLimits, developerLimits } from "#platform/limits.ts";
import { isoTime } from "#platform/times.ts";
import { Nullable, Timestamp } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const LimitSchema = Type.Object(
  {
    name: Type.String({ description: "The name of the limit in docs/reference/limits.md." }),
    of: Type.Enum(["provider", "account", "user"], { description: "The kind of object that the limit applies to." }),
    max: Type.Integer({ description: "The maximum number." }),
    used: Nullable(
      Type.Integer({ description: "The number that the provider has. Null if the limit applies to other objects." }),
    ),
  },
  { title: "Limit", description: "The maximum number of objects of a kind." },
);

export const exampleLimit = {
  name: countLimits.endpoints.name,
  of: "provider",
  max: countLimits.endpoints.max,
  used: 3,
};

const providerLimitsStatement = "select limits from providers where id = $1";

export const limitOperations: readonly Operation[] = [
  operation({
    id: "listLimits",
    title: "List the limits",
    description: "The maximum numbers and those that the provider has. The operator can change the limits.",
    method: "GET",
    path: "/limits",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(LimitSchema) }, { description: "The limits." }) },
    async handle({ pool, clock }, { provider: { id: providerId } }) {
      const [row] = await pool.query<{ limits: Readonly<Record<string, number>> }>(providerLimitsStatement, [
        providerId,
      ]);
      const maxOf = ({ name, max }: { readonly name: string; readonly max: number }): number =>
        row?.limits[name] ?? max;
      const counts = Object.values(countLimits).map(async (limit) => {
        const { name, of } = limit;
        const used = of === "provider" ? (await readUsage(pool, limit, { providerId })).used : null;
        return { name, of, max: maxOf(limit), used };
      });
      const changes = Object.values(changeLimits).map((limit) => {
        return { name: limit.name, of: "account" as const, max: maxOf(limit), used: null };
      });
      const usage = developerUsageOf(pool, providerId);
      await usage.share({ pool, clock });
      const developers = Object.values(developerLimits).map((limit) => {
        const { used } = usage.read(limit, clock.now());
        return { name: limit.name, of: "provider" as const, max: maxOf(limit), used };
      });
      return { data: [...(await Promise.all(counts)), ...changes, ...developers] };
    },
  }),
];

const NoticeSchema = Type.Object(
  {
    kind: Type.Enum(["changes_may_be_lost", "held_after_restore"], {
      description:
        "changes_may_be_lost: after a failover or a restore, the database continued from an earlier state. held_after_restore: deliveries, mails and jobs from before a restore wait for the operator.",
    }),
    at: Type.String({ ...Timestamp, description: "When the database was first used in this state." }),
    until: Nullable(
      Type.String({
        ...Timestamp,
        description: "When the notice disappears. Null: when the operator resumes what is held.",
      }),
    ),
  },
  { title: "Notice", description: "A notice about the installation for admins." },
);

export const exampleNotice = {
  kind: "changes_may_be_lost",
  at: "2026-02-03T04:05:06.789Z",
  until: "2026-02-04T04:05:06.789Z",
};

/** Returns the notices about a database, the most urgent one first. */
function noticesOf({ at, heldAt }: Pick<DatabaseSwitches, "at" | "heldAt">, now: Date) {
  const untilMs = at ? at.getTime() + switchWarningMs : 0;
  return [
    ...(heldAt ? [{ kind: "held_after_restore", at: heldAt.toISOString(), until: null } as const] : []),
    ...(at && untilMs > now.getTime()
      ? [{ kind: "changes_may_be_lost", at: at.toISOString(), until: isoTime(untilMs) } as const]
      : []),
  ];
}

export const noticeOperations: readonly Operation[] = [
  operation({
    id: "listNotices",
    title: "List the notices about the installation",
    description: "The same for all providers of a cell, and for the warnings of `/readyz`.",
    method: "GET",
    path: "/notices",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(NoticeSchema) }, { description: "The most urgent first." }) },
    async handle({ pool, clock }) {
      return { data: noticesOf(await readDatabaseSwitches(pool), clock.now()) };
    },
  }),
];
