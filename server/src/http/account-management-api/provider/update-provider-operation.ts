import { updateProviderSettings } from "#portal/provider-account/index.ts";
import { doneOrRefuse } from "../answers/done-or-refuse.ts";
import { xmlAndJson, type Operation } from "../operation.ts";
import { textOf, type Parameters } from "../requests/read-parameters.ts";
import { answerProviderAs } from "./answer-provider.ts";
import { ProviderFields } from "./provider-schema.ts";
import { providerAnswer } from "./provider-answer.ts";

export const updateProviderOperation: Operation = {
  title: "Provider Account Update",
  tag: "Provider",
  says: "Changes the addresses that the provider's mails come from and go to, and the code that opens the site.",
  method: "PUT",
  path: "/provider",
  deed: "administer-provider",
  formats: xmlAndJson,
  body: ProviderFields,
  wrapper: "account",
  dropped: ["org_name", "name", "domain", "self_domain", "state", "vat_code", "telephone_number"],
  answers: providerAnswer,

  async answer(needs, call) {
    const { provider, values, by } = call;
    const change = {
      fromEmail: textOf(values["from_email"])?.trim(),
      supportEmail: emptiable(values, "support_email"),
      financeSupportEmail: emptiable(values, "finance_support_email"),
      siteAccessCode: emptiable(values, "site_access_code"),
    };
    const outcome = await updateProviderSettings(needs.pool, { providerId: provider.id, change, by });
    const { settings } = doneOrRefuse(outcome);
    return answerProviderAs(needs, call, { provider: { ...provider, updatedAt: by.now }, settings });
  },
};

/** Left out: as it is. Empty: none. */
function emptiable(values: Parameters, name: string): string | null | undefined {
  const text = textOf(values[name]);
  return text === undefined ? undefined : text.trim() || null;
}
