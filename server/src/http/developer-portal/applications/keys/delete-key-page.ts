import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { removeApplicationKey } from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { showForm } from "../../forms/show-form.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf, type Owned } from "../with-application.ts";
import { withKey } from "./with-key.ts";

const lastKey = { base: ["this is the last key, and the application needs one: add another first"] };

export function addDeleteKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/delete",
    show: withKey(portal, (request, reply, owned) => showQuestion(portal, request, reply, owned)),
    take: withKey(portal, async (request, reply, { value, ...owned }) => {
      const removed = await removeApplicationKey(portal.pool, { ...changeOf(portal, request, owned), value });
      if (!removed || "notFound" in removed) return showNotFound(reply);
      if (!("notAllowed" in removed)) return goOnTo(reply, `/applications/${owned.application.id}/keys`, "key-deleted");
      return removed.notAllowed === "last key"
        ? showQuestion(portal, request, reply, { ...owned, errors: lastKey })
        : showNotAllowed(portal, request, reply, owned.developer);
    }),
  });
}

const showQuestion = (
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: Owned & { readonly errors?: FieldErrors },
): Promise<FastifyReply> =>
  showForm(portal, request, reply, {
    title: "Delete the key?",
    lead: "Programs that use it are refused at once. This cannot be undone.",
    submit: "Delete key",
    isGrave: true,
    back: { href: `/applications/${application.id}/keys`, text: "Keys" },
    developer,
    errors,
  });
