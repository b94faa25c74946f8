import type { Product } from "../api/management/product-queries.ts";

export const credentialsName: Readonly<Record<Product["backend_version"], string>> = {
  "1": "A user key",
  "2": "An application id and keys",
  oauth: "OAuth",
  oidc: "OpenID Connect",
};
