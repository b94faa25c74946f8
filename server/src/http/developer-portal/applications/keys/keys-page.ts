import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { addApplicationKey, keysMax, type Application } from "#portal/applications/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import { readForm } from "../../../shared/read-form.ts";
import { addFormPage } from "../../forms/add-form-page.ts";
import { judged, type FormField } from "../../forms/form-field.ts";
import { goOnTo } from "../../go-on-to.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { writeDate } from "../../write-date.ts";
import { changeOf, withApplication, type Owned } from "../with-application.ts";
import { nameOfKey } from "./name-of-key.ts";
import { wordsForKeys } from "./words-for-keys.ts";

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
    show: withApplication(portal, (request, reply, owned) => showKeys(portal, request, reply, owned)),
    take: withApplication(portal, async (request, reply, owned) => {
      if (owned.application.product.backendVersion === "1") return showNotFound(reply);
      const value = (readForm(request.body)["value"] ?? "").trim() || undefined;
      const added = await addApplicationKey(portal.pool, { ...changeOf(portal, request, owned), value });
      if (!added) return showNotFound(reply);
      if ("notAllowed" in added) return showNotAllowed(portal, request, reply, owned.developer);
      return "refused" in added
        ? showKeys(portal, request, reply, { ...owned, errors: inOurWords(owned.application, added.refused) })
        : goOnTo(reply, `/applications/${added.application.id}/keys`, "key-added");
    }),
  });
}

async function showKeys(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  { application, developer, errors }: Owned & { readonly errors?: FieldErrors },
): Promise<FastifyReply> {
  const { product, keys, id, name } = application;
  if (product.backendVersion === "1") return showNotFound(reply);
  const fields = fieldsOf(application, readForm(request.body)["value"]);
  const words = wordsForKeys(application);
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
        name: nameOfKey(value),
        value,
        since: writeDate(createdAt, request.provider.timeZone),
      })),
      words,
      room,
      may_add: product.buyersManageKeys && room > 0,
      is_full: product.buyersManageKeys && room <= 0 && !errors,
      may_manage: product.buyersManageKeys,
      may_delete: mayDelete,
      ...judged(fields, errors),
    },
  });
}

/** The only error that is of no field: there is no room. The form is gone then, and with it what stands beside its field. */
const inOurWords = (application: Application, errors: FieldErrors): FieldErrors =>
  errors["base"] ? { base: [wordsForKeys(application).full] } : errors;

/** A product can keep its developers from making up keys. */
const fieldsOf = ({ product }: Application, value = ""): readonly FormField[] =>
  product.customKeysEnabled ? [{ ...keyField, value }] : [];
