export { createPlan } from "./create-plan.ts";
export { createProduct } from "./create-product.ts";
export { deletePlan } from "./delete-plan.ts";
export { makePlanDefault } from "./make-plan-default.ts";
export { planToJson } from "./plan-to-json.ts";
export type { Plan, PlanKind } from "./plan.ts";
export {
  deletePlanRow,
  holdPlan,
  holdPlans,
  insertDefaultPlan,
  insertPlan,
  listPlans,
  readDefaultPlans,
  readPlans,
} from "./plans-table.ts";
export { planStepOf } from "./plan-step.ts";
export { cannotFrom } from "./judge-product.ts";
export type { OidcConfiguration, Product } from "./product.ts";
export {
  countProducts,
  deleteProductRow,
  insertProduct,
  listProducts,
  lockProduct,
  readProduct,
  readProducts,
} from "./products-table.ts";
export { recallPlans, rememberPlan, versionedPlanColumns, type VersionedPlan } from "./recall-plans.ts";
export { representPlan } from "./represent-plan.ts";
export { productToJson, representProduct, type ProductContext } from "./represent-product.ts";
export { updatePlan } from "./update-plan.ts";
export { updateProduct } from "./update-product.ts";
