import { Type } from "typebox";
import { IdOf } from "../page-schema.ts";
import { done, refusable } from "../route-schema.ts";

const tags = ["Developers"];
const ofAccount = Type.Object({ id: IdOf("the account") });
const ofApplication = Type.Object({ id: IdOf("the application") });
const response = { ...done, ...refusable };

export const suspendAccount = {
  tags,
  operationId: "suspendAccount",
  summary: "Suspend an account",
  description: "Whoever is signed in for it is signed out, and nobody can sign in until it is resumed.",
  params: ofAccount,
  response,
};

export const resumeAccount = {
  tags,
  operationId: "resumeAccount",
  summary: "Resume a suspended account",
  description: "It is approved again.",
  params: ofAccount,
  response,
};

export const rejectApplication = {
  tags,
  operationId: "rejectApplication",
  summary: "Reject a pending application",
  description: "It is deleted, and the admins of its account are told why.",
  params: ofApplication,
  body: Type.Object(
    { reason: Type.Optional(Type.String({ maxLength: 2000, description: "What the mail says." })) },
    { additionalProperties: false },
  ),
  response,
};

export const regenerateUserKey = {
  tags,
  operationId: "regenerateUserKey",
  summary: "Give an application a new user key",
  description: "The old one stops working at once.",
  params: ofApplication,
  response,
};

export const regenerateApplicationKey = {
  tags,
  operationId: "regenerateApplicationKey",
  summary: "Put a new key in the place of one",
  description: "Of an application key, or of a client's secret. The old one stops working at once.",
  params: ofApplication,
  body: Type.Object({ key: Type.String({ description: "The old one." }) }, { additionalProperties: false }),
  response,
};
