import { nameInLine } from "#platform/document/plain-text.ts";
import type { NewMail } from "#portal/mails/index.ts";

import type { DisabledEndpoint, Outage } from "./find-outages.ts";

/** `failuresUrl`: the page that shows what failed. */
export const outageBeganMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, failuresUrl }: { recipient: string; failuresUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: webhooks do not get through to ${nameInLine(endpointName)}`,
  text: `Hello,

the endpoint ${nameInLine(endpointName)} (${urlMasked}) does not take webhooks any more: all attempts of a delivery failed, or it was held for too long.

What failed is kept. You see why, and can send it again once the endpoint is repaired, here:

${failuresUrl}

We write again when something gets through.
`,
});

export const outageEndedMail = (
  { providerName, endpointName, urlMasked }: Outage,
  { recipient, failuresUrl }: { recipient: string; failuresUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: webhooks get through to ${nameInLine(endpointName)} again`,
  text: `Hello,

the endpoint ${nameInLine(endpointName)} (${urlMasked}) takes webhooks again.

What failed in the meantime waits for you to send it again, or to delete it:

${failuresUrl}
`,
});

/** `endpointUrl`: its page. */
export const endpointDisabledMail = (
  { providerName, endpointName, urlMasked, reason }: DisabledEndpoint,
  { recipient, endpointUrl }: { recipient: string; endpointUrl: string },
): NewMail => ({
  recipient,
  subject: `${nameInLine(providerName)}: the endpoint ${nameInLine(endpointName)} was disabled`,
  text: `Hello,

nothing is sent to the endpoint ${nameInLine(endpointName)} (${urlMasked}) any more. ${reason}

Its webhooks are recorded and held. They are sent as soon as you resume it, here:

${endpointUrl}
`,
});
