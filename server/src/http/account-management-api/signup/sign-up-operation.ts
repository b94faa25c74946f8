import { Type } from "typebox";
import { reaches } from "#access/index.ts";
import { readDocumentSettings } from "#portal/fields/index.ts";
import { narrowAccount, signUpAccount } from "#portal/whole-accounts/index.ts";
import { Problem } from "#http/shared/problem.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { idOf, type Parameters } from "../requests/read-parameters.ts";
import { writeSignedUp } from "./write-signed-up.ts";
import { signedUpAnswer } from "./sign-up-answer.ts";
import { annotations } from "../answers/schema-parts.ts";

export const signUpOperation: Operation = {
  title: "Signup Express (Account Create)",
  tag: "Signup",
  says:
    "Makes an account with its admin user, its plans and its first application. Plans that are left out, or unknown, are the " +
    "default ones. With a password, and an account plan that needs no approval, the user may sign in at once.",
  method: "POST",
  path: "/signup",
  deed: "change-portal",
  formats: xmlAndJson,
  body: Type.Object(
    {
      org_name: Type.String(),
      username: Type.String(),
      email: Type.Optional(Type.String()),
      password: Type.Optional(Type.String()),
      account_plan_id: Type.Optional(Type.Integer()),
      service_plan_id: Type.Optional(Type.Integer()),
      application_plan_id: Type.Optional(Type.Integer()),
      annotations: Type.Optional(annotations),
    },
    {
      additionalProperties: true,
      description:
        "And the fields that you have defined for accounts and users; those of accounts also inside `extra_fields`.",
      examples: [
        { org_name: "Harbour & Sons", username: "mira", email: "mira@harbour.example", password: "a long password" },
      ],
    },
  ),
  also: [404],
  answers: signedUpAnswer,

  async answer({ pool }, { provider, caller, values, adminUrl, now }) {
    const { actor, channel, reach } = caller;
    const by = { door: "program", actor, channel, reach } as const;
    const outcome = await signUpAccount(pool, { provider, values, wantedPlans: wantedPlansOf(values), by, now });
    const signedUp = doneOrRefuse(outcome);
    if ("closed" in signedUp) throw new Problem("not-found");

    const whole = narrowAccount(signedUp.whole, reach);
    const applications = signedUp.applications.filter(({ product }) => reaches(reach, product.id));
    const settings = await readDocumentSettings(pool, provider);
    return {
      status: 201,
      location: `${adminUrl}/admin/api/accounts/${whole.account.id}`,
      ...writeSignedUp({ whole, applications }, settings, adminUrl),
    };
  },
};

/** Each plan counts as the kind that it is, whichever of the names it came under. */
const wantedPlansOf = (values: Parameters): readonly number[] =>
  ["account_plan_id", "service_plan_id", "application_plan_id"].flatMap((name) => idOf(values[name]) ?? []);
