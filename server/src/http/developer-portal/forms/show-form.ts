import type { FastifyReply, FastifyRequest } from "fastify";
import type { FieldErrors } from "#portal/fields/index.ts";
import { issueFormToken } from "../../shared/form-token.ts";
import type { Developer } from "../find-developer.ts";
import type { Portal } from "../show-page.ts";
import { judged, type FormField } from "./form-field.ts";

/** A page with one form, which is sent to the page's own path. */
export interface Form {
  readonly title: string;
  /** What a program knows the thing by that this is about. Not in the title, which stays in a browser's history. */
  readonly code?: string;
  readonly lead?: string;
  readonly fields?: readonly FormField[];
  /** What the button says. */
  readonly submit: string;
  /** Whether something is gone for good afterwards. */
  readonly isGrave?: boolean;
  readonly back?: { readonly href: string; readonly text: string };
  readonly developer?: Developer;
  /** Why it is shown again. `base` stands beside no field. */
  readonly errors?: FieldErrors | undefined;
  readonly status?: number | undefined;
}

export function showForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { title, fields = [], errors = {}, status, developer, isGrave = false, ...words }: Form,
): Promise<FastifyReply> {
  const isAgain = Object.keys(errors).length > 0;
  return portal.showPage(request, reply, {
    template: "form",
    title: `${isAgain ? "Please check: " : ""}${title}`,
    status: status ?? (isAgain ? 422 : 200),
    developer,
    data: {
      ...words,
      heading: title,
      is_grave: isGrave,
      ...judged(fields, errors),
      form_token: developer?.csrfToken ?? issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}
