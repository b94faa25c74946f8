import { diffLines } from "diff";

/** A request to compare: header values masked and the body indented as its viewer sees them. */
export interface ComparedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined for a body that is not text, or that the viewer does not see. */
  readonly body: string | undefined;
}

/** A line of a difference: in both requests, in the first only, or in the second only. */
export interface DiffLine {
  readonly change: "same" | "removed" | "added";
  readonly text: string;
}

export interface RequestDiff {
  /** Request line and headers, sorted by name. */
  readonly head: readonly DiffLine[];
  /** Null if a body is not text, or is hidden. */
  readonly body: readonly DiffLine[] | null;
  /** Tells bodies apart that are not text. */
  readonly isSameBody: boolean;
  /** The bodies differ in so many lines that all of them are shown as removed and added. */
  readonly isTooDifferent: boolean;
}

/** Bounds the work: the time grows with the product of the lines and their differences. */
const [editsMax, diffMsMax] = [4000, 100];

/** Unchanged lines around a change. Longer runs are folded. */
const contextLines = 3;

/** Returns the difference of two requests, line by line. */
export function compareRequests(first: ComparedRequest, second: ComparedRequest, isSameBody: boolean): RequestDiff {
  const body = first.body === undefined || second.body === undefined ? null : diffTexts(first.body, second.body);
  return {
    head: diffTexts(headText(first), headText(second)).lines,
    body: body && body.lines,
    isSameBody,
    isTooDifferent: body?.isTooDifferent ?? false,
  };
}

const headText = ({ method, path, query, headers }: ComparedRequest): string =>
  [
    `${method} ${path}${query === "" ? "" : `?${query}`}`,
    ...headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`).toSorted(),
  ].join("\n");

function diffTexts(first: string, second: string): { lines: readonly DiffLine[]; isTooDifferent: boolean } {
  const changes = diffLines(withLineEnd(first), withLineEnd(second), { maxEditLength: editsMax, timeout: diffMsMax });
  if (!changes) {
    return { lines: [...linesOf(first, "removed"), ...linesOf(second, "added")], isTooDifferent: true };
  }
  const lines = changes.flatMap(({ value, added, removed }) =>
    linesOf(value, added ? "added" : removed ? "removed" : "same"),
  );
  return { lines, isTooDifferent: false };
}

/** The last line of a text would differ from the same line in the middle of another. */
const withLineEnd = (text: string): string => (text === "" || text.endsWith("\n") ? text : `${text}\n`);

const linesOf = (text: string, change: DiffLine["change"]): readonly DiffLine[] =>
  text === ""
    ? []
    : withLineEnd(text)
        .slice(0, -1)
        .split("\n")
        .map((line) => ({ change, text: line }));

/** A run of lines, or the number of unchanged lines that are left out. */
export type DiffPart = DiffLine | { readonly folded: number };

/** Folds long runs of unchanged lines, for display. */
export function foldUnchanged(lines: readonly DiffLine[]): readonly DiffPart[] {
  const isNear = lines.map((_, at) =>
    lines.slice(Math.max(0, at - contextLines), at + contextLines + 1).some(({ change }) => change !== "same"),
  );
  const parts: DiffPart[] = [];
  let folded = 0;
  for (const [at, line] of lines.entries()) {
    if (!isNear[at]) {
      folded += 1;
      continue;
    }
    if (folded > 0) parts.push({ folded });
    folded = 0;
    parts.push(line);
  }
  return folded > 0 ? [...parts, { folded }] : parts;
}
