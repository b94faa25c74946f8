import { addProduct } from "../portal-fixture.ts";
import type { Pool } from "#platform/database/database.ts";
import {
  addApplicationKey,
  addReferrerFilter,
  changeApplicationPlan,
  changeApplicationState,
  createApplication,
  customizeApplicationPlan,
  deleteProduct,
  listReferrerFilters,
  readApplication,
  readSubscriptions,
  removeReferrerFilter,
  requestApplicationPlan,
  unsubscribe,
  updateApplication,
  type Application,
  type ApplicationTransition,
} from "#portal/applications/index.ts";
import { createPlan, readDefaultPlans } from "#portal/products/index.ts";
import type { Scene } from "./operation-row.ts";

export const programs = ["admin", "token", "key"] as const;
export const allInterfaces = ["developer", ...programs] as const;

/** The writer, in the interfaces' words. */
type Writing = Scene & { readonly applicationId: number; readonly writer: "developer" | "program" };

const writing = (scene: Scene): Writing => ({
  ...scene,
  applicationId: scene.applications[0]?.id ?? 0,
  writer: scene.by.actor.kind === "developer" ? "developer" : "program",
});

type Step = (scene: Scene) => Promise<unknown>;

export const onApplication =
  (act: (pool: Pool, change: Writing) => Promise<unknown>): Step =>
  (scene) =>
    act(scene.pool, writing(scene));

/** Existing objects, created by a program. */
export const before =
  (...steps: readonly Step[]): Step =>
  async (scene) => {
    for (const step of steps) await step({ ...scene, by: scene.before });
  };

export const ofProduct =
  (settings: string): Step =>
  ({ pool, provider }) =>
    pool.query(`update products set ${settings} where provider_id = $1`, [provider.id]);

export const waiting: Step = ({ pool, provider }) =>
  pool.query(`update applications set state = 'pending' where provider_id = $1`, [provider.id]);

export const appIdAndKeys = ofProduct(`backend_version = '2'`);
export const oauth = ofProduct(`backend_version = 'oauth'`);

export const edit = (values: object): Step =>
  onApplication((pool, change) => updateApplication(pool, { ...change, values: { ...values } }));

export const transit = (transition: ApplicationTransition): Step =>
  onApplication((pool, change) => changeApplicationState(pool, { ...change, transition }));

export const create =
  (values: object): Step =>
  async (scene) => {
    const plans = await readDefaultPlans(scene.pool, scene.provider.id);
    const planId = plans.find(({ kind }) => kind === "application_plan")?.id ?? 0;
    return createApplication(scene.pool, { ...writing(scene), planId, values: { name: "Tides", ...values } });
  };

export const addKey = (value?: string): Step =>
  onApplication((pool, change) => addApplicationKey(pool, { ...change, value }));

export const times = (count: number, step: Step): readonly Step[] => Array.from({ length: count }, () => step);

async function addPlan(scene: Scene): Promise<number> {
  const created = await createPlan(scene.pool, {
    providerId: scene.provider.id,
    kind: "application_plan",
    productId: scene.product.id,
    values: { name: "Gold", state_event: "publish" },
    by: scene.by,
  });
  if (!created || !("plan" in created)) throw new Error(JSON.stringify(created));
  return created.plan.id;
}

export const toNewPlan: Step = async (scene) =>
  changeApplicationPlan(scene.pool, { ...writing(scene), planId: await addPlan(scene) });

export const requestPlan: Step = async (scene) =>
  requestApplicationPlan(scene.pool, {
    ...writing(scene),
    planId: await addPlan(scene),
  });

export const toSamePlan: Step = onApplication((pool, change) =>
  changeApplicationPlan(pool, { ...change, planId: change.applications[0]?.plan.id ?? 0 }),
);

export const onFirstKey = (act: (pool: Pool, change: Writing & { readonly value: string }) => Promise<unknown>): Step =>
  onApplication(async (pool, change) => {
    const application = await readApplication(pool, change.provider.id, change.applicationId);
    return act(pool, { ...change, value: application?.keys[0]?.value ?? "" });
  });

export const customize = onApplication(customizeApplicationPlan);
export const addFilter = onApplication((pool, change) =>
  addReferrerFilter(pool, { ...change, value: "*.fjord.example" }),
);

export const removeFilter: Step = onApplication(async (pool, change) => {
  const [filter] = await listReferrerFilters(pool, change.provider.id, [change.applicationId]);
  return removeReferrerFilter(pool, { ...change, filterId: filter?.id ?? 0 });
});

export const endSubscription: Step = async (scene) => {
  const [subscription] = await readSubscriptions(scene.pool, scene.provider.id, scene.accountId);
  return unsubscribe(scene.pool, { ...scene, subscriptionId: subscription?.subscription.id ?? 0 });
};

export const removeProduct: Step = async ({ pool, provider, product, by }) => {
  await addProduct(pool, provider.id);
  return deleteProduct(pool, { provider, productId: product.id, by });
};

const bulk =
  (step: (application: Application, scene: Scene) => Promise<unknown>): Step =>
  async (scene) => {
    const applications = await scene.pool.query<{ id: number }>(
      `select id from applications where provider_id = $1 order by id`,
      [scene.provider.id],
    );
    for (const { id } of applications) {
      const application = await readApplication(scene.pool, scene.provider.id, id);
      if (application) await step(application, scene);
    }
  };

export const suspendAll = bulk((application, scene) =>
  changeApplicationState(scene.pool, { ...scene, applicationId: application.id, transition: "suspend" }),
);
