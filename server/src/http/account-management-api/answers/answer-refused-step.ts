import { record, value, type Node } from "#platform/document/document.ts";
import type { Json } from "#platform/document/write-json.ts";
import { writeIndentedXml } from "#platform/document/write-xml.ts";
import type { Answer } from "./send-answer.ts";
import { writeJson } from "./write-json.ts";

interface RefusedStep {
  readonly from: string;
  readonly step: string;
  /** What would have taken the step, as it is. */
  readonly object: { readonly xml: () => Node; readonly json: () => Json };
}

/** The refusal of a step that does not lead on from the state that something is in; it shows the thing itself. */
export function answerRefusedStep({ from, step, object }: RefusedStep): Answer {
  const says = `State cannot transition via "${step.replaceAll("_", " ")}"`;
  return {
    status: 422,
    xml: () =>
      writeIndentedXml(
        record("error", [value("from", from), value("event", step), value("error", says), object.xml()]),
      ),
    json: () => writeJson({ error: { from, event: step, error: says, object: object.json() } }),
  };
}
