/** Characters: what is not longer is sent whole, and so with a tag. */
const wholeMax = 1_000_000;

/** Pieces as one text, unless it is too long: then as pieces, of which none is made before the one before it is taken. */
export async function gatherPieces(pieces: AsyncIterable<string>): Promise<string | AsyncIterable<string>> {
  const iterator = pieces[Symbol.asyncIterator]();
  let gathered = "";
  while (gathered.length <= wholeMax) {
    const next = await iterator.next();
    if (next.done) return gathered;
    gathered += next.value;
  }
  return goOn(gathered, iterator);
}

async function* goOn(gathered: string, rest: AsyncIterator<string>): AsyncGenerator<string, void> {
  yield gathered;
  yield* { [Symbol.asyncIterator]: () => rest };
}
