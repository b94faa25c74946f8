import { createProduct } from "#portal/products/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { answerService, readServiceContext } from "./answer-service.ts";
import { droppedOfServices, NewServiceSchema } from "./service-schemas.ts";
import { serviceAnswer } from "./service-answers.ts";

export const createServiceOperation: Operation = {
  title: "Service Create",
  tag: "Services",
  says: "Makes a service, with a service plan for who is to use it. For admins and the provider key.",
  method: "POST",
  path: "/services",
  deed: "create-products",
  formats: xmlAndJson,
  body: NewServiceSchema,
  wrapper: "service",
  dropped: droppedOfServices,
  answers: serviceAnswer,

  async answer({ pool }, call) {
    const { provider, values, by, adminUrl } = call;
    const { product } = doneOrRefuse(await createProduct(pool, { providerId: provider.id, values, by }));
    const context = await readServiceContext(pool, call);
    return {
      ...answerService(context, product),
      status: 201,
      location: `${adminUrl}/admin/api/services/${product.id}`,
    };
  },
};
