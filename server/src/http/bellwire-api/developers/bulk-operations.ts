import { Type, type Static } from "typebox";
import { IdOf } from "../page-schema.ts";
import { answers, refusable } from "../route-schema.ts";

const idsMax = 200;

const idsOf = (what: string) =>
  Type.Array(IdOf(what), { minItems: 1, maxItems: idsMax, description: "In the order in which it is done." });
const planId = Type.Optional(IdOf("the plan to go to, with `change_plan`"));

const AccountsToChange = Type.Object(
  {
    ids: idsOf("an account"),
    operation: Type.Enum(["approve", "make_pending", "reject", "suspend", "resume", "change_plan", "delete"]),
    plan_id: planId,
  },
  { title: "AccountsToChange", additionalProperties: false },
);
export type AccountsToChange = Static<typeof AccountsToChange>;

const ApplicationsToChange = Type.Object(
  {
    ids: idsOf("an application"),
    operation: Type.Enum(["accept", "reject", "suspend", "resume", "change_plan", "delete"]),
    plan_id: planId,
  },
  { title: "ApplicationsToChange", additionalProperties: false },
);
export type ApplicationsToChange = Static<typeof ApplicationsToChange>;

const BulkOutcome = Type.Object(
  {
    id: Type.Integer(),
    done: Type.Boolean(),
    code: Type.Optional(Type.String({ description: "Why not, for programs, as in a Problem." })),
    title: Type.Optional(Type.String({ description: "Why not, as a sentence." })),
    errors: Type.Optional(
      Type.Record(Type.String(), Type.Array(Type.String()), {
        description: "What is wrong, by field. Only with the code `invalid`.",
      }),
    ),
  },
  { title: "BulkOutcome", description: "What came of the operation for one of them: done, or why not." },
);
export type BulkOutcome = Static<typeof BulkOutcome>;

const tags = ["Developers"];
const response = {
  ...answers(Type.Object({ data: Type.Array(BulkOutcome, { description: "One for each id, in their order." }) })),
  ...refusable,
};
const each =
  "One after another, each for itself with its own events, as if it were alone: what cannot be done with one keeps no other " +
  "from it, and the answer tells of each.";

export const bulkAccounts = {
  tags,
  operationId: "changeManyAccounts",
  summary: "Do the same with up to 200 accounts",
  description: `${each} Members may make accounts pending and change their plans; all else is for admins.`,
  body: AccountsToChange,
  response,
};

export const bulkApplications = {
  tags,
  operationId: "changeManyApplications",
  summary: "Do the same with up to 200 applications",
  description: `${each} Those that are rejected are deleted, and the admins of their accounts are told so.`,
  body: ApplicationsToChange,
  response,
};
