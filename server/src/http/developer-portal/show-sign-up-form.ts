import type { FastifyReply, FastifyRequest } from "fastify";
import { readFieldsDefinitions, type FieldErrors } from "#portal/fields/index.ts";
import { issueFormToken } from "../shared/form-token.ts";
import { findDeveloper } from "./find-developer.ts";
import { errorsElsewhere } from "./forms/form-field.ts";
import type { Portal } from "./show-page.ts";
import { signUpFields } from "./sign-up-form.ts";
import { readWantedPlans } from "./wanted-plans.ts";

/** What a form that is shown again has to say, with what was filled in. */
interface Again {
  readonly status: number;
  readonly values: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
  /** What is wanted from now on; left out, what the form has asked for. */
  readonly planIds?: readonly string[];
  /** What is wrong with no field in particular. */
  readonly error?: string;
}

export async function showSignUpForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  again?: Again,
): Promise<FastifyReply> {
  const { id, name, passwordLengthMin } = request.provider;
  const fields = signUpFields(await readFieldsDefinitions(portal.pool, id), { passwordLengthMin, ...again });
  const developer = await findDeveloper(portal, request);
  const isWrong = fields.some((field) => field.error !== undefined);
  return portal.showPage(request, reply, {
    template: "sign-up",
    title: `${again ? "Please check: " : ""}Sign up for ${name}`,
    status: again?.status ?? 200,
    developer,
    data: {
      fields,
      plan_ids: again?.planIds ?? readWantedPlans(request),
      signed_in_as: developer?.user.username,
      wrong: isWrong ? fields.filter((field) => field.error !== undefined) : undefined,
      error: again?.error ?? errorsElsewhere(fields, again?.errors),
      form_token: issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}
