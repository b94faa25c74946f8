import type { Ordering } from "#webhooks/endpoints/index.ts";

/** What keeps its order at an endpoint: all that concerns an account, or an object alone. */
export function orderingKeyOf(
  ordering: Ordering,
  event: { readonly type: string; readonly accountId: number; readonly objectId: number },
): string | null {
  switch (ordering) {
    case "none":
      return null;
    case "account":
      return `account/${event.accountId}`;
    case "object":
      return `${event.type.split(".", 1)[0]}/${event.objectId}`;
  }
}
