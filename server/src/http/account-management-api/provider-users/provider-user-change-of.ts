import type { Call } from "../operation.ts";

/** Which of the provider's own users a call is to change, and who wants it. */
export const providerUserChangeOf = ({ provider, by, id }: Call) => ({ provider, userId: id("id"), by });
