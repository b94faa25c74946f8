import type { ProviderUser } from "#access/index.ts";
import { times } from "./example-portal.ts";

/** One of the provider's own users in the documentation. */
export const colleague: ProviderUser = {
  id: 3,
  username: "grace",
  email: "grace@acme.example",
  role: "member",
  sections: ["partners", "plans"],
  serviceIds: [7],
  state: "active",
  ...times,
};
