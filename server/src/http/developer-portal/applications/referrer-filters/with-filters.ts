import type { DeveloperPage } from "../../for-developers.ts";
import { showNotFound } from "../../show-not-found.ts";
import type { Portal } from "../../show-page.ts";
import { withApplication } from "../with-application.ts";

/**
 * A page of an application whose product asks where calls come from. As in 3scale, also where its developers may not
 * manage their applications: without a filter, no call of theirs is answered.
 */
export const withFilters = (portal: Portal, page: Parameters<typeof withApplication>[1]): DeveloperPage =>
  withApplication(portal, async (request, reply, owned) =>
    owned.application.product.referrerFiltersRequired ? page(request, reply, owned) : showNotFound(reply),
  );
