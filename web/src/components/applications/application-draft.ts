import type { Values } from "../../api/management-client.ts";
import type { AccountPlan, Product } from "../../api/products.ts";

/** The choices and values entered so far. */
export interface ApplicationDraft {
  readonly accountId?: number | undefined;
  readonly productId?: string;
  readonly planId?: string;
  /** Values of defined fields and credentials, under the names of the API. */
  readonly values: Values;
}

/** The credentials that an admin can set for a new application, by the product's authentication. */
export const credentialFields: Readonly<
  Record<Product["backend_version"], readonly { readonly name: string; readonly label: string }[]>
> = {
  "1": [{ name: "user_key", label: "User key" }],
  "2": [
    { name: "application_id", label: "Application id" },
    { name: "application_key", label: "Application key" },
  ],
  oauth: [
    { name: "application_id", label: "Client id" },
    { name: "application_key", label: "Client secret" },
    { name: "redirect_url", label: "Redirect URL" },
  ],
  oidc: [
    { name: "application_id", label: "Client id" },
    { name: "application_key", label: "Client secret" },
    { name: "redirect_url", label: "Redirect URL" },
  ],
};

export const credentialNames: readonly string[] = [
  ...new Set(Object.values(credentialFields).flatMap((credentials) => credentials.map(({ name }) => name))),
];

/** Returns the chosen product, or the only one. */
export const chosenProduct = (
  { productId }: Pick<ApplicationDraft, "productId">,
  products: readonly Product[],
): Product | undefined => (products.length === 1 ? products[0] : products.find(({ id }) => String(id) === productId));

/** Returns the id of the chosen plan, or of the product's default plan. */
export const chosenPlanId = (
  { planId }: Pick<ApplicationDraft, "planId">,
  plans: readonly Pick<AccountPlan, "id" | "default">[],
): string => planId ?? String(plans.find((plan) => plan.default)?.id ?? "");

/** Returns the request body: the filled-in fields, without credentials that the product does not use. */
export function requestBody({ values }: ApplicationDraft, product: Product, planId: string): Values {
  const ofProduct = new Set(credentialFields[product.backend_version].map(({ name }) => name));
  const filled = Object.entries(values).filter(
    ([name, value]) => value !== "" && (ofProduct.has(name) || !credentialNames.includes(name)),
  );
  return { plan_id: Number(planId), ...Object.fromEntries(filled) };
}
