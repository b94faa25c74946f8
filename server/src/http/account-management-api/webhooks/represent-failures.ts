import { value } from "#platform/document/document.ts";
import { writeXml } from "#platform/document/write-xml.ts";
import type { Failure } from "#webhooks/failures/index.ts";
import { indentEvent } from "./indent-event.ts";
import { writeJson } from "../answers/write-json.ts";

type ShownFailure = Pick<Failure, "eventId" | "failedAt" | "error" | "url" | "body">;

/** The failure list as 3scale's XML, whose `<event>` alone is indented. */
export function failuresToXml(failures: readonly ShownFailure[]): string {
  const entries = failures.map((failure) => {
    const { id, time, error, url, event } = shown(failure);
    const named = [value("id", id), value("time", time), value("error", error), value("url", url)]
      .map(writeXml)
      .join("");
    return `<webhooks-failure>${named}${isXml(event) ? indentEvent(event) : writeXml(value("event", event))}</webhooks-failure>`;
  });
  return `<?xml version="1.0" encoding="UTF-8"?><webhooks-failures>${entries.join("")}</webhooks-failures>`;
}

export const failuresToJson = (failures: readonly ShownFailure[]): string =>
  writeJson({ "webhooks-failures": failures.map((it) => ({ "webhooks-failure": shown(it) })) });

const shown = ({ eventId, failedAt, error, url, body }: ShownFailure) => ({
  id: eventId,
  time: `${failedAt.toISOString().slice(0, 19)}Z`,
  error: withoutControls(error),
  url,
  event: body.toString(),
});

/** The default endpoint may have been told to send JSON, which is shown as it is. */
const isXml = (event: string): boolean => event.startsWith("<?xml");

/** An error may quote what a receiver answered, which XML need not be able to hold. */
const withoutControls = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, " ");
