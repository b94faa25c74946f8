import { Type } from "typebox";
import { changeLimits, countLimits, readUsage } from "#platform/limits.ts";
import { Nullable } from "./fields.ts";
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
    tag: "Limits",
    title: "List the limits",
    description: "The maximum numbers and those that the provider has. The operator can change the limits.",
    method: "GET",
    path: "/limits",
    action: "read-provider",
    responses: { 200: Type.Object({ data: Type.Array(LimitSchema) }, { description: "All event types." }) },
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
