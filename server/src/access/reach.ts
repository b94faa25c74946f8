/** Which products somebody may see and change: these alone, or, with null, all of them. Left out: nobody is narrowed. */
export type Reach = readonly number[] | null;

export const reaches = (reach: Reach | undefined, productId: number | null): boolean =>
  reach === null || reach === undefined || (productId !== null && reach.includes(productId));

/** An admin is never narrowed, whatever was said when he was a member. */
export const reachOf = ({ role, serviceIds }: { readonly role: string; readonly serviceIds: Reach }): Reach =>
  role === "member" ? serviceIds : null;
