import { updateProduct } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerService } from "./answer-service.ts";
import { ServiceChangeSchema } from "./service-schemas.ts";
import { serviceAnswer } from "./service-answers.ts";

export const updateServiceOperation: Operation = {
  title: "Service Update",
  tag: "Services",
  says: "Changes a service. What is left out stays as it is, and so does `system_name`.",
  method: "PUT",
  path: "/services/{id}",
  deed: "change-plans",
  formats: xmlAndJson,
  body: ServiceChangeSchema,
  wrapper: "service",
  answers: serviceAnswer,

  async answer({ pool }, call) {
    const { provider, values, by } = call;
    const updated = await updateProduct(pool, {
      providerId: provider.id,
      productId: call.serviceId("id"),
      values,
      by,
    });
    return answerService(call, doneOrRefuse(updated).product);
  },
};
