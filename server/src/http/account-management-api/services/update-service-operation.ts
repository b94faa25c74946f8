import { requirePermission } from "#http/shared/admin-caller.ts";
import { Problem } from "#http/shared/problem.ts";
import { deleteProduct } from "#portal/applications/index.ts";
import { transitionErrors, updateProduct } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import type { Answer } from "../answers/send-answer.ts";
import { type Call, type Operation, type OperationNeeds, xmlAndJson } from "../operation.ts";
import { answerService, readServiceContext } from "./answer-service.ts";
import { serviceAnswer } from "./service-answers.ts";
import { ServiceChangeSchema, droppedOfServices } from "./service-schemas.ts";

export const updateServiceOperation: Operation = {
  title: "Service Update",
  tag: "Services",
  says: "Changes a service. What is left out stays as it is, and so does `system_name`.",
  method: "PUT",
  path: "/services/{id}",
  deed: "change-products",
  formats: xmlAndJson,
  body: ServiceChangeSchema,
  wrapper: "service",
  dropped: [...droppedOfServices, "system_name"],
  answers: serviceAnswer,

  async answer(needs, call) {
    const { state_event: stateEvent, ...values } = call.values;
    if (stateEvent === "mark_as_deleted") return markAsDeleted(needs, call, values);
    return answerService(await readServiceContext(needs.pool, call), await update(needs, call, call.values));
  },
};

async function update({ pool }: OperationNeeds, call: Call, values: Call["values"]) {
  const { provider, by } = call;
  const productId = call.serviceId("id");
  return doneOrRefuse(await updateProduct(pool, { providerId: provider.id, productId, values, by })).product;
}

/** The state event that stands for the deletion, with what else was sent. The answer is the last that is seen of it. */
async function markAsDeleted(needs: OperationNeeds, call: Call, values: Call["values"]): Promise<Answer> {
  const { provider, by, caller } = call;
  requirePermission(caller, "delete-products", provider);
  const product = await update(needs, call, values);
  const deleted = await deleteProduct(needs.pool, { provider, productId: product.id, by });
  if (deleted && "notAllowed" in deleted) {
    throw new Problem("invalid", { errors: { state_event: transitionErrors(product.state) } });
  }
  doneOrRefuse(deleted);
  return answerService(await readServiceContext(needs.pool, call), { ...product, state: "deleted" });
}
