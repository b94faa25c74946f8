import { cloudEventAttributes } from "#webhooks/events/index.ts";

type Facts = Parameters<typeof cloudEventAttributes>[0];

/** The attributes of a CloudEvent in binary mode, as headers. */
export const cloudEventHeaders = (facts: Facts): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(cloudEventAttributes(facts)).map(([name, it]) => [`ce-${name}`, percentEncoded(String(it))]),
  );

/** What is no visible ASCII character, a quote or a percent sign, as the HTTP binding of CloudEvents writes them (§3.1.3.2). */
export const percentEncoded = (text: string): string =>
  text
    .toWellFormed()
    .replaceAll(/[^\x21-\x7e]|["%]/gu, (character) =>
      Array.from(Buffer.from(character), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join(""),
    );
