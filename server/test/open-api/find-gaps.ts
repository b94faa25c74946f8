import Schema from "typebox/schema";
import { fieldsOf, follow, operationsIn, type DocumentedOperation, type Fields } from "../support/open-api.ts";

/** Returns a sentence for each gap in an OpenAPI document. */
export const findGaps = (document: Fields): readonly string[] => [
  ...operationsIn(document).flatMap((each) => gapsOfOperation(document, each)),
  ...operationsIn(document, "webhooks").flatMap((each) => gapsOfContent(document, each, bodyOf(each))),
  ...namesTwice(document),
];

/** The errors that follow from an operation's input. Missing credentials are 401, and 403 in 3scale's API. */
function refusalsExpected({ path, operation }: DocumentedOperation): readonly string[] {
  const takes = operation["requestBody"] !== undefined;
  return ["403", ...(path.includes("{") ? ["404"] : []), ...(takes ? ["400", "413", "415", "422"] : [])];
}

function gapsOfOperation(document: Fields, documentedOperation: DocumentedOperation): readonly string[] {
  const { path, method, operation } = documentedOperation;
  const at = `${method} ${path}`;
  const missing = ["summary", "description", "operationId"].filter((name) => !operation[name]);
  const { tags, parameters = [], responses } = operation;
  const documented = fieldsOf(responses);
  return [
    ...missing.map((name) => `${at} has no ${name}`),
    ...(Array.isArray(tags) && tags.length > 0 ? [] : [`${at} has no tag`]),
    ...[parameters].flat().flatMap((each) => gapsOfParameter(document, at, follow(document, each))),
    ...refusalsExpected(documentedOperation)
      .filter((status) => !(status in documented))
      .map((status) => `${at} does not document ${status}`),
    ...gapsOfContent(document, documentedOperation, bodyOf(documentedOperation)),
    ...Object.entries(documented).flatMap(([status, response]) => {
      const { description, content } = follow(document, response);
      if (!description) return [`${at} does not describe ${status}`];
      return gapsOfContent(document, documentedOperation, content);
    }),
  ];
}

/** A parameter needs no example, but tools reject one that its schema does not allow. */
function gapsOfParameter(document: Fields, at: string, { name, description, schema, example }: Fields): string[] {
  if (!description) return [`${at}: ${String(name)} is not described`];
  if (example === undefined) return [];
  const compiled = Schema.Compile({ components: document["components"], ...fieldsOf(schema) });
  const errors = compiled.Check(example) ? undefined : describe(compiled.Errors(example));
  return errors === undefined
    ? []
    : [`${at}: ${String(name)} has an example that its schema does not allow: ${errors}`];
}

const bodyOf = ({ operation }: DocumentedOperation): unknown => fieldsOf(operation["requestBody"])["content"];

/** Requires an example that matches the schema in each media type. */
const gapsOfContent = (document: Fields, { path, method }: DocumentedOperation, content: unknown): readonly string[] =>
  Object.entries(fieldsOf(content)).flatMap(([type, media]) => {
    const { example, examples, schema } = fieldsOf(media);
    if (fieldsOf(schema)["format"] === "binary") return []; // JSON examples cannot contain bytes
    const exampleValues =
      example === undefined ? Object.values(fieldsOf(examples)).map((each) => fieldsOf(each)["value"]) : [example];
    if (exampleValues.length === 0) return [`${method} ${path} has no example in ${type}`];
    const compiled = Schema.Compile({ components: document["components"], ...fieldsOf(schema) });
    return exampleValues.flatMap((each) =>
      isText(type) || compiled.Check(each)
        ? []
        : [
            `${method} ${path} has an example in ${type} that its schema does not allow: ${describe(compiled.Errors(each))}`,
          ],
    );
  });

const isText = (type: string): boolean => type === "text/plain" || type === "text/event-stream";

const describe = ([, errors]: readonly [boolean, readonly { instancePath: string; message: string }[]]): string =>
  errors.map(({ instancePath, message }) => `${instancePath} ${message}`).join(", ");

function namesTwice(document: Fields): readonly string[] {
  const names = [...operationsIn(document), ...operationsIn(document, "webhooks")].map(({ operation }) =>
    String(operation["operationId"]),
  );
  return names.filter((name, at) => names.indexOf(name) !== at).map((name) => `${name} is the name of two operations`);
}
