import type { PortalHouse } from "./portal-test.ts";

export async function changeProduct(house: PortalHouse, assignments: string): Promise<void> {
  await house.pool.query(`update products set ${assignments} where provider_id = $1`, [house.provider.id]);
}
