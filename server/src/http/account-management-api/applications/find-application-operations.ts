import { Type } from "typebox";
import { findApplication } from "#portal/applications/index.ts";
import { answerApplication } from "../answers/answer-application.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { readAccountOrRefuse } from "../answers/read-account-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf, textOf, type Parameters } from "../requests/read-parameters.ts";
import { applicationAnswer } from "../answers/application-answers.ts";

const handles = {
  user_key: Type.Optional(
    Type.String({ description: "What it calls a service with that knows applications by a user key." }),
  ),
  app_id: Type.Optional(
    Type.String({ description: "What it calls any other service with: its application id, or client id." }),
  ),
};

export const findApplicationOperation: Operation = {
  title: "Application Find",
  tag: "Applications",
  says: "Finds an application by what it calls with, a user key or an application id, or by its number.",
  method: "GET",
  path: "/applications/find",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object({
    application_id: Type.Optional(Type.Integer({ description: "Its id." })),
    ...handles,
    service_id: Type.Optional(Type.String({ description: "Only of this service." })),
  }),
  also: [404],
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const { provider, caller, query } = call;
    const handle = handleOf(query) ?? numberOf(query);
    const within = { productId: idOf(query["service_id"]), reach: caller.reach };
    const found = handle && (await findApplication(pool, provider.id, { ...handle, ...within }));
    return answerApplication(pool, call, doneOrRefuse(found));
  },
};

export const findApplicationOfAccountOperation: Operation = {
  title: "Application Find (of an account)",
  tag: "Applications",
  says: "Finds an application of an account by what it calls with, a user key or an application id.",
  method: "GET",
  path: "/accounts/{account_id}/applications/find",
  deed: "read-portal",
  formats: xmlAndJson,
  query: Type.Object(handles),
  answers: applicationAnswer,

  async answer({ pool }, call) {
    const { provider, caller, query } = call;
    const account = await readAccountOrRefuse(pool, provider.id, call.id("account_id"));
    const handle = handleOf(query);
    const within = { accountId: account.id, reach: caller.reach };
    const found = handle && (await findApplication(pool, provider.id, { ...handle, ...within }));
    return answerApplication(pool, call, doneOrRefuse(found));
  },
};

function handleOf(query: Parameters): { readonly userKey: string } | { readonly appId: string } | undefined {
  if (query["user_key"] !== undefined) return { userKey: textOf(query["user_key"]) ?? "" };
  return query["app_id"] === undefined ? undefined : { appId: textOf(query["app_id"]) ?? "" };
}

function numberOf(query: Parameters): { readonly id: number } | undefined {
  const id = idOf(query["application_id"] ?? query["id"]);
  return id === undefined ? undefined : { id };
}
