import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type NetworkLimiter, createNetworkLimiter, verifyPassword } from "#access/index.ts";
import { startBrowserSession } from "#http/shared/browser-session.ts";
import { issueFormToken, readForm, readFormToken, readList } from "#http/shared/forms.ts";
import { activationUrl } from "#http/shared/mailed-links.ts";
import { formatWait, isLoopback } from "#http/shared/sign-in-limits.ts";
import { rememberDevice } from "#http/shared/sign-in.ts";
import { readId } from "#platform/ids/read-id.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import { type Account, readAccount } from "#portal/accounts/index.ts";
import { listApplications } from "#portal/applications/index.ts";
import { type FieldErrors, type FieldsDefinition, readFieldsDefinitions } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type User, findUsersByLogin } from "#portal/users/index.ts";
import {
  type SignUp,
  type SignUpDoor,
  activateUserByMail,
  signUpAccount,
  signUpIsOpen,
} from "#portal/whole-accounts/index.ts";
import { findDeveloper, withVisitorTimeZone } from "./developer.ts";
import {
  type FormField,
  errorsWithoutField,
  isEditableByDevelopers,
  passwordFields,
  toFormField,
  withErrors,
} from "./form-fields.ts";
import { showExpiredLink, showInvalidFormToken } from "./message-pages.ts";
import type { Portal } from "./page.ts";

export function addSignUpRoutes(http: FastifyInstance, portal: Portal): void {
  const limiter = createNetworkLimiter(portal, attemptLimits.signUps);

  http.get("/signup", async (request, reply) => {
    if (!(await signUpIsOpen(portal.pool, request.provider))) return showClosed(portal, request, reply);
    return showSignUpForm(portal, request, reply);
  });

  http.post("/signup", async (request, reply) => signUp(portal, limiter, request, reply));

  http.get("/signup/check-mail", async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Please check your mail",
      data: {
        text: "Thank you for signing up. We have sent you a mail: open the link in it to activate your account.",
        is_about_mail: true,
      },
    }),
  );

  http.get(waitingPages.closed, async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Your account cannot be used at the moment",
      data: { text: `You can log in as soon as it is open again. Please ask ${request.provider.name}.` },
    }),
  );

  http.get(waitingPages.new, async (request, reply) =>
    portal.showPage(request, reply, {
      template: "message",
      title: "Thank you for signing up",
      data: {
        text: `Your account is waiting for approval by ${request.provider.name}. You can log in as soon as it is approved.`,
      },
    }),
  );
}

async function signUp(
  portal: Portal,
  limiter: NetworkLimiter,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { pool } = portal;
  const provider = withVisitorTimeZone(request.provider);
  const form = readForm(request.body);
  const issued = readFormToken(request, form, portal.cookieSecret);
  const planIds = readPlanIds(request);
  if (!issued) return showInvalidFormToken(portal, request, reply, signUpPath(planIds));

  const values = signUpValues(await readFieldsDefinitions(pool, provider.id), form);
  const seconds = isLoopback(request.ip) ? 0 : await limiter.secondsToWait(request.ip, String(provider.id));
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many sign-ups came from your network. Please try again ${formatWait(seconds)}.`;
    return showSignUpForm(portal, request, reply, { status: 429, values, error });
  }

  const [wantedPlans, by] = [parsePlanIds(planIds), signUpSource(portal, request)];
  const outcome = await signUpAccount(pool, { provider, values, wantedPlans, by, now: portal.clock.now() });
  if ("user" in outcome) return redirectAfterSignUp(portal, request, reply, outcome.user);
  if ("closed" in outcome) return showClosed(portal, request, reply);
  if ("notFound" in outcome) return showSignUpForm(portal, request, reply, { ...withoutPlans(provider), values });

  const sentTwice = await findDuplicateSignUp(portal, {
    providerId: provider.id,
    address: by.address,
    values,
    ...issued,
  });
  if (sentTwice) return redirectAfterSignUp(portal, request, reply, sentTwice);
  return showSignUpForm(portal, request, reply, { status: 422, values, errors: outcome.refused });
}

/** The form without the plans that are not to be had, since nobody who fills it in can take them away. */
const withoutPlans = ({ name }: Provider) => ({
  status: 422,
  planIds: [],
  error: `You came for plans that are not to be had, or not together. Send the form again to get the usual ones, or ask ${name} for another link.`,
});

const signUpSource = (portal: Portal, { provider, ip }: FastifyRequest): SignUpDoor & { readonly door: "form" } => ({
  door: "form",
  address: ip,
  mailIsSent: portal.mailIsSent,
  activationUrl: activationUrl(portal, provider),
});

const showClosed = ({ showPage }: Portal, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
  showPage(request, reply, {
    template: "message",
    title: "Sign-up is closed",
    status: 403,
    data: {
      text: `${request.provider.name} does not take new developers at the moment.`,
      link: { href: "/login", text: "Log in" },
    },
  });

/** What a form that is shown again has to say, with what was filled in. */
interface RejectedForm {
  readonly status: number;
  readonly values: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
  /** What is wanted from now on; left out, what the form has asked for. */
  readonly planIds?: readonly string[];
  /** What is wrong with no field in particular. */
  readonly error?: string;
}

async function showSignUpForm(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  again?: RejectedForm,
): Promise<FastifyReply> {
  const { id, name, passwordLengthMin } = request.provider;
  const fields = signUpFields(await readFieldsDefinitions(portal.pool, id), { passwordLengthMin, ...again });
  const developer = await findDeveloper(portal, request);
  const isWrong = fields.some((field) => field.error !== undefined);
  return portal.showPage(request, reply, {
    template: "sign-up",
    title: `${again ? "Please check: " : ""}Sign up for ${name}`,
    status: again?.status ?? 200,
    developer,
    data: {
      fields,
      plan_ids: again?.planIds ?? readPlanIds(request),
      signed_in_as: developer?.user.username,
      wrong: isWrong ? fields.filter((field) => field.error !== undefined) : undefined,
      error: again?.error ?? errorsWithoutField(fields, again?.errors),
      form_token: issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}

interface FormState {
  readonly passwordLengthMin: number;
  readonly values?: Readonly<Record<string, string>>;
  readonly errors?: FieldErrors;
}

/** The account's fields, then the user's, in the provider's order, then the password, whose rule is shown before typing. */
export function signUpFields(definitions: readonly FieldsDefinition[], state: FormState): readonly FormField[] {
  const { passwordLengthMin, values = {}, errors = {} } = state;
  const defined = signUpDefinitions(definitions).map((definition) =>
    toFormField(definition, Object.hasOwn(values, definition.name) ? values[definition.name] : ""),
  );
  return withErrors([...defined, ...passwordFields("Password", passwordLengthMin)], errors);
}

/** What a developer may give. A name that both an account and its user have stands for the account's field. */
function signUpDefinitions(definitions: readonly FieldsDefinition[]): readonly FieldsDefinition[] {
  const open = definitions.filter((it) => it.target !== "Cinstance" && isEditableByDevelopers(it));
  const inOrder = [...open.filter((it) => it.target === "Account"), ...open.filter((it) => it.target === "User")];
  return inOrder.filter((it, place) => inOrder.findIndex((other) => other.name === it.name) === place);
}

/** Of a form, what the sign-up asks for: nothing that was added by hand, such as annotations, gets further. */
export const signUpValues = (
  definitions: readonly FieldsDefinition[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [...signUpDefinitions(definitions).map((it) => it.name), "password", "password_confirmation"].map((name) => [
      name,
      form[name] ?? "",
    ]),
  );

/** How a link to the sign-up, and then its form, name the plans that are wanted; 3scale's name first. */
const planIdFields = ["plan_ids[]", "plan_ids"] as const;

/** The plans that a link to the sign-up has asked for, or the form that it led to: as they came, each once. */
const readPlanIds = ({ query, body }: FastifyRequest): readonly string[] => [
  ...new Set(
    [query, body]
      .flatMap((from) => planIdFields.flatMap((name) => readList(from, name)))
      .filter((it) => it.trim() !== ""),
  ),
];

/** No plan has the number 0: what is no id names none. */
const parsePlanIds = (ids: readonly string[]): NonNullable<SignUp["wantedPlans"]> =>
  ids.map((it) => readId(it.trim()) ?? 0);

/** The sign-up with the same plans once more. */
function signUpPath(ids: readonly string[]): string {
  const query = new URLSearchParams(ids.map((id) => [planIdFields[0], id])).toString();
  return query === "" ? "/signup" : `/signup?${query}`;
}

/** A double click comes within a second or two; after a minute the form no longer proves anything. */
const duplicateSecondsMax = 60;

interface RejectedSignUp {
  readonly providerId: number;
  readonly values: Readonly<Record<string, string>>;
  /** Where the form came from. */
  readonly address: string;
  /** When the form was made that was sent. */
  readonly issuedAtMs: number;
}

/**
 * The user whom this very form has made a moment ago, when a double click sends it twice: the second gets the answer of
 * the first instead of hearing that the name is taken. Whoever cannot give the password is not told.
 */
async function findDuplicateSignUp(
  { pool, clock }: Pick<Portal, "pool" | "clock">,
  { providerId, address, values, issuedAtMs }: RejectedSignUp,
): Promise<User | undefined> {
  const { username = "", email = "", password = "" } = values;
  if (username === "" || username.includes("\0")) return undefined;
  const namesakes = await findUsersByLogin(pool, providerId, username);
  const found = namesakes.find(({ user }) => user.username === username && user.email === email);
  if (!found) return undefined;

  const madeAtMs = found.user.createdAt.getTime();
  const isOfThisForm = madeAtMs >= issuedAtMs && clock.now().getTime() - madeAtMs < duplicateSecondsMax * 1000;
  if (!isOfThisForm) return undefined;
  return (await verifyPassword(found.passwordHash, password, { providerId, address })) ? found.user : undefined;
}

/** After the sign-up: signed in and on the application with its key, or on a page that says what is still missing. */
async function redirectAfterSignUp(
  portal: Portal,
  request: FastifyRequest,
  reply: FastifyReply,
  user: User,
): Promise<FastifyReply> {
  const providerId = request.provider.id;
  if (user.state !== "active") return reply.redirect("/signup/check-mail", 303);
  const account = await readAccount(portal.pool, providerId, user.accountId);
  if (account?.state !== "approved") return reply.redirect(waitingPageOf(account), 303);

  await startBrowserSession(portal, request, reply, { audience: "developer", userId: user.id });
  rememberDevice(portal, request, reply, { audience: "developer", user });
  const [application] = await listApplications(portal.pool, providerId, user.accountId);
  return reply.redirect(application ? `/applications/${application.id}?signed_up` : "/account", 303);
}

type Kept = Pick<Account, "state">;

/** Whether an account that nobody can come into waits for its first approval. Others were closed. */
const awaitsFirstApproval = (state: Kept["state"]): boolean => state === "created" || state === "pending";

const waitingPages = { new: "/signup/awaiting-approval", closed: "/signup/account-closed" } as const;

/** Where somebody is led who belongs to an account now, and cannot come in. */
export const waitingPageOf = (account: Kept | undefined): string =>
  account && !awaitsFirstApproval(account.state) ? waitingPages.closed : waitingPages.new;

export function addActivateRoute(http: FastifyInstance, portal: Portal): void {
  const { pool, clock, showPage } = portal;

  // Not for HEAD: programs that look at the links of a mail ask with it, and the code works once.
  http.get<{ Params: { code: string } }>("/activate/:code", { exposeHeadRoute: false }, async (request, reply) => {
    const developer = await findDeveloper(portal, request);
    const activated = await activateUserByMail(pool, {
      provider: developer ? request.provider : withVisitorTimeZone(request.provider),
      code: request.params.code,
      actor: developer && { kind: "developer", userId: developer.user.id },
      now: clock.now(),
    });
    if (!activated) {
      return showExpiredLink(portal, request, reply, {
        text: `An activation link works once, within two weeks, and only the one in the newest mail. If you have used it already, just log in. If not, ask ${request.provider.name} to send you the activation mail again.`,
        link: { href: "/login", text: "Log in" },
      });
    }
    const { state } = activated.whole.account;
    const comesLater = awaitsFirstApproval(state)
      ? "is now waiting for approval by"
      : "cannot be used at the moment. Please ask";
    return showPage(request, reply, {
      template: "message",
      title: "Your address is confirmed",
      data:
        state === "approved"
          ? { text: "Your account is active. Welcome!", link: { href: "/login", text: "Log in" } }
          : { text: `Your account ${comesLater} ${request.provider.name}.` },
    });
  });
}
