import { list } from "#platform/document/document.ts";
import { writeXmlDocument } from "#platform/document/write-xml.ts";
import { representSubscription, subscriptionToJson } from "#portal/applications/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import type { Answer } from "../answers/send-answer.ts";
import { writeJson } from "../answers/write-json.ts";

/** An account's subscriptions in both formats. */
export function writeServiceContracts(
  { provider, now }: { readonly provider: Provider; readonly now: Date },
  subscriptions: readonly Parameters<typeof representSubscription>[0][],
): Answer {
  const nodes = () => subscriptions.map((it) => representSubscription(it, provider, now));
  return {
    xml: () => writeXmlDocument(list("service_contracts", nodes(), "open")),
    json: () => writeJson({ service_contracts: subscriptions.map((it) => subscriptionToJson(it, provider, now)) }),
  };
}
