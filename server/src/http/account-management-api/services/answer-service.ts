import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { productToJson, representProduct, type Product } from "#portal/products/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** A product in both formats. */
export const answerService = (
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  product: Product,
): Answer => ({
  xml: () => writeXmlDocument(representProduct(product, provider)),
  json: () => writeJson(productToJson(product, provider, adminUrl)),
  lastModified: product.updatedAt,
});
