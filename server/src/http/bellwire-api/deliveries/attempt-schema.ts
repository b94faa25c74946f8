import { Type, type Static } from "typebox";
import { Nullable, Timestamp } from "../page-schema.ts";

const fields = {
  at: Type.String({ ...Timestamp, description: "When it was sent." }),
  status: Nullable(Type.Integer({ description: "The answer's status. Null: there was no answer." })),
  error: Nullable(Type.String({ description: "What went wrong, as a sentence. Null: it counts as delivered." })),
  latency_ms: Type.Integer(),
};

export const AttemptInShort = Type.Object(fields, { title: "AttemptInShort" });

export const Attempt = Type.Object(
  {
    number: Type.Integer({ description: "From 1 on." }),
    ...fields,
    response_headers: Nullable(Type.Record(Type.String(), Type.String())),
    response_body: Nullable(Type.String({ description: "The start of the answer, 64 KiB at most." })),
  },
  { title: "Attempt", description: "One try over HTTP." },
);
export type AttemptAnswer = Static<typeof Attempt>;
