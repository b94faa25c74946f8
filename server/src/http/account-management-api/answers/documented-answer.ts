import type { TSchema } from "typebox";
import type { Answer } from "./send-answer.ts";

/** What an operation answers: the schema of its JSON, and an example in each of its formats. */
export interface DocumentedAnswer {
  readonly schema: TSchema;
  readonly example: Pick<Answer, "xml" | "json">;
}
