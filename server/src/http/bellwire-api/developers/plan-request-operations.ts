import { Type } from "typebox";
import { IdOf, Nullable, Timestamp } from "../page-schema.ts";
import { answers, done } from "../route-schema.ts";

const tags = ["Developers"];

const PlanRequest = Type.Object(
  {
    application_id: Type.Integer(),
    application_name: Type.String(),
    account_id: Type.Integer(),
    org_name: Type.String(),
    plan_id: Type.Integer({ description: "The plan that is asked for." }),
    plan_name: Type.String(),
    asked_by: Nullable(Type.String({ description: "A user's name; null once the user is gone." })),
    created_at: Timestamp,
  },
  { title: "PlanRequest", description: "Another plan for an application, where the product lets developers ask only." },
);

export const listPlanRequests = {
  tags,
  operationId: "listPlanRequests",
  summary: "List the plans that developers ask for, oldest first",
  description: "The first 200 that nobody has decided about. To grant one, change the application's plan.",
  response: answers(Type.Object({ data: Type.Array(PlanRequest) })),
};

export const declinePlanRequest = {
  tags,
  operationId: "declinePlanRequest",
  summary: "Decline the plan that is asked for an application",
  description: "The application stays on the plan that it is on.",
  params: Type.Object({ id: IdOf("the application") }),
  response: done,
};
