import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { removeApplicationKey, titleOf } from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { showForm } from "../../forms/show-form.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf } from "../with-application.ts";
import { withKey, type OwnedKey } from "./with-key.ts";
import { wordsForKeys } from "./words-for-keys.ts";

const lastKey = { base: ["this is the last key, and the application needs one: add another first"] };

export function addDeleteKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/delete",
    show: withKey(portal, (request, reply, owned) => showQuestion(portal, request, reply, owned)),
    take: withKey(portal, async (request, reply, owned) => {
      const which = { ...changeOf(portal, request, owned), value: owned.value };
      const removed = await removeApplicationKey(portal.pool, which);
      if (!removed || "notFound" in removed) return showNotFound(reply);
      if (!("notAllowed" in removed)) return goOnTo(reply, `/applications/${owned.application.id}/keys`, "key-deleted");
      return removed.notAllowed === "last key"
        ? showQuestion(portal, request, reply, { ...owned, errors: lastKey })
        : showNotAllowed(portal, request, reply, owned.developer);
    }),
  });
}

function showQuestion(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, value, developer, errors }: OwnedKey & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const words = wordsForKeys(application);
  return showForm(portal, request, reply, {
    title: `Delete the ${words.one}?`,
    code: value,
    lead: `Programs that use it for ${titleOf(application)} are refused at once. This cannot be undone.`,
    submit: `Delete ${words.one}`,
    isGrave: true,
    back: { href: `/applications/${application.id}/keys`, text: words.all },
    developer,
    errors,
  });
}
