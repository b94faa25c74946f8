import { readDefaultEndpoint } from "#webhooks/endpoints/index.ts";
import { allFailures } from "#webhooks/failures/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { failuresToJson, failuresToXml } from "./represent-failures.ts";
import { failuresAnswer } from "./failures-answer.ts";

export const listFailuresOperation: Operation = {
  title: "Webhooks List Failed Deliveries",
  tag: "Webhooks",
  says: "Returns the deliveries of your webhook that could not be made, oldest first, each a second after it was given up. A list of more than a megabyte is sent as it is read, and so without `ETag`.",
  method: "GET",
  path: "/webhooks/failures",
  deed: "read-failures",
  formats: xmlAndJson,
  answers: failuresAnswer,

  async answer({ pool, encryption }, { provider }) {
    const endpoint = await readDefaultEndpoint(pool, encryption, provider.id);
    const pages = endpoint ? allFailures(pool, encryption, { providerId: provider.id, endpointId: endpoint.id }) : [];
    return { xml: () => failuresToXml(pages), json: () => failuresToJson(pages) };
  },
};
