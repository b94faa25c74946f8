import { Type } from "typebox";
import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { countProducts, listProducts, productToJson, representProduct } from "#portal/products/index.ts";
import { writeJson } from "../answers/write-json.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { pageQuery, readPage, standingOf } from "../requests/read-page.ts";
import { ServicesSchema } from "./service-schemas.ts";

export const listServicesOperation: Operation = {
  title: "Service List",
  tag: "Services",
  says: "Returns the services, oldest first. When there are more than `per_page`, the answer says which page it is.",
  method: "GET",
  path: "/services",
  deed: "read-products",
  formats: xmlAndJson,
  query: Type.Object(pageQuery),
  answers: ServicesSchema,

  async answer({ pool }, { provider, adminUrl, query }) {
    const page = readPage(query);
    const products = await listProducts(pool, provider.id, { limit: page.perPage, offset: page.offset });
    const standing = standingOf(page, await countProducts(pool, provider.id));
    const nodes = () => products.map((product) => representProduct(product, provider));
    return {
      xml: () => writeXmlDocument(record("services", nodes(), standing)),
      json: () =>
        writeJson({
          services: products.map((product) => productToJson(product, provider, adminUrl)),
          ...(standing ? { metadata: standing } : {}),
        }),
    };
  },
};
