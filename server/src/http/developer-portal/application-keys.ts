import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
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
import { nameInText } from "#platform/xml.ts";
import { type OwnApplication, applicationChange, applicationLink, requireApplication } from "./application.ts";
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
    show: requireApplication(portal, async (request, reply, { application, developer }) => {
      const { backendVersion, buyerKeyRegenerateEnabled } = application.product;
      if (backendVersion !== "1") return showNotFound(reply);
      if (!buyerKeyRegenerateEnabled) return showNotAllowed(portal, request, reply, developer);
      return showForm(portal, request, reply, {
        title: "Regenerate the key?",
        lead: "The old key stops working immediately. Programs that use it need the new key.",
        submit: "Regenerate key",
        isDestructive: true,
        back: applicationLink(application),
        developer,
      });
    }),
    submit: requireApplication(portal, async (request, reply, own) => {
      const outcome = await regenerateUserKey(portal.pool, applicationChange(portal, request, own));
      if (!outcome) return showNotFound(reply);
      if (!("notAllowed" in outcome))
        return redirectWithNotice(reply, `/applications/${own.application.id}`, "key-regenerated");
      return outcome.notAllowed === "no user key"
        ? showNotFound(reply)
        : showNotAllowed(portal, request, reply, own.developer);
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
    show: requireApplication(portal, (request, reply, own) => showKeys(portal, request, reply, own)),
    submit: requireApplication(portal, async (request, reply, own) => {
      if (own.application.product.backendVersion === "1") return showNotFound(reply);
      const value = (readForm(request.body)["value"] ?? "").trim() || undefined;
      const change = applicationChange(portal, request, own);
      const sameAfterMs = earliestSubmissionMs(request, change.by.now);
      const added = await addApplicationKey(portal.pool, { ...change, value, sameAfterMs });
      if (!added) return showNotFound(reply);
      if ("notAllowed" in added) return showNotAllowed(portal, request, reply, own.developer);
      return "refused" in added
        ? showKeys(portal, request, reply, { ...own, errors: withOwnTexts(own.application, added.refused) })
        : redirectWithNotice(reply, `/applications/${added.application.id}/keys`, "key-added");
    }),
  });
}

async function showKeys(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: OwnApplication & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
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

/** A key of an application, and the developer who opened the page. */
interface OwnKey extends OwnApplication {
  readonly value: string;
}

type KeyPage = (request: FastifyRequest, reply: FastifyReply, own: OwnKey) => Promise<FastifyReply>;

/** Loads a key from the path, if developers may manage keys. */
const requireKey = (portal: Portal, page: KeyPage): DeveloperPage =>
  requireApplication(portal, async (request, reply, own) => {
    const { product, keys } = own.application;
    const { key: name } = readForm(request.params);
    const key = keys.find(({ value }) => keyName(value) === name);
    if (!key || product.backendVersion === "1") return showNotFound(reply);
    return product.buyersManageKeys
      ? page(request, reply, { ...own, value: key.value })
      : showNotAllowed(portal, request, reply, own.developer);
  });

function addRegenerateKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/regenerate",
    show: requireKey(portal, (request, reply, { application, value, developer }) => {
      const texts = keyTexts(application);
      return showForm(portal, request, reply, {
        title: `Regenerate the ${texts.singular}?`,
        code: value,
        lead: `It stops working immediately. Programs that use it for ${titleOf(application)} need the new one.`,
        submit: `Regenerate ${texts.singular}`,
        isDestructive: true,
        back: { href: `/applications/${application.id}/keys`, text: texts.heading },
        developer,
      });
    }),
    submit: requireKey(portal, async (request, reply, { value, ...own }) => {
      const outcome = await regenerateApplicationKey(portal.pool, {
        ...applicationChange(portal, request, own),
        value,
      });
      if (!outcome || "notFound" in outcome) return showNotFound(reply);
      return "notAllowed" in outcome
        ? showNotAllowed(portal, request, reply, own.developer)
        : redirectWithNotice(reply, `/applications/${own.application.id}/keys`, "key-regenerated");
    }),
  });
}

const lastKey = { base: ["an application needs at least one key: add another key before deleting this one"] };

function addDeleteKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/delete",
    show: requireKey(portal, (request, reply, own) => showDeleteKeyForm(portal, request, reply, own)),
    submit: requireKey(portal, async (request, reply, own) => {
      const target = { ...applicationChange(portal, request, own), value: own.value };
      const removed = await removeApplicationKey(portal.pool, target);
      if (!removed || "notFound" in removed) return showNotFound(reply);
      if (!("notAllowed" in removed))
        return redirectWithNotice(reply, `/applications/${own.application.id}/keys`, "key-deleted");
      return removed.notAllowed === "last key"
        ? showDeleteKeyForm(portal, request, reply, { ...own, errors: lastKey })
        : showNotAllowed(portal, request, reply, own.developer);
    }),
  });
}

function showDeleteKeyForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, value, developer, errors }: OwnKey & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const texts = keyTexts(application);
  return showForm(portal, request, reply, {
    title: `Delete the ${texts.singular}?`,
    code: value,
    lead: `The API will reject calls of ${titleOf(application)} with it. This cannot be undone.`,
    submit: `Delete ${texts.singular}`,
    isDestructive: true,
    back: { href: `/applications/${application.id}/keys`, text: texts.heading },
    developer,
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
