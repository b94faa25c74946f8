import { value } from "#platform/document/document.ts";
import { writeXml } from "#platform/document/write-xml.ts";
import type { Failure } from "#webhooks/failures/index.ts";
import { indentEvent } from "./indent-event.ts";
import { writeJson } from "../answers/write-json.ts";

type ShownFailure = Pick<Failure, "eventId" | "failedAt" | "error" | "url" | "body">;

type Pages = AsyncIterable<readonly ShownFailure[]> | Iterable<readonly ShownFailure[]>;

/** The failure list as 3scale's XML, whose `<event>` alone is indented, a page at a time. */
export async function* failuresToXml(pages: Pages): AsyncGenerator<string, void> {
  yield '<?xml version="1.0" encoding="UTF-8"?><webhooks-failures>';
  for await (const page of pages) yield page.map(failureToXml).join("");
  yield "</webhooks-failures>";
}

function failureToXml(failure: ShownFailure): string {
  const { id, time, error, url, event } = shown(failure);
  const named = [value("id", id), value("time", time), value("error", error), value("url", url)].map(writeXml).join("");
  return `<webhooks-failure>${named}${isXml(event) ? indentEvent(event) : writeXml(value("event", event))}</webhooks-failure>`;
}

/** The same as JSON. */
export async function* failuresToJson(pages: Pages): AsyncGenerator<string, void> {
  yield '{"webhooks-failures":[';
  let before = "";
  for await (const page of pages) {
    if (page.length === 0) continue;
    yield before + page.map((failure) => writeJson({ "webhooks-failure": shown(failure) })).join(",");
    before = ",";
  }
  yield "]}";
}

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
