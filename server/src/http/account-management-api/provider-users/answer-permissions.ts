import { reachOf, type ProviderUser } from "#access/index.ts";
import { list, record, value } from "#platform/document/document.ts";
import { writeIndentedXml } from "#platform/document/write-xml.ts";
import { memberSections } from "#portal/provider-account/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";
import type { Call } from "../operation.ts";

/** What somebody of the provider's own may do, in both formats. An admin may do all. */
export function answerPermissions(
  { provider, adminUrl }: Pick<Call, "provider" | "adminUrl">,
  { id, role, sections, serviceIds }: Pick<ProviderUser, "id" | "role" | "sections" | "serviceIds">,
): Answer {
  const allowed = (role === "admin" ? memberSections : sections).toSorted();
  const services = reachOf({ role, serviceIds });
  const links = [{ rel: "user", href: `${adminUrl}/admin/api/accounts/${provider.id}/users/${id}` }];
  const lists = [
    list(
      "allowed_sections",
      allowed.map((it) => value("allowed_section", it)),
      "alone",
    ),
    // Without the element, all: an empty one is none.
    ...(services
      ? [
          list(
            "allowed_service_ids",
            services.map((it) => value("allowed_service_id", it)),
            "alone",
          ),
        ]
      : []),
  ];
  return {
    xml: () => writeIndentedXml(record("permissions", [value("user_id", id), value("role", role), ...lists])),
    json: () =>
      writeJson({
        permissions: { user_id: id, role, allowed_sections: allowed, allowed_service_ids: services, links },
      }),
  };
}
