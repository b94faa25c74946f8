import { Type } from "typebox";

/** What an `application/problem+json` answer holds, for the routes' OpenAPI. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String({ description: "A name for this kind of problem." }),
    title: Type.String({ description: "What is wrong, as a sentence." }),
    status: Type.Integer(),
    code: Type.String({ description: "Stable, for programs. All codes are listed in docs/reference/errors.md." }),
    request_id: Type.String({ description: "Finds this request in the operator's log." }),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), { description: "What is wrong, by field. Only with 422." }),
    ),
  },
  { title: "Problem" },
);
