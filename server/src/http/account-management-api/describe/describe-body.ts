import type { Operation } from "../operation.ts";

const mediaTypes = ["application/x-www-form-urlencoded", "multipart/form-data", "application/json"] as const;

/** What an operation is sent: in each media type the same schema, whose example is shown. */
export function describeBody({ title, body, wrapper }: Operation): object | undefined {
  if (!body) return undefined;
  const { examples, ...schema }: { examples?: unknown; title: string } = { ...body, title: nameOf(title) };
  const example: unknown = Array.isArray(examples) ? examples[0] : undefined;
  const content = Object.fromEntries(mediaTypes.map((type) => [type, { schema, example }]));
  return { required: true, ...(wrapper === undefined ? {} : { description: inWrapper(wrapper) }), content };
}

/** "Account Update" sends an AccountUpdateRequest. */
const nameOf = (title: string): string =>
  `${title.replaceAll(/[^A-Za-z]+(.?)/g, (_between, first: string) => first.toUpperCase())}Request`;

const inWrapper = (wrapper: string): string =>
  `The fields may also stand below \`${wrapper}\`: as an object in JSON, as \`${wrapper}[…]\` in a form.`;
