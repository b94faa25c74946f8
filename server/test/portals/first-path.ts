import type { Visitor } from "./visitor.ts";

/** The path of the application that the sign-up made. */
export async function firstPath(visitor: Visitor): Promise<string> {
  const [path = ""] = /\/applications\/\d+/.exec((await visitor.get("/applications")).html) ?? [];
  return path;
}
