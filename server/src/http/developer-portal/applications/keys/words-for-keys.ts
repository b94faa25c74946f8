import { keysMax, type Application } from "#portal/applications/index.ts";

interface WordsForKeys {
  readonly one: string;
  readonly all: string;
  /** Why there cannot be another. */
  readonly full: string;
}

/** What the pages call a key: a client has one, and it is its secret. */
export const wordsForKeys = ({ product }: Application): WordsForKeys =>
  product.backendVersion === "oauth"
    ? { one: "client secret", all: "Client secret", full: "A client has one secret: regenerate it to get another." }
    : {
        one: "key",
        all: "Keys",
        full: `An application has ${keysMax(product)} keys at most: to add another, delete one first.`,
      };
