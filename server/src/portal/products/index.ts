export type { Plan, PlanKind } from "./plan.ts";
export { insertDefaultPlan, readDefaultPlans, readPlans } from "./plans-table.ts";
export type { OidcConfiguration, Product } from "./product.ts";
export { insertProduct, listProducts, readProducts } from "./products-table.ts";
export { representPlan } from "./represent-plan.ts";
