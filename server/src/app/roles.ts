/** What a process does: answer people and programs, deliver, or both. */
export const roles = ["web", "engine"] as const;
export type Role = (typeof roles)[number];
