import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { productToJson, representProduct, type Product } from "#portal/products/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";
import type { Standing } from "../requests/read-page.ts";

/** Products in both formats. */
export function writeServices(
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  products: readonly Product[],
  standing?: Standing,
): Answer {
  const nodes = () => products.map((product) => representProduct(product, provider));
  return {
    xml: () => writeXmlDocument(record("services", nodes(), standing)),
    json: () =>
      writeJson({
        services: products.map((product) => productToJson(product, provider, adminUrl)),
        ...(standing ? { metadata: standing } : {}),
      }),
  };
}
