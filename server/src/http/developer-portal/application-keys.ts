import type { FastifyInstance, FastifyReply } from "fastify";
import { readForm } from "#http/shared/forms.ts";
import {
  type Application,
  addApplicationKey,
  keysMax,
  regenerateApplicationKey,
  regenerateUserKey,
  removeApplicationKey,
  titleOf,
} from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { secretDigest } from "#platform/ids.ts";
import { nameInText } from "#platform/visible-text.ts";
import { type ApplicationVisit, applicationChange, applicationLink, requireApplication } from "./application.ts";
import { type FormField, checkedFields, addFormPage, earliestSubmissionMs, showForm } from "./forms.ts";
import {
  type DeveloperPage,
  formatDate,
  type Portal,
  redirectWithNotice,
  showNotAllowed,
  showNotFound,
} from "./page.ts";

/** Adds the pages of an application's user key, or of its keys. */
export function addKeyPages(http: FastifyInstance, portal: Portal): void {
  addUserKeyPage(http, portal);
  addKeysPage(http, portal);
  addRegenerateKeyPage(http, portal);
  addDeleteKeyPage(http, portal);
}

/** Adds the form that regenerates a user key, the only key of its application. */
function addUserKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/user-key",
    show: requireApplication(async (visit) => {
      const { backendVersion, buyerKeyRegenerateEnabled } = visit.application.product;
      if (backendVersion !== "1") return showNotFound(visit.reply);
      if (!buyerKeyRegenerateEnabled) return showNotAllowed(visit);
      return showForm(visit, {
        title: "Regenerate the key?",
        lead: "The old key stops working immediately. Programs that use it need the new key.",
        submit: "Regenerate key",
        isDestructive: true,
        back: applicationLink(visit.application),
      });
    }),
    submit: requireApplication(async (visit) => {
      const { reply, application } = visit;
      const outcome = await regenerateUserKey(portal.pool, applicationChange(visit));
      if (!outcome) return showNotFound(reply);
      if (!("notAllowed" in outcome))
        return redirectWithNotice(reply, `/applications/${application.id}`, "key-regenerated");
      return outcome.notAllowed === "no user key" ? showNotFound(reply) : showNotAllowed(visit);
    }),
  });
}

const keyField: FormField = {
  name: "value",
  label: "Key",
  type: "text",
  required: false,
  autocomplete: "off",
  hint: "5 characters or more, without spaces. Leave it empty to generate a random key.",
};

/** Adds the list of an application's keys, with the form for a new one. */
function addKeysPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys",
    show: requireApplication(showKeys),
    submit: requireApplication(async (visit) => {
      const { request, reply, application } = visit;
      if (application.product.backendVersion === "1") return showNotFound(reply);
      const value = (readForm(request.body)["value"] ?? "").trim() || undefined;
      const change = applicationChange(visit);
      const sameAfterMs = earliestSubmissionMs(request, change.by.now);
      const added = await addApplicationKey(portal.pool, { ...change, value, sameAfterMs });
      if (!added) return showNotFound(reply);
      if ("notAllowed" in added) return showNotAllowed(visit);
      return "refused" in added
        ? showKeys(visit, withOwnTexts(application, added.refused))
        : redirectWithNotice(reply, keysPath(application), "key-added");
    }),
  });
}

const keysPath = ({ id }: Application): string => `/applications/${id}/keys`;

async function showKeys(visit: ApplicationVisit, errors?: FieldErrors): Promise<FastifyReply> {
  const { portal, request, reply, developer, application } = visit;
  const { product, keys, id } = application;
  const name = titleOf(application);
  if (product.backendVersion === "1") return showNotFound(reply);
  const fields = keyFields(application, readForm(request.body)["value"]);
  const texts = keyTexts(application);
  const remaining = keysMax(product) - keys.length;
  const mayDelete = product.buyersManageKeys && (keys.length > 1 || !product.mandatoryAppKey);
  return portal.showPage(request, reply, {
    template: "keys",
    title: `${errors ? "Please check: " : ""}Keys of ${nameInText(name)}`,
    status: errors ? 422 : 200,
    developer,
    data: {
      application: { id, name },
      keys: keys.map(({ value, createdAt }) => ({
        name: keyName(value),
        value,
        since: formatDate(createdAt, request.provider.timeZone),
      })),
      texts,
      remaining,
      may_add: product.buyersManageKeys && remaining > 0,
      is_full: product.buyersManageKeys && remaining <= 0 && !errors,
      may_manage: product.buyersManageKeys,
      may_delete: mayDelete,
      ...checkedFields(fields, errors),
    },
  });
}

/** Replaces the error that the limit is reached. The form is hidden then, so field errors are dropped. */
const withOwnTexts = (application: Application, errors: FieldErrors): FieldErrors =>
  errors["base"] ? { base: [keyTexts(application).limit_reached] } : errors;

/** Returns the field for a custom key, if the product allows custom keys. */
const keyFields = ({ product }: Application, value = ""): readonly FormField[] =>
  product.customKeysEnabled ? [{ ...keyField, value }] : [];

/** A visit of a page of one of the application's keys. */
interface KeyVisit extends ApplicationVisit {
  readonly value: string;
}

/** Loads a key from the path, if developers may manage keys. */
const requireKey = (page: (visit: KeyVisit) => Promise<FastifyReply>): DeveloperPage =>
  requireApplication(async (visit) => {
    const { product, keys } = visit.application;
    const { key: name } = readForm(visit.request.params);
    const key = keys.find(({ value }) => keyName(value) === name);
    if (!key || product.backendVersion === "1") return showNotFound(visit.reply);
    return product.buyersManageKeys ? page({ ...visit, value: key.value }) : showNotAllowed(visit);
  });

function addRegenerateKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/regenerate",
    show: requireKey((visit) => {
      const { application, value } = visit;
      const texts = keyTexts(application);
      return showForm(visit, {
        title: `Regenerate the ${texts.singular}?`,
        code: value,
        lead: `It stops working immediately. Programs that use it for ${nameInText(titleOf(application))} need the new one.`,
        submit: `Regenerate ${texts.singular}`,
        isDestructive: true,
        back: { href: keysPath(application), text: texts.heading },
      });
    }),
    submit: requireKey(async (visit) => {
      const { reply, application, value } = visit;
      const outcome = await regenerateApplicationKey(portal.pool, { ...applicationChange(visit), value });
      if (!outcome || "notFound" in outcome) return showNotFound(reply);
      return "notAllowed" in outcome
        ? showNotAllowed(visit)
        : redirectWithNotice(reply, keysPath(application), "key-regenerated");
    }),
  });
}

const lastKey = { base: ["an application needs at least one key: add another key before deleting this one"] };

function addDeleteKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/delete",
    show: requireKey(showDeleteKeyForm),
    submit: requireKey(async (visit) => {
      const { reply, application, value } = visit;
      const removed = await removeApplicationKey(portal.pool, { ...applicationChange(visit), value });
      if (!removed || "notFound" in removed) return showNotFound(reply);
      if (!("notAllowed" in removed)) return redirectWithNotice(reply, keysPath(application), "key-deleted");
      return removed.notAllowed === "last key" ? showDeleteKeyForm(visit, lastKey) : showNotAllowed(visit);
    }),
  });
}

function showDeleteKeyForm(visit: KeyVisit, errors?: FieldErrors): Promise<FastifyReply> {
  const { application, value } = visit;
  const texts = keyTexts(application);
  return showForm(visit, {
    title: `Delete the ${texts.singular}?`,
    code: value,
    lead: `The API will reject calls of ${nameInText(titleOf(application))} with it. This cannot be undone.`,
    submit: `Delete ${texts.singular}`,
    isDestructive: true,
    back: { href: keysPath(application), text: texts.heading },
    errors,
  });
}

interface KeyTexts {
  readonly singular: string;
  readonly heading: string;
  readonly limit_reached: string;
}

/** Returns the texts for keys. An OpenID Connect client has a single key, its secret. */
const keyTexts = ({ product }: Application): KeyTexts =>
  product.backendVersion === "oauth"
    ? {
        singular: "client secret",
        heading: "Client secret",
        limit_reached: "A client has one secret. Regenerate it to replace it.",
      }
    : {
        singular: "key",
        heading: "Keys",
        limit_reached: `An application can have ${keysMax(product)} keys. Delete one to add another.`,
      };

const keyNameLength = 16;

/** Returns a key's name in paths: the key itself must not appear in logs or in a browser's history. */
const keyName = (value: string): string => secretDigest(value).toString("hex").slice(0, keyNameLength);
