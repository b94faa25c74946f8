/** How long the link of an activation mail or an invitation counts: longer than a holiday, shorter than a mailbox is kept. */
export const linkLife = "interval '14 days'";
