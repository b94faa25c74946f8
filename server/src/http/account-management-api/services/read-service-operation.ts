import { readProduct } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerService, readServiceContext } from "./answer-service.ts";
import { serviceAnswer } from "./service-answers.ts";

export const readServiceOperation: Operation = {
  title: "Service Read",
  tag: "Services",
  says: "Returns a service.",
  method: "GET",
  path: "/services/{id}",
  deed: "read-products",
  formats: xmlAndJson,
  answers: serviceAnswer,

  async answer({ pool }, call) {
    const product = doneOrRefuse(await readProduct(pool, call.provider.id, call.serviceId("id")));
    return answerService(await readServiceContext(pool, call), product);
  },
};
