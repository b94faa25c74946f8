import type { Product } from "../../api/management/product-queries.ts";
import type { Permissions } from "../../api/management/team-queries.ts";

type Sections = Permissions["allowed_sections"];

/** What was chosen anew. */
export interface Touched {
  readonly sections?: Sections;
  /** Whether it is every product, also those to come, whatever is ticked. */
  readonly isEveryProduct?: boolean;
  readonly productIds?: readonly number[];
}

interface Loaded {
  readonly saved: Permissions;
  readonly products: readonly Pick<Product, "id">[];
}

/** What is set, with what was chosen over it. Of products that are gone nothing is shown, and the API takes none of them. */
export function shownPermissions({ saved, products }: Loaded, touched: Touched): Required<Touched> {
  const isThere = new Set(products.map(({ id }) => id));
  const ids = touched.productIds ?? saved.allowed_service_ids ?? [];
  return {
    sections: touched.sections ?? saved.allowed_sections,
    isEveryProduct: touched.isEveryProduct ?? saved.allowed_service_ids === null,
    productIds: ids.filter((id) => isThere.has(id)),
  };
}

/** What is sent: nothing of what nobody touched, so that it stays as somebody else may have set it. */
export function permissionsChange(loaded: Loaded, touched: Touched): Partial<Permissions> {
  const { sections, isEveryProduct, productIds } = shownPermissions(loaded, touched);
  const areProductsTouched = touched.isEveryProduct !== undefined || touched.productIds !== undefined;
  return {
    ...(touched.sections && { allowed_sections: sections }),
    ...(areProductsTouched && { allowed_service_ids: isEveryProduct ? null : [...productIds] }),
  };
}

export const isTouched = (touched: Touched): boolean => Object.keys(touched).length > 0;

/** A list with one of its possible members put in or left out. */
export const switched = <T>(all: readonly T[], one: T, isOn: boolean): T[] => [
  ...all.filter((it) => it !== one),
  ...(isOn ? [one] : []),
];
