import { Type } from "typebox";
import { IdOf, Nullable, Timestamp } from "../page-schema.ts";
import { answers, done } from "../route-schema.ts";

const tags = ["Developers"];

const asked = {
  account_id: Type.Integer(),
  org_name: Type.String(),
  plan_id: Type.Integer({ description: "The plan that is asked for." }),
  plan_name: Type.String(),
  asked_by: Nullable(Type.String({ description: "A user's name; null once the user is gone." })),
  created_at: Timestamp,
};

const AccountPlanRequest = Type.Object(asked, {
  title: "AccountPlanRequest",
  description: "Another plan for an account, where the provider lets developers ask only.",
});

const PlanRequest = Type.Object(
  { application_id: Type.Integer(), application_name: Type.String(), ...asked },
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

export const listAccountPlanRequests = {
  tags,
  operationId: "listAccountPlanRequests",
  summary: "List the account plans that developers ask for, oldest first",
  description: "The first 200 that nobody has decided about. To grant one, change the account's plan.",
  response: answers(Type.Object({ data: Type.Array(AccountPlanRequest) })),
};

export const declineAccountPlanRequest = {
  tags,
  operationId: "declineAccountPlanRequest",
  summary: "Decline the plan that is asked for an account",
  description: "The account stays on the plan that it is on.",
  params: Type.Object({ id: IdOf("the account") }),
  response: done,
};
