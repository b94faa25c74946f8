import type { Application } from "#portal/applications/index.ts";

/** What the pages call a key: a client has one, and it is its secret. */
export const wordsForKeys = ({ product }: Application): { readonly one: string; readonly all: string } =>
  product.backendVersion === "oauth" ? { one: "client secret", all: "Client secret" } : { one: "key", all: "Keys" };
