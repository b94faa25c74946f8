import type { Database } from "#platform/database/database.ts";
import { record } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { readContactAddresses } from "#portal/provider-account/index.ts";
import { productToJson, representProduct, type Product, type ProductContext } from "#portal/products/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";
import type { Standing } from "../requests/read-page.ts";

/** What the documents of products contain besides the products, and the origin of their links. */
export interface ServiceContext extends ProductContext {
  readonly adminUrl: string;
}

export async function readServiceContext(
  db: Database,
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
): Promise<ServiceContext> {
  const { supportEmail } = await readContactAddresses(db, provider.id);
  return { provider, adminUrl, supportEmail };
}

/** Renders a product in both formats. */
export const answerService = (context: ServiceContext, product: Product): Answer => ({
  xml: () => writeXmlDocument(representProduct(product, context)),
  json: () => writeJson(productToJson(product, context, context.adminUrl)),
  lastModified: product.updatedAt,
});

/** Renders a page of products in both formats. */
export const answerServices = (context: ServiceContext, products: readonly Product[], standing?: Standing): Answer => ({
  xml: () =>
    writeXmlDocument(
      record(
        "services",
        products.map((product) => representProduct(product, context)),
        standing,
      ),
    ),
  json: () =>
    writeJson({
      services: products.map((product) => productToJson(product, context, context.adminUrl)),
      ...(standing ? { metadata: standing } : {}),
    }),
});
