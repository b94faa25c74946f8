import type { FastifyReply, FastifyRequest } from "fastify";
import { readForm } from "../../../shared/read-form.ts";
import type { DeveloperPage } from "../../for-developers.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { withApplication, type Owned } from "../with-application.ts";
import { nameOfKey } from "./name-of-key.ts";

/** One key of an application, and whoever looks at it. */
export interface OwnedKey extends Owned {
  readonly value: string;
}

type KeyPage = (request: FastifyRequest, reply: FastifyReply, owned: OwnedKey) => Promise<FastifyReply>;

/** A page of one key of an application, where developers manage keys. */
export const withKey = (portal: Portal, page: KeyPage): DeveloperPage =>
  withApplication(portal, async (request, reply, owned) => {
    const { product, keys } = owned.application;
    const { key: name } = readForm(request.params);
    const key = keys.find(({ value }) => nameOfKey(value) === name);
    if (!key || product.backendVersion === "1") return showNotFound(reply);
    return product.buyersManageKeys
      ? page(request, reply, { ...owned, value: key.value })
      : showNotAllowed(portal, request, reply, owned.developer);
  });
