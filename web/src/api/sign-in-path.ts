/** Where to sign in once the session has ended, and to come back to the page from there. */
export const signInPath = ({ pathname, search }: Pick<Location, "pathname" | "search">): string =>
  `/p/login?return_to=${encodeURIComponent(pathname + search)}`;
