import { readFile } from "node:fs/promises";

/** A check of schemathesis that failed, with the response. */
export interface Finding {
  /** Schemathesis's code of the check; see `schemathesis explain ST202`. */
  readonly check: string;
  /** Method and path as in the document: "POST /api/v1/bins". */
  readonly operation: string;
  /** 0 without a response. */
  readonly status: number;
  readonly message: string;
  /** The path, query and body. */
  readonly request: string;
  readonly answer: string;
}

/** Reads an NDJSON report of schemathesis. Returns its findings and the number of requests. */
export async function readFindings(report: string): Promise<{ findings: Finding[]; requests: number }> {
  const events = (await readFile(report, "utf8"))
    .split("\n")
    .filter((line) => line !== "")
    .map((line): unknown => JSON.parse(line));
  const recorders = events
    .map((event) => at(event, "ScenarioFinished", "recorder"))
    .filter((value) => value !== undefined);
  const findings = recorders.flatMap(findingsOf);
  const errors = events.map((event) => at(event, "NonFatalError") ?? at(event, "FatalError"));
  const broken = errors.filter((error) => error !== undefined).map(brokenRun);
  const requests = recorders.reduce<number>((sum, value) => sum + entriesOf(at(value, "interactions")).length, 0);
  return { findings: [...findings, ...broken], requests };
}

const findingsOf = (recorder: unknown): Finding[] =>
  entriesOf(at(recorder, "checks")).flatMap(([id, checks]) => {
    const request = at(recorder, "interactions", id, "request");
    const response = at(recorder, "interactions", id, "response");
    return Object.values(Array.isArray(checks) ? checks : []).flatMap((check): Finding[] => {
      const failure = at(check, "failure_info", "failure");
      if (at(check, "status") !== "failure") return [];
      return [
        {
          check: textOf(at(failure, "code") ?? at(check, "name")),
          operation: textOf(at(failure, "operation") ?? at(recorder, "label")),
          status: Number(at(response, "status_code") ?? 0),
          message: textOf(at(failure, "message") ?? at(failure, "title")),
          request: `${textOf(at(request, "uri"))}\n${bytesOf(at(request, "body"))}`,
          answer: bytesOf(at(response, "content")),
        },
      ];
    });
  });

/** An operation that schemathesis could not test counts as a finding. */
const brokenRun = (error: unknown): Finding => ({
  check: "run failed",
  operation: textOf(at(error, "label")),
  status: 0,
  message: JSON.stringify(error).slice(0, 500),
  request: "",
  answer: "",
});

const entriesOf = (value: unknown): [string, unknown][] =>
  typeof value === "object" && value !== null ? Object.entries(value) : [];

/** Reports encode bodies in Base64. */
const bytesOf = (value: unknown): string => Buffer.from(textOf(at(value, "$base64")), "base64").toString();

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const at = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>((within, name) => new Map(entriesOf(within)).get(name), value);
