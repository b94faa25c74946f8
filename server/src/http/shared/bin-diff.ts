import { indentJson } from "#platform/indent-json.ts";
import { indentXml } from "#platform/xml.ts";
import { type BinRequest, type RequestDiff, compareRequests } from "#request-bin/index.ts";

type Headers = BinRequest["headers"];

/** The parts of a request as its viewer may see them. */
export interface RequestMasking {
  readonly headers: (headers: Headers) => Headers;
  readonly query: (query: string) => string;
  /** Returns the body indented; undefined to hide it. */
  readonly body: (text: string) => string | undefined;
}

export const indentBody = (text: string): string => indentJson(text) ?? indentXml(text) ?? text;

/** Shows everything. */
export const unmasked: RequestMasking = { headers: (it) => it, query: (it) => it, body: indentBody };

/** Returns undefined for bytes that are not UTF-8. A truncated text may end within a character, which is left out. */
export function textOfBody(body: Buffer, isTruncated: boolean): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body, { stream: isTruncated });
  } catch {
    return undefined;
  }
}

/** Compares two requests of a bin: the head, and the shown part of the bodies with indentation. */
export function diffBinRequests(first: BinRequest, second: BinRequest, masking: RequestMasking): RequestDiff {
  const isSameBody = first.bodyBytes === second.bodyBytes && first.body.equals(second.body);
  const seen = ({ method, path, query, headers, body, bodyBytes }: BinRequest) => {
    const text = textOfBody(body, body.length < bodyBytes);
    return {
      method,
      path,
      query: masking.query(query),
      headers: masking.headers(headers),
      body: text === undefined ? undefined : masking.body(text),
    };
  };
  return compareRequests(seen(first), seen(second), isSameBody);
}
