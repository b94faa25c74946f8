import type { Application } from "#portal/applications/index.ts";
import type { OtherPlans } from "./find-other-plans.ts";

interface Link {
  readonly href: string;
  readonly text: string;
  readonly is_grave?: boolean;
}

/** What a developer may do with an application: of its credentials, and of the rest. */
export function linksOf(
  { id, product }: Application,
  other: OtherPlans | undefined,
): { readonly credentials: readonly Link[]; readonly rest: readonly Link[] } {
  const path = `/applications/${id}`;
  const link = (isOpen: boolean, page: string, text: string): readonly Link[] =>
    isOpen ? [{ href: `${path}/${page}`, text }] : [];
  const hasUserKey = product.backendVersion === "1";
  return {
    credentials: [
      ...link(hasUserKey && product.buyerKeyRegenerateEnabled, "user-key", "Regenerate key"),
      ...link(!hasUserKey && product.buyersManageKeys, "keys", "Manage keys"),
      ...link(product.referrerFiltersRequired, "referrer-filters", "Referrer filters"),
    ],
    rest: [
      ...link(product.buyersManageApps, "edit", "Edit"),
      ...link(other !== undefined, "plan", other?.step === "ask" ? "Ask for another plan" : "Change plan"),
      ...link(product.buyersManageApps, "delete", "Delete").map((it) => ({ ...it, is_grave: true })),
    ],
  };
}
