import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { bufferStream } from "./responses.ts";

const megabyte = "x".repeat(1_000_000);

/** Returns a stream of chunks, and counts how many it produced. */
function making(pieces: readonly string[]) {
  const rendered = { count: 0 };
  async function* make(): AsyncGenerator<string, void> {
    for (const piece of pieces) {
      rendered.count += 1;
      yield piece;
    }
  }
  return { made: rendered, pieces: make() };
}

test("a stream of up to one megabyte is returned as one string", async () => {
  expect(await bufferStream(making([]).pieces)).toBe("");
  expect(await bufferStream(making(["<list>", "<one/>", "</list>"]).pieces)).toBe("<list><one/></list>");
  expect(await bufferStream(making([megabyte]).pieces)).toBe(megabyte);
});

test("a longer stream is returned completely, in order and with backpressure", async () => {
  const { made: rendered, pieces } = making(["a", megabyte, "b", "c"]);
  const gathered = await bufferStream(pieces);
  if (typeof gathered === "string") throw new Error("It is one text.");
  expect(rendered.count).toBe(2);
  const taken: string[] = [];
  for await (const piece of gathered) {
    taken.push(piece);
    expect(rendered.count).toBe(taken.length + 1);
  }
  expect(taken).toEqual([`a${megabyte}`, "b", "c"]);
});

test("a failing stream rejects", async () => {
  async function* breaking(): AsyncGenerator<string, void> {
    yield `${megabyte}!`;
    throw new Error("the database is gone");
  }
  const gathered = await bufferStream(breaking());
  if (typeof gathered === "string") throw new Error("It is one text.");
  await expect(text(gathered)).rejects.toThrow("the database is gone");
});
