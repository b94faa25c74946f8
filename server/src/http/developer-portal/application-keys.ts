import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { digestOf } from "#access/index.ts";
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
import { type OwnApplication, applicationChange, applicationLink, requireApplication } from "./application.ts";
import { type FormField, checkedFields } from "./form-fields.ts";
import { type DeveloperPage, addFormPage, showForm } from "./form-pages.ts";
import { showNotAllowed, showNotFound } from "./message-pages.ts";
import { type Portal, formatDate, redirectWithNotice } from "./page.ts";

/** Another key for an application that has one alone. */
export function addUserKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/user-key",
    show: requireApplication(portal, async (request, reply, { application, developer }) => {
      const { backendVersion, buyerKeyRegenerateEnabled } = application.product;
      if (backendVersion !== "1") return showNotFound(reply);
      if (!buyerKeyRegenerateEnabled) return showNotAllowed(portal, request, reply, developer);
      return showForm(portal, request, reply, {
        title: "Regenerate the key?",
        lead: "The old key is refused at once: programs that use it need the new one.",
        submit: "Regenerate key",
        isGrave: true,
        back: applicationLink(application),
        developer,
      });
    }),
    take: requireApplication(portal, async (request, reply, owned) => {
      const outcome = await regenerateUserKey(portal.pool, applicationChange(portal, request, owned));
      if (!outcome) return showNotFound(reply);
      if (!("notAllowed" in outcome))
        return redirectWithNotice(reply, `/applications/${owned.application.id}`, "key-regenerated");
      return outcome.notAllowed === "no user key"
        ? showNotFound(reply)
        : showNotAllowed(portal, request, reply, owned.developer);
    }),
  });
}

const keyField: FormField = {
  name: "value",
  label: "Key",
  type: "text",
  required: false,
  autocomplete: "off",
  length_max: 255,
  hint: "5 characters or more, without spaces. Leave it empty, and we make one that nobody can guess.",
};

/** The keys of an application whose product takes an id and keys, and a form for another. */
export function addKeysPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys",
    show: requireApplication(portal, (request, reply, owned) => showKeys(portal, request, reply, owned)),
    take: requireApplication(portal, async (request, reply, owned) => {
      if (owned.application.product.backendVersion === "1") return showNotFound(reply);
      const value = (readForm(request.body)["value"] ?? "").trim() || undefined;
      const added = await addApplicationKey(portal.pool, { ...applicationChange(portal, request, owned), value });
      if (!added) return showNotFound(reply);
      if ("notAllowed" in added) return showNotAllowed(portal, request, reply, owned.developer);
      return "refused" in added
        ? showKeys(portal, request, reply, { ...owned, errors: withOwnTexts(owned.application, added.refused) })
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
  const { product, keys, id, name } = application;
  if (product.backendVersion === "1") return showNotFound(reply);
  const fields = keyFields(application, readForm(request.body)["value"]);
  const words = keyTexts(application);
  const room = keysMax(product) - keys.length;
  const mayDelete = product.buyersManageKeys && (keys.length > 1 || !product.mandatoryAppKey);
  return portal.showPage(request, reply, {
    template: "keys",
    title: `${errors ? "Please check: " : ""}Keys of ${name}`,
    status: errors ? 422 : 200,
    developer,
    data: {
      application: { id, name },
      keys: keys.map(({ value, createdAt }) => ({
        name: keyName(value),
        value,
        since: formatDate(createdAt, request.provider.timeZone),
      })),
      words,
      room,
      may_add: product.buyersManageKeys && room > 0,
      is_full: product.buyersManageKeys && room <= 0 && !errors,
      may_manage: product.buyersManageKeys,
      may_delete: mayDelete,
      ...checkedFields(fields, errors),
    },
  });
}

/** The only error that is of no field: there is no room. The form is gone then, and with it what stands beside its field. */
const withOwnTexts = (application: Application, errors: FieldErrors): FieldErrors =>
  errors["base"] ? { base: [keyTexts(application).full] } : errors;

/** A product can keep its developers from making up keys. */
const keyFields = ({ product }: Application, value = ""): readonly FormField[] =>
  product.customKeysEnabled ? [{ ...keyField, value }] : [];

/** One key of an application, and whoever looks at it. */
interface OwnKey extends OwnApplication {
  readonly value: string;
}

type KeyPage = (request: FastifyRequest, reply: FastifyReply, owned: OwnKey) => Promise<FastifyReply>;

/** A page of one key of an application, where developers manage keys. */
const requireKey = (portal: Portal, page: KeyPage): DeveloperPage =>
  requireApplication(portal, async (request, reply, owned) => {
    const { product, keys } = owned.application;
    const { key: name } = readForm(request.params);
    const key = keys.find(({ value }) => keyName(value) === name);
    if (!key || product.backendVersion === "1") return showNotFound(reply);
    return product.buyersManageKeys
      ? page(request, reply, { ...owned, value: key.value })
      : showNotAllowed(portal, request, reply, owned.developer);
  });

export function addRegenerateKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/regenerate",
    show: requireKey(portal, (request, reply, { application, value, developer }) => {
      const words = keyTexts(application);
      return showForm(portal, request, reply, {
        title: `Regenerate the ${words.one}?`,
        code: value,
        lead: `A new one takes its place, and this one is refused at once: programs that use it for ${titleOf(application)} need the new one.`,
        submit: `Regenerate ${words.one}`,
        isGrave: true,
        back: { href: `/applications/${application.id}/keys`, text: words.all },
        developer,
      });
    }),
    take: requireKey(portal, async (request, reply, { value, ...owned }) => {
      const outcome = await regenerateApplicationKey(portal.pool, {
        ...applicationChange(portal, request, owned),
        value,
      });
      if (!outcome || "notFound" in outcome) return showNotFound(reply);
      return "notAllowed" in outcome
        ? showNotAllowed(portal, request, reply, owned.developer)
        : redirectWithNotice(reply, `/applications/${owned.application.id}/keys`, "key-regenerated");
    }),
  });
}

const lastKey = { base: ["this is the last key, and the application needs one: add another first"] };

export function addDeleteKeyPage(http: FastifyInstance, portal: Portal): void {
  addFormPage(http, portal, {
    path: "/applications/:id/keys/:key/delete",
    show: requireKey(portal, (request, reply, owned) => showDeleteKeyForm(portal, request, reply, owned)),
    take: requireKey(portal, async (request, reply, owned) => {
      const which = { ...applicationChange(portal, request, owned), value: owned.value };
      const removed = await removeApplicationKey(portal.pool, which);
      if (!removed || "notFound" in removed) return showNotFound(reply);
      if (!("notAllowed" in removed))
        return redirectWithNotice(reply, `/applications/${owned.application.id}/keys`, "key-deleted");
      return removed.notAllowed === "last key"
        ? showDeleteKeyForm(portal, request, reply, { ...owned, errors: lastKey })
        : showNotAllowed(portal, request, reply, owned.developer);
    }),
  });
}

function showDeleteKeyForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, value, developer, errors }: OwnKey & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const words = keyTexts(application);
  return showForm(portal, request, reply, {
    title: `Delete the ${words.one}?`,
    code: value,
    lead: `Programs that use it for ${titleOf(application)} are refused at once. This cannot be undone.`,
    submit: `Delete ${words.one}`,
    isGrave: true,
    back: { href: `/applications/${application.id}/keys`, text: words.all },
    developer,
    errors,
  });
}

interface KeyTexts {
  readonly one: string;
  readonly all: string;
  /** Why there cannot be another. */
  readonly full: string;
}

/** What the pages call a key: a client has one, and it is its secret. */
const keyTexts = ({ product }: Application): KeyTexts =>
  product.backendVersion === "oauth"
    ? { one: "client secret", all: "Client secret", full: "A client has one secret: regenerate it to get another." }
    : {
        one: "key",
        all: "Keys",
        full: `An application has ${keysMax(product)} keys at most: to add another, delete one first.`,
      };

const keyNameLength = 16;

/** How a path names a key. The key itself has no place in logs and in a browser's history. */
const keyName = (value: string): string => digestOf(value).toString("hex").slice(0, keyNameLength);
