import { Type } from "typebox";
import { changeLimits, countLimits, readUsage } from "#platform/limits.ts";
import { Nullable } from "./fields.ts";
import { operation, type Operation } from "./operation.ts";

const LimitSchema = Type.Object(
  {
    name: Type.String({ description: "As in docs/reference/limits.md." }),
    of: Type.Enum(["provider", "account", "user"], { description: "Each of these has so many of its own." }),
    max: Type.Integer({ description: "How many there may be." }),
    used: Nullable(Type.Integer({ description: "How many the provider has. Null where it is not the provider's." })),
  },
  { title: "Limit", description: "How many of something there may be." },
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
    tag: "Limits",
    title: "List the limits",
    description: "How many of each there may be, and how many the provider has. The operator can change them.",
    method: "GET",
    path: "/limits",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(LimitSchema) }, { description: "All of them." }) },
    async handle({ pool }, { provider: { id: providerId } }) {
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
      return { data: [...(await Promise.all(counts)), ...changes] };
    },
  }),
];
