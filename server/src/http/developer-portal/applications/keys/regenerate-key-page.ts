import type { FastifyInstance } from "fastify";
import { regenerateApplicationKey } from "#portal/applications/index.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { showForm } from "../../forms/show-form.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { changeOf } from "../with-application.ts";
import { withKey } from "./with-key.ts";

export function addRegenerateKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/regenerate",
    show: withKey(portal, (request, reply, { application, developer }) =>
      showForm(portal, request, reply, {
        title: "Regenerate the key?",
        lead: "A new key takes its place, and the old one is refused at once: programs that use it need the new one.",
        submit: "Regenerate key",
        isGrave: true,
        back: { href: `/applications/${application.id}/keys`, text: "Keys" },
        developer,
      }),
    ),
    take: withKey(portal, async (request, reply, { value, ...owned }) => {
      const outcome = await regenerateApplicationKey(portal.pool, { ...changeOf(portal, request, owned), value });
      if (!outcome || "notFound" in outcome) return showNotFound(reply);
      return "notAllowed" in outcome
        ? showNotAllowed(portal, request, reply, owned.developer)
        : goOnTo(reply, `/applications/${owned.application.id}/keys`, "key-regenerated");
    }),
  });
}
