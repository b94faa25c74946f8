import type { Session } from "../api/session.ts";

/** Mia, an admin, to whom nothing is closed. */
export const exampleSession: Session = {
  userId: 5,
  userName: "mia",
  role: "admin",
  places: new Map<string, boolean>(),
  deeds: new Set<string>(),
  csrfToken: "t",
  providerName: "Acme",
  timeZone: "UTC",
  passwordLengthMin: 12,
  developerPortalUrl: "/",
};
