import { binLimits, streamLimits } from "../server/src/platform/bin-and-stream-limits.ts";
import {
  attemptLimits,
  changeLimits,
  countLimits,
  developerLimits,
  diskLimits,
  jobLimits,
  requestLimits,
  textLimits,
} from "../server/src/platform/limits.ts";

const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`).join("\n");

const grouped = (number: number): string => number.toLocaleString("en");

function duration(seconds: number): string {
  if (seconds >= 24 * 3600) return "1 day";
  return seconds >= 3600 ? `${seconds / 3600} h` : `${seconds / 60} min`;
}

const amount = ({ max, perSecond }: { readonly max: number; readonly perSecond?: number }): string =>
  perSecond === undefined ? grouped(max) : `${grouped(max)} at once, then ${grouped(perSecond)} a second`;

const binSection = (): string => `## Request bins and event streams

Anybody who knows the address of a bin can send to it, and anybody with its view link can watch it. Every 429 and 503 has
\`Retry-After\`.

${table(
  ["limit", "of each", "default", ""],
  [...Object.values(binLimits), ...Object.values(streamLimits)].map((limit) => [
    `\`${limit.name}\``,
    limit.of,
    amount(limit),
    limit.note,
  ]),
)}`;

const developerSection = (): string => `## Developers

What visitors and developers of one provider may add in an hour through the Developer Portal, all together, so that no stranger fills
the disk. A sign-up or change beyond it is refused as a whole with 429 and \`Retry-After\`. The provider's programs and admins are
neither counted nor refused. Each process counts in its memory and shares its counts every 5 seconds, or after a 64th of a limit. So
each process may exceed a limit by a 64th, and by the changes that it is making at that moment.

${table(
  ["limit", "default", ""],
  Object.values(developerLimits).map(({ name, max, note }) => [`\`${name}\``, grouped(max), note]),
)}`;

/** Renders docs/reference/limits.md. */
export function limitsReference(): string {
  const sizes = [textLimits, requestLimits, jobLimits, diskLimits].flatMap((limits) => Object.values(limits));
  return `# Limits

No customer is expected to meet these. \`GET /api/v1/limits\` shows those of a provider, with what it uses.

## Counts

Checked in the transaction that adds one, for any number at once. Beyond it both APIs answer 422 (\`limit-reached\`) with a
sentence that says which limit, how many there are, and what to do.

${table(
  ["limit", "of each", "default"],
  Object.values(countLimits).map(({ name, of, max }) => [`\`${name}\``, of, grouped(max)]),
)}

## Changes

Changes of an account that raise events, and the bytes that these and the bodies of their deliveries take, in a minute. The
next change is refused with 429 (\`too-many-changes\`) and \`Retry-After\`. Suspending or deleting an account or a user, and
deleting a product, is never refused.

${table(
  ["limit", "default"],
  Object.values(changeLimits).map(({ name, max }) => [`\`${name}\``, grouped(max)]),
)}

${developerSection()}

The operator sets another number of these, of the changes and of the counts for one provider:
\`npm exec bellwire -- provider limit endpoints-per-provider 5000 --provider SUBDOMAIN\`.

## Texts and requests

Names have 255 characters at most. A text that is too long is refused with 422 beside its field, a body with 413, a request
that takes too long with 408.

${table(
  ["limit", "default", ""],
  sizes.map((limit) => [`\`${limit.name}\``, amount(limit), limit.note]),
)}

${binSection()}

## Attempts

Counted in the database for all processes, for each key on its own, and answered with 429 and \`Retry-After\`. A network is an
IPv4 address, or the /64, /56 and /48 of an IPv6 address with 1, 4 and 16 times as many.

${table(
  ["limit", "of each", "default", "why"],
  Object.values(attemptLimits).map(({ name, of, max, windowSeconds, note }) => [
    name,
    of,
    `${grouped(max)} in ${duration(windowSeconds)}`,
    note,
  ]),
)}
`;
}
