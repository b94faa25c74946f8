import { Problem } from "./problem.ts";

/** What a query or a URL-encoded form says, in its order. Refused, where its bytes are not UTF-8. */
export const readPairs = (text: string): (readonly [name: string, value: string])[] =>
  text
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name = "", ...value] = pair.split("=");
      return [decode(name), decode(value.join("="))] as const;
    });

/** A percent sign that stands for no byte is one, as the URL standard has it: programs forget to encode it. */
const bare = /%(?![\da-f]{2})/gi;

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll("+", " ").replaceAll(bare, "%25"));
  } catch (cause) {
    throw new Problem("request-unreadable", { cause });
  }
}
