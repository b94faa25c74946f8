import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type NetworkLimiter, createNetworkLimiter } from "#access/index.ts";
import { formatWait, isLoopback, rememberDevice, startBrowserSession } from "#http/shared/sign-in.ts";
import { issueFormToken, readForm, readFormToken, readList } from "#http/shared/forms.ts";
import { type Provider, activationUrl } from "#portal/providers/index.ts";
import { forgetPerson, type KnownPerson, logInLinks, readPerson } from "#http/shared/single-sign-on.ts";
import type { Database } from "#platform/database/database.ts";
import { parseRowId } from "#platform/ids.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  type Account,
  type SignUp,
  type SignUpSource,
  readAccount,
  signUpAccount,
  signUpIsOpen,
} from "#portal/accounts/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import { type FieldErrors, type FieldsDefinition, readFieldsDefinitions } from "#portal/fields/index.ts";
import { readPlans, readProducts } from "#portal/products/index.ts";
import { findLinkedUser, linkIdentity } from "#portal/single-sign-on/index.ts";
import { findUsersByLogin, type Person, readUser, type User, userNameErrors } from "#portal/users/index.ts";
import { findDeveloper, type Portal, type Refusal, type Visit } from "./page.ts";
import {
  type FormField,
  errorsWithoutField,
  isEditableByDevelopers,
  orRefuse,
  passwordFields,
  refuseUnverified,
  toFormField,
  withErrors,
  withVisitorTimeZone,
} from "./forms.ts";
import { describePlan, readShownOffers } from "./plans.ts";

export function addSignUpRoutes(http: FastifyInstance, portal: Portal): void {
  const limiter = createNetworkLimiter(portal, attemptLimits.signUps);

  http.get("/signup", async (request, reply) => showSignUpForm({ portal, request, reply }));

  http.post("/signup", async (request, reply) => {
    const visit = { portal, request, reply };
    return orRefuse(request, reply, {
      isVisitor: true,
      submit: () => signUp(visit, limiter),
      refuse: (refusal) => refuseSignUp(visit, refusal),
    });
  });

  http.get("/signup/check-mail", async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Please check your email",
      data: {
        text: "Thank you for signing up. We have sent you an email. Open its link to activate your account. If it has not arrived after a few minutes, look into your spam folder, or request another one.",
        mentions_mail: true,
        link: { href: "/activate", text: "Request another email" },
      },
    }),
  );

  http.get(waitingPages.closed, async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Your account is unavailable",
      data: { text: `You can log in once it is available again. Please contact ${nameInText(request.provider.name)}.` },
    }),
  );

  http.get(waitingPages.new, async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Thank you for signing up",
      data: {
        text: `Your account is waiting for approval by ${nameInText(request.provider.name)}. You can log in once it is approved.`,
      },
    }),
  );
}

async function signUp(visit: Visit, limiter: NetworkLimiter): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const { pool } = portal;
  const provider = withVisitorTimeZone(request.provider);
  const form = readForm(request.body);
  const issued = readFormToken(request, form, portal.cookieSecret);
  const planIds = readPlanIds(request);
  if (!issued)
    return refuseUnverified(visit, {
      formPath: signUpPath(planIds),
      refuse: (refusal) => refuseSignUp(visit, refusal),
    });

  const values = signUpValues(await readFieldsDefinitions(pool, provider.id), form);
  const seconds = isLoopback(request.ip) ? 0 : await limiter.secondsToWait(request.ip, String(provider.id));
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many sign-ups from your network. Please try again ${formatWait(seconds)}.`;
    return showSignUpForm(visit, { status: 429, values, error });
  }

  const person = await readPerson(portal, request);
  const [requestedPlans, by] = [parsePlanIds(planIds), signUpSource(portal, request, person)];
  const outcome = await signUpAccount(pool, portal.passwords, {
    provider,
    values,
    requestedPlans,
    by,
    now: portal.clock.now(),
  });
  if ("user" in outcome) {
    if (person) forgetPerson(portal, reply);
    return redirectAfterSignUp(visit, outcome.user);
  }
  if ("closed" in outcome) return showClosed(visit);
  if ("notFound" in outcome) return showSignUpForm(visit, { ...withoutPlans(provider), values });

  const rejected = { providerId: provider.id, address: by.address, values, ...issued };
  const existingUser = await (person
    ? findUserOfPerson(portal, provider.id, person)
    : findDuplicateSignUp(portal, rejected));
  if (existingUser) return redirectAfterSignUp(visit, existingUser);
  return showSignUpForm(visit, { status: 422, values, errors: outcome.refused });
}

async function refuseSignUp(visit: Visit, { text, status }: Refusal): Promise<FastifyReply> {
  const { portal, request } = visit;
  const values = signUpValues(await readFieldsDefinitions(portal.pool, request.provider.id), readForm(request.body));
  return showSignUpForm(visit, { status, values, error: text });
}

/** Shows the form again without the unavailable plans, because the form has no input to remove them. */
const withoutPlans = ({ name }: Provider) => ({
  status: 422,
  planIds: [],
  error: `The requested plans are unavailable or cannot be combined. Submit the form again to use the default plans, or ask ${nameInText(name)} for another link.`,
});

const signUpSource = (
  portal: Portal,
  { provider, ip }: FastifyRequest,
  known: KnownPerson | undefined,
): SignUpSource & { readonly via: "form" } => ({
  via: "form",
  address: ip,
  mailIsSent: portal.mailIsSent,
  activationUrl: activationUrl(portal, provider),
  adminPortalUrl: portal.adminPortalUrl(provider),
  person: known && personOf(portal, provider.id, known),
  approvesAccount: known?.authenticationProvider.automaticallyApproveAccounts ?? false,
});

/** Returns the user of a person, whose form may have been submitted twice. */
export async function findUserOfPerson(
  { pool }: Pick<Portal, "pool">,
  providerId: number,
  { authenticationProvider, identity: { subject } }: KnownPerson,
): Promise<User | undefined> {
  const userId = await findLinkedUser(pool, { providerId, authenticationProvider, subject });
  return userId === undefined ? undefined : readUser(pool, providerId, userId);
}

const showClosed = ({ portal, request, reply }: Visit): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "Sign-up is closed",
    status: 403,
    data: {
      text: `${nameInText(request.provider.name)} is not accepting new developers at the moment.`,
      link: { href: "/login", text: "Log in" },
    },
  });

/** A rejected form with its errors and the submitted values. */
interface RejectedForm {
  readonly status: number;
  readonly values: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
  /** Replaces the plans requested by the form. */
  readonly planIds?: readonly string[];
  /** An error that belongs to no field. */
  readonly error?: string;
}

async function showSignUpForm(visit: Visit, rejected?: RejectedForm): Promise<FastifyReply> {
  const { portal, request, reply } = visit;
  const { id, name, passwordLengthMin } = request.provider;
  if (isWithPassword(request)) forgetPerson(portal, reply);
  const person = isWithPassword(request) ? undefined : await readPerson(portal, request);
  const planIds = rejected?.planIds ?? readPlanIds(request);
  const [isOpen, definitions, developer, plans, { logIns }] = await Promise.all([
    rejected !== undefined || signUpIsOpen(portal.pool, request.provider),
    readFieldsDefinitions(portal.pool, id),
    findDeveloper(portal, request),
    describeRequestedPlans(portal.pool, id, parsePlanIds(planIds)),
    portal.readOffers(request.provider),
  ]);
  if (!isOpen) return showClosed(visit);
  const state = { passwordLengthMin, hasPassword: !person, values: person && valuesOfPerson(person), ...rejected };
  const fields = signUpFields(definitions, state);
  const invalid = fields.filter((field) => field.error !== undefined);
  return portal.showPage(request, reply, {
    template: "sign-up",
    title: `${rejected ? "Please check: " : ""}Sign up for ${nameInText(name)}`,
    status: rejected?.status ?? 200,
    developer,
    data: {
      fields,
      plan_ids: planIds,
      plans,
      signed_in_as: developer?.user.username,
      person: person && personInPage(person, signUpPath(planIds)),
      log_in_links: person ? [] : logInLinks(logIns, "developer", { return_to: signUpPath(planIds) }),
      invalid_fields: invalid.length > 0 ? invalid : undefined,
      error: rejected?.error ?? errorsWithoutField(fields, rejected?.errors),
      form_token: issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}

/** Returns the plans of the link that a sign-up may have, with their products and what they offer. */
async function describeRequestedPlans(db: Database, providerId: number, ids: readonly number[]) {
  if (ids.length === 0) return [];
  const known = await readPlans(db, providerId, ids);
  const plans = known.filter(({ state, customizedFrom }) => state === "published" && customizedFrom === null);
  const productIds = plans.flatMap(({ productId }) => productId ?? []);
  const [products, shown] = await Promise.all([
    readProducts(db, providerId, productIds),
    readShownOffers(db, providerId, plans),
  ]);
  return plans.map((plan) => {
    const product = products.find(({ id }) => id === plan.productId);
    const prefix = product ? `${nameInText(product.name)}: ` : "";
    return { text: `${prefix}${describePlan(plan)}`, offer: shown.get(plan.id) };
  });
}

/** True if the visitor prefers a password to the identity provider. */
export const isWithPassword = ({ query }: FastifyRequest): boolean => readForm(query)["with"] === "password";

const isUsername = (username: string): boolean => userNameErrors({ username, email: null })["username"]?.length === 0;

/** Returns the input that the identity provider knows. A name that no user may have is left out. */
export const valuesOfPerson = ({ identity }: KnownPerson): Readonly<Record<string, string>> => ({
  ...(identity.username !== null && isUsername(identity.username) && { username: identity.username }),
  ...(identity.email !== null && { email: identity.email }),
  ...(identity.orgName !== null && { org_name: identity.orgName }),
});

/** Returns the person for the page, with the link to the same form with a password. */
export const personInPage = ({ authenticationProvider: { name } }: KnownPerson, path: string) => ({
  name,
  with_password: `${path}${path.includes("?") ? "&" : "?"}with=password`,
});

/** Returns the person whom a new user is linked to instead of having a password. */
export const personOf = (
  { clock }: Pick<Portal, "clock">,
  providerId: number,
  { authenticationProvider, identity: { subject, email, isEmailVerified } }: KnownPerson,
): Person => ({
  verifiedEmail: isEmailVerified ? email : null,
  link: (tx, userId) =>
    linkIdentity(tx, { audience: "developer", providerId, userId, authenticationProvider, subject, now: clock.now() }),
});

interface FormState {
  readonly passwordLengthMin: number;
  readonly hasPassword?: boolean;
  readonly values?: Readonly<Record<string, string>> | undefined;
  readonly errors?: FieldErrors;
}

/** Returns the account's fields, then the user's, in the provider's order, then the password with its rule. */
export function signUpFields(definitions: readonly FieldsDefinition[], state: FormState): readonly FormField[] {
  const { passwordLengthMin, hasPassword = true, values = {}, errors = {} } = state;
  const defined = signUpDefinitions(definitions).map((definition) =>
    toFormField(definition, Object.hasOwn(values, definition.name) ? values[definition.name] : ""),
  );
  return withErrors([...defined, ...(hasPassword ? passwordFields("Password", passwordLengthMin) : [])], errors);
}

/** Returns the definitions that developers may fill in. A name shared by account and user means the account's field. */
function signUpDefinitions(definitions: readonly FieldsDefinition[]): readonly FieldsDefinition[] {
  const editable = definitions.filter(isEditableByDevelopers);
  const ordered = [
    ...editable.filter(({ target }) => target === "Account"),
    ...editable.filter(({ target }) => target === "User"),
  ];
  return ordered.filter(({ name }, index) => ordered.findIndex((other) => other.name === name) === index);
}

/** Returns the submitted values of the sign-up's fields. Ignores other inputs, such as annotations. */
export const signUpValues = (
  definitions: readonly FieldsDefinition[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...signUpDefinitions(definitions).map(({ name }) => name), "password", "password_confirmation"].map((name) => [
      name,
      form[name] ?? "",
    ]),
  );

/** Parameters for requested plans, in links to the sign-up and in its form. The first is 3scale's name. */
const planIdFields = ["plan_ids[]", "plan_ids"] as const;

/** Returns the requested plan ids from query and body, in order and without duplicates. */
const readPlanIds = ({ query, body }: FastifyRequest): readonly string[] => [
  ...new Set(
    [query, body]
      .flatMap((parameters) => planIdFields.flatMap((name) => readList(parameters, name)))
      .filter((id) => id.trim() !== ""),
  ),
];

/** Parses plan ids. Invalid ids become 0, which no plan has. */
const parsePlanIds = (ids: readonly string[]): NonNullable<SignUp["requestedPlans"]> =>
  ids.map((id) => parseRowId(id.trim()) ?? 0);

function signUpPath(ids: readonly string[]): string {
  const query = new URLSearchParams(ids.map((id) => [planIdFields[0], id])).toString();
  return query === "" ? "/signup" : `/signup?${query}`;
}

/** A double click takes a second or two. A form older than this no longer identifies its sender. */
const duplicateSecondsMax = 60;

interface RejectedSignUp {
  readonly providerId: number;
  readonly values: Readonly<Record<string, string>>;
  /** IP address of the client. */
  readonly address: string;
  /** Time at which the form was rendered. */
  readonly issuedAtMs: number;
}

/**
 * Returns the user that the same form has just created, so that a double click gets the first response again instead of
 * the error that the name is taken. Requires the password, so that nobody can test for existing users.
 */
export async function findDuplicateSignUp(
  { pool, passwords, clock }: Pick<Portal, "pool" | "passwords" | "clock">,
  { providerId, address, values, issuedAtMs }: RejectedSignUp,
): Promise<User | undefined> {
  const text = (name: string): string => values[name]?.trim() ?? ""; // as it was stored
  const [username, email, password] = [text("username"), text("email"), values["password"] ?? ""];
  if (username === "" || username.includes("\0")) return undefined;
  const candidates = await findUsersByLogin(pool, providerId, username);
  const found = candidates.find(({ user }) => user.username === username && user.email === email);
  if (!found) return undefined;

  const createdAtMs = found.user.createdAt.getTime();
  const isSameForm = createdAtMs >= issuedAtMs && clock.now().getTime() - createdAtMs < duplicateSecondsMax * 1000;
  if (!isSameForm) return undefined;
  return (await passwords.verify(found.passwordHash, password, { providerId, address })) ? found.user : undefined;
}

/** Signs the user in and redirects to the first application, or to a page that names the missing step. */
async function redirectAfterSignUp({ portal, request, reply }: Visit, user: User): Promise<FastifyReply> {
  const providerId = request.provider.id;
  if (user.state !== "active") return reply.redirect("/signup/check-mail", 303);
  const account = await readAccount(portal.pool, providerId, user.accountId);
  if (account?.state !== "approved") return reply.redirect(waitingPageOf(account), 303);

  await startBrowserSession(portal, request, reply, { audience: "developer", userId: user.id });
  rememberDevice(portal, request, reply, { audience: "developer", user });
  const [application] = await listApplications(portal.pool, providerId, user.accountId);
  return reply.redirect(application ? `/applications/${application.id}?signed_up` : "/account", 303);
}

/** True before the first approval. Other accounts that cannot log in were closed. */
export const awaitsFirstApproval = (state: Account["state"]): boolean => state === "created" || state === "pending";

const waitingPages = { new: "/signup/awaiting-approval", closed: "/signup/account-closed" } as const;

/** Returns the page that explains why the account's users cannot log in yet. */
export const waitingPageOf = (account: Pick<Account, "state"> | undefined): string =>
  account && !awaitsFirstApproval(account.state) ? waitingPages.closed : waitingPages.new;
