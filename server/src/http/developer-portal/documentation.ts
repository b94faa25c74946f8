import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { escapeHtml, sendApiReference, specificationOrigins } from "#http/shared/api-reference.ts";
import { readForm } from "#http/shared/forms.ts";
import { isRecord } from "#platform/document.ts";
import { nameInText } from "#platform/visible-text.ts";
import { type Application, listApplications } from "#portal/applications/index.ts";
import {
  type ApiSpecification,
  isInteractive,
  type ListedSpecification,
  listPublishedSpecifications,
  parseSpecification,
  readPublishedSpecification,
} from "#portal/products/index.ts";
import { type DeveloperVisit, findDeveloper, listPage, type Portal, showNotFound } from "./page.ts";

/** Adds the pages of the API specifications that the provider has published, for visitors, too. */
export function addDocumentationPages(http: FastifyInstance, portal: Portal): void {
  http.get("/docs", async (request, reply) => showList(portal, request, reply));
  // The name of a specification may have slashes.
  http.get("/docs/*", async (request, reply) => showSpecification(portal, request, reply));
  // As in 3scale: for programs that read the specification.
  http.get("/swagger/spec/*", async (request, reply) => {
    const name = wildcard(request).replace(/\.json$/, "");
    const specification = await readPublishedSpecification(portal.pool, request.provider.id, name);
    if (!specification) return showNotFound(reply);
    return reply.type("application/json; charset=utf-8").send(specification.body);
  });
}

const wildcard = ({ params }: FastifyRequest): string => readForm(params)["*"] ?? "";

const encodePath = (name: string): string => name.split("/").map(encodeURIComponent).join("/");

const textOf = ({ name, description }: ListedSpecification): string => `${name} ${description ?? ""}`;

async function showList(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const [developer, published] = await Promise.all([
    findDeveloper(portal, request),
    listPublishedSpecifications(portal.pool, request.provider.id),
  ]);
  const { title, rows, ...list } = listPage(request, "API documentation", published, textOf);
  return portal.showPage(request, reply, {
    template: "documentation",
    title,
    developer,
    data: {
      ...list,
      specifications: rows.map((specification) => ({
        name: specification.name,
        description: specification.description,
        url: isInteractive(specification) && `/docs/${encodePath(specification.systemName)}`,
        json: `/swagger/spec/${encodePath(specification.systemName)}.json`,
      })),
    },
  });
}

async function showSpecification(portal: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const specification = await readPublishedSpecification(portal.pool, request.provider.id, wildcard(request));
  if (!specification || !isInteractive(specification)) return showNotFound(reply);
  const { name, systemName, body } = specification;
  const developer = await findDeveloper(portal, request);
  return sendApiReference(reply, {
    title: `${nameInText(name)} | ${nameInText(request.provider.name)}`,
    bar: `<a href="/docs">API documentation</a>${developer || !body.includes(keyName) ? "" : howToGetKeys(request)}`,
    withoutScripts: `This page needs JavaScript. It shows <a href="/swagger/spec/${escapeHtml(encodePath(systemName))}.json">this specification</a>.`,
    document: developer ? await withOwnKeys({ portal, request, reply, developer }, specification) : body,
    files: portal.apiReference,
    origins: specificationOrigins(portal, request, body),
  });
}

/** Shown to visitors of a specification that asks for keys. */
const howToGetKeys = ({ provider, url }: FastifyRequest): string => `
      <span><a href="/login?${new URLSearchParams({ return_to: url.split("?", 1)[0] ?? "" }).toString()}">Log in</a>${
        provider.signupsEnabled ? ` or <a href="/signup">sign up</a>` : ""
      }, and the key of your application is filled in.</span>`;

/** 3scale's names for parameters that a reader fills in with values of an own application. */
const valuesByName: Readonly<Record<string, (application: Application) => string | null | undefined>> = {
  user_keys: ({ product, userKey }) => (hasUserKey(product) ? userKey : undefined),
  app_ids: ({ product, applicationId }) => (hasUserKey(product) ? undefined : applicationId),
  client_ids: ({ product, applicationId }) => (hasUserKey(product) ? undefined : applicationId),
  app_keys: ({ product, keys }) => (hasUserKey(product) ? undefined : keys[0]?.value),
  client_secrets: ({ product, keys }) => (hasUserKey(product) ? undefined : keys[0]?.value),
};

const hasUserKey = ({ backendVersion }: Application["product"]): boolean => backendVersion === "1";

/** 3scale offers as many. */
const applicationsMax = 5;

/** A page of 24,000 parameters with five examples each had 20 MB, and took 0.3 s for each reader. */
const examplesMax = 15_000;

/** Adds the values of the reader's newest applications as examples to the parameters that ask for them. The page is not cached. */
async function withOwnKeys(
  { portal: { pool }, request, developer }: DeveloperVisit,
  { body, productId }: ApiSpecification,
): Promise<string> {
  if (!body.includes(keyName)) return body;
  const document = parseSpecification(body);
  const all = await listApplications(pool, request.provider.id, developer.account.id);
  const own = all.filter(({ product, state }) => state === "live" && (productId === null || product.id === productId));
  const parameters = parametersIn(document);
  const shown = Math.max(1, Math.min(applicationsMax, Math.floor(examplesMax / parameters.length)));
  const newest = own.toReversed().slice(0, shown);
  for (const parameter of parameters) {
    const name = parameter[keyName];
    // A document may have any name, such as that of a method that all objects have, and no text at all.
    const valueOf = typeof name === "string" && Object.hasOwn(valuesByName, name) ? valuesByName[name] : undefined;
    const examples = newest.flatMap((application, at) => {
      const value = valueOf?.(application);
      // Scalar fills in the example "default" only, and lists all of them at the parameter.
      const key = at === 0 ? "default" : `application ${at + 1}`;
      return value ? [[key, { summary: application.name ?? "Application", value }] as const] : [];
    });
    if (examples.length > 0) Object.assign(parameter, { example: undefined, examples: Object.fromEntries(examples) });
  }
  try {
    return JSON.stringify(document);
  } catch {
    return body; // it is nested too deeply to be written again
  }
}

const keyName = "x-data-threescale-name";

/** Returns the parameters of all paths and operations, and those that they refer to. */
function parametersIn(document: unknown): readonly Record<string, unknown>[] {
  if (!isRecord(document)) return [];
  const { paths, components, parameters } = document;
  const items = recordsIn(paths);
  const shared = [...recordsIn(isRecord(components) ? components["parameters"] : undefined), ...recordsIn(parameters)];
  const listed = [...items, ...items.flatMap(recordsIn)].flatMap((each) => recordsIn(each["parameters"]));
  return [...shared, ...listed].filter((parameter) => Object.hasOwn(parameter, keyName));
}

const recordsIn = (value: unknown): Record<string, unknown>[] =>
  typeof value === "object" && value !== null ? Object.values(value).filter(isRecord) : [];
