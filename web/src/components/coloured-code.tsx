import { createElement, Fragment } from "react";

/** The tags of XML; the names of JSON's members. */
const marks = { xml: /(<[^>]+>)/, json: /("(?:[^"\\]|\\.)*"(?=:))/ } as const;

/** Text in two colours: the structure, and what it holds. */
export function ColouredCode({ text }: { text: string }) {
  const start = text.trimStart()[0];
  if (start !== "<" && start !== "{" && start !== "[") return text;
  const pieces = text.split(start === "<" ? marks.xml : marks.json);
  const isMark = (place: number): boolean => place % 2 === 1; // `split` puts what was matched between the rest
  return createElement(
    Fragment,
    undefined,
    ...pieces.map((piece, place) => (isMark(place) ? <span className="bellwire-mark">{piece}</span> : piece)),
  );
}
