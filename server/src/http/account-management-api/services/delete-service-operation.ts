import { deleteProduct } from "#portal/applications/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";

export const deleteServiceOperation: Operation = {
  title: "Service Delete",
  tag: "Services",
  says: "Deletes a service with its plans, subscriptions and applications.",
  method: "DELETE",
  path: "/services/{id}",
  deed: "change-plans",
  formats: xmlAndJson,

  async answer({ pool }, { provider, by, serviceId }) {
    doneOrRefuse(await deleteProduct(pool, { provider, productId: serviceId("id"), by }));
    return {};
  },
};
