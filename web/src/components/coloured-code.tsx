/** The tags of XML; the names of JSON's members. */
const marks = { xml: /(<[^>]+>)/, json: /("(?:[^"\\]|\\.)*"(?=:))/ } as const;

/** Text in two colours: the structure, and what it holds. */
export function ColouredCode({ text }: { text: string }) {
  const start = text.trimStart()[0];
  if (start !== "<" && start !== "{" && start !== "[") return text;
  // `split` puts what was matched between the rest: every second piece is a mark.
  return text.split(start === "<" ? marks.xml : marks.json).map((piece, place) => {
    if (place % 2 === 0) return piece;
    const key = `mark ${place}`; // pieces never move
    return (
      <span key={key} className="bellwire-mark">
        {piece}
      </span>
    );
  });
}
