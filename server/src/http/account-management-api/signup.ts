import { Type } from "typebox";
import { isInProductScope } from "#access/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { renderXmlDocument } from "#platform/xml.ts";
import {
  type AccountDetails,
  accountToJson,
  limitToScope,
  representAccount,
  signUpAccount,
} from "#portal/accounts/index.ts";
import type { Application } from "#portal/applications/index.ts";
import { annotationsSchema, type DocumentSettings, readDocumentSettings } from "#portal/fields/index.ts";
import { AccountSchema } from "./accounts.ts";
import { type ApiResponse, optionalText, renderJson, requireSuccess, type ResponseDoc } from "./responses.ts";
import {
  exampleAccountDetails,
  exampleAdminUrl,
  exampleApplication,
  exampleDocumentSettings,
} from "./example-portal.ts";
import type { Operation } from "./operation.ts";
import { type Parameters, parseId } from "./parameters.ts";

interface NewAccount {
  readonly details: AccountDetails;
  readonly applications: readonly Application[];
}

/** Renders a new account. This is the only XML of an account that has its applications. */
const renderSignUp = (
  { details, applications }: NewAccount,
  settings: DocumentSettings,
  adminUrl: string,
): ApiResponse => ({
  xml: () => renderXmlDocument(representAccount(details, settings, applications)),
  json: () => renderJson(accountToJson(details.account, settings, adminUrl)),
});

const signUpResponse: ResponseDoc = {
  schema: AccountSchema,
  example: renderSignUp(
    { details: exampleAccountDetails, applications: [exampleApplication] },
    exampleDocumentSettings,
    exampleAdminUrl,
  ),
};

export const signUpOperation: Operation = {
  title: "Signup Express (Account Create)",
  description:
    "Creates an account with its admin user, its plans and its first application. Absent or unknown plans default to the " +
    "default plans. With a password and an account plan that needs no approval, the user can sign in immediately.",
  method: "POST",
  path: "/signup",
  action: "change-portal",
  body: Type.Object(
    {
      org_name: Type.String(),
      username: Type.String(),
      email: optionalText,
      password: optionalText,
      account_plan_id: Type.Optional(Type.Integer()),
      service_plan_id: Type.Optional(Type.Integer()),
      application_plan_id: Type.Optional(Type.Integer()),
      annotations: Type.Optional(annotationsSchema),
    },
    {
      additionalProperties: true,
      description:
        "Also accepts the fields that you have defined for accounts and users, those of accounts optionally inside `extra_fields`.",
      examples: [
        { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example", password: "a long password" },
      ],
    },
  ),
  otherErrors: [404],
  response: signUpResponse,

  async handle({ pool, passwords }, { provider, caller, values, adminUrl, now }) {
    const { actor, channel, productScope } = caller;
    const by = { via: "program", actor, channel, productScope } as const;
    const outcome = await signUpAccount(pool, passwords, {
      provider,
      values,
      requestedPlans: parseRequestedPlans(values),
      by,
      now,
    });
    const signedUp = requireSuccess(outcome);
    if ("closed" in signedUp) throw new Problem("not-found");

    const details = limitToScope(signedUp.details, productScope);
    const applications = signedUp.applications.filter(({ product }) => isInProductScope(productScope, product.id));
    const settings = await readDocumentSettings(pool, provider);
    return {
      location: `/accounts/${details.account.id}`,
      ...renderSignUp({ details, applications }, settings, adminUrl),
    };
  },
};

/** Returns the ids of the requested plans. As in 3scale, the plan's kind counts, not the parameter's name. */
const parseRequestedPlans = (values: Parameters): readonly number[] =>
  ["account_plan_id", "service_plan_id", "application_plan_id"].flatMap((name) => parseId(values[name]) ?? []);
