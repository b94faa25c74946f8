import { type Attributes, type Node, record } from "#platform/document.ts";
import { renderXmlDocument, renderXmlParts } from "#platform/xml.ts";
import { renderJson } from "./responses.ts";

/*
 * Lists are read and rendered in parts, so that other requests of the process are served in between. A page of 500 objects with long
 * fields has up to 100 MB, which took seconds.
 */

/** Objects in memory, or objects that are read while they are rendered. */
export type Items<Item> = Iterable<Item> | AsyncIterable<Item>;

/** Represents items one at a time. */
export async function* each<Item, Represented>(
  items: Items<Item>,
  represent: (item: Item) => Represented,
): AsyncGenerator<Represented, void> {
  for await (const item of items) yield represent(item);
}

/** Renders a list as an XML document. Its items are represented one at a time. */
export async function* renderXmlList(
  name: string,
  items: Items<Node>,
  attributes?: Attributes,
): AsyncGenerator<string, void> {
  const end = `</${name}>`;
  yield renderXmlDocument(record(name, [], attributes)).slice(0, -end.length);
  for await (const item of items) yield* renderXmlParts(item);
  yield end;
}

/** Renders a list as the only property of a JSON object, except for the metadata of a page. */
export async function* renderJsonList(
  name: string,
  items: Items<unknown>,
  metadata?: object,
): AsyncGenerator<string, void> {
  yield `{${renderJson(name)}:[`;
  let separator = "";
  for await (const item of items) {
    yield separator + renderJson(item);
    separator = ",";
  }
  yield metadata ? `],"metadata":${renderJson(metadata)}}` : "]}";
}

/** Objects that are in memory at once, unless an account has more of them. */
const batchSize = 100;

/** Reads the objects of a page in batches, by their ids. Leaves out those that `read` does not find. */
export async function* readInBatches<Item>(
  ids: readonly number[],
  read: (ids: readonly number[]) => Promise<readonly Item[]>,
): AsyncGenerator<Item, void> {
  for (let start = 0; start < ids.length; start += batchSize) yield* await read(ids.slice(start, start + batchSize));
}
