import { readProduct } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerService } from "./answer-service.ts";
import { ServiceSchema } from "./service-schemas.ts";

export const readServiceOperation: Operation = {
  title: "Service Read",
  tag: "Services",
  says: "Returns a service.",
  method: "GET",
  path: "/services/{id}",
  deed: "read-products",
  formats: xmlAndJson,
  answers: ServiceSchema,

  async answer({ pool }, call) {
    return answerService(call, doneOrRefuse(await readProduct(pool, call.provider.id, call.id("id"))));
  },
};
