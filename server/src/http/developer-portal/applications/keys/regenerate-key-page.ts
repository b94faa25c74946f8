import type { FastifyInstance } from "fastify";
import { regenerateApplicationKey, titleOf } from "#portal/applications/index.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { showForm } from "../../forms/show-form.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf } from "../with-application.ts";
import { withKey } from "./with-key.ts";
import { wordsForKeys } from "./words-for-keys.ts";

export function addRegenerateKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/regenerate",
    show: withKey(portal, (request, reply, { application, value, developer }) => {
      const words = wordsForKeys(application);
      return showForm(portal, request, reply, {
        title: `Regenerate the ${words.one}?`,
        code: value,
        lead: `A new one takes its place, and this one is refused at once: programs that use it for ${titleOf(application)} need the new one.`,
        submit: `Regenerate ${words.one}`,
        isGrave: true,
        back: { href: `/applications/${application.id}/keys`, text: words.all },
        developer,
      });
    }),
    take: withKey(portal, async (request, reply, { value, ...owned }) => {
      const outcome = await regenerateApplicationKey(portal.pool, { ...changeOf(portal, request, owned), value });
      if (!outcome || "notFound" in outcome) return showNotFound(reply);
      return "notAllowed" in outcome
        ? showNotAllowed(portal, request, reply, owned.developer)
        : goOnTo(reply, `/applications/${owned.application.id}/keys`, "key-regenerated");
    }),
  });
}
