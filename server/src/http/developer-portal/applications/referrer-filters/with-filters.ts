import type { DeveloperPage } from "../../for-developers.ts";
import { showNotAllowed } from "../../show-not-allowed.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { withApplication } from "../with-application.ts";

/** A page of an application whose product asks where calls come from. */
export const withFilters = (portal: Portal, page: Parameters<typeof withApplication>[1]): DeveloperPage =>
  withApplication(portal, async (request, reply, owned) => {
    const { referrerFiltersRequired, buyersManageApps } = owned.application.product;
    if (!referrerFiltersRequired) return showNotFound(reply);
    return buyersManageApps ? page(request, reply, owned) : showNotAllowed(portal, request, reply, owned.developer);
  });
