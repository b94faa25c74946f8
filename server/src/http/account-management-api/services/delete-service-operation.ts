import { deleteProduct } from "#portal/applications/index.ts";
import { productToJson, representProduct } from "#portal/products/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { answerRefusedStep } from "../answers/answer-refused-step.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { readServiceContext } from "./answer-service.ts";

export const deleteServiceOperation: Operation = {
  title: "Service Delete",
  tag: "Services",
  says: "Deletes a service with its plans, subscriptions and applications, unless it is the last one. For admins and the provider key.",
  method: "DELETE",
  path: "/services/{id}",
  deed: "delete-products",
  formats: xmlAndJson,
  also: [422], // of the last one, with a provider key

  async answer({ pool }, call) {
    const { provider, by, caller } = call;
    const outcome = await deleteProduct(pool, { provider, productId: call.serviceId("id"), by });
    if (outcome && "notAllowed" in outcome) {
      // 3scale asks a token's owner for the ability first, and a key only for the state.
      if (caller.actor.kind === "token") throw new Problem("role-missing");
      if (caller.actor.kind === "key") {
        const context = await readServiceContext(pool, call);
        return answerRefusedStep({
          from: outcome.product.state,
          step: "mark_as_deleted",
          object: {
            xml: () => representProduct(outcome.product, context),
            json: () => productToJson(outcome.product, context, call.adminUrl),
          },
        });
      }
    }
    doneOrRefuse(outcome);
    return {};
  },
};
