import { Type } from "typebox";
import { countProducts, listProducts } from "#portal/products/index.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { pageQuery, readPage, standingOf } from "../requests/read-page.ts";
import { answerServices, readServiceContext } from "./answer-service.ts";
import { servicesAnswer } from "./service-answers.ts";

export const listServicesOperation: Operation = {
  title: "Service List",
  tag: "Services",
  says: "Returns the services, oldest first. When there are more than `per_page`, the answer says which page it is.",
  method: "GET",
  path: "/services",
  deed: "read-products",
  formats: xmlAndJson,
  query: Type.Object(pageQuery),
  answers: servicesAnswer,

  async answer({ pool }, call) {
    const {
      provider,
      caller: { reach },
      query,
    } = call;
    const page = readPage(query);
    const products = await listProducts(pool, provider.id, { reach, limit: page.perPage, offset: page.offset });
    const standing = standingOf(page, await countProducts(pool, provider.id, reach));
    return answerServices(await readServiceContext(pool, call), products, standing);
  },
};
