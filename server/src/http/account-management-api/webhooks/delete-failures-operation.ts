import { Type } from "typebox";
import { readLenientTime } from "#platform/clock/read-lenient-time.ts";
import { readDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { deleteFailures } from "#webhooks/failures/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf } from "../requests/read-parameters.ts";

export const deleteFailuresOperation: Operation = {
  title: "Webhooks Delete Failed Deliveries",
  tag: "Webhooks",
  says: "Takes failed deliveries off the list: those up to `time`, which you read there, or all of them.",
  method: "DELETE",
  path: "/webhooks/failures",
  deed: "change-failures",
  formats: xmlAndJson,
  query: Type.Object({
    time: Type.Optional(Type.String({ format: "date-time", description: "UTC, unless it names a zone." })),
  }),
  refusesUnknown: true,

  async answer({ pool, encryption }, { provider, values, by, now }) {
    const { time } = values;
    const until = time === undefined ? undefined : readLenientTime(textOf(time) ?? "", now);
    if (time !== undefined && !until) throw new Problem("time-invalid");

    const endpoint = await readDefaultEndpoint(pool, encryption, provider.id);
    if (endpoint) await deleteFailures(pool, { providerId: provider.id, endpointId: endpoint.id, until }, by);
    return {};
  },
};
