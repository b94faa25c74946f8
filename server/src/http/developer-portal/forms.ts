import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type AttemptLimiter, AttemptLimitReached, DeveloperLimitReached, LimitReached } from "#access/index.ts";
import { hasSessionToken, isCrossOrigin, issueFormToken, readForm } from "#http/shared/forms.ts";
import { problemOfError, type Problem } from "#http/shared/problem.ts";
import { formatWait } from "#http/shared/sign-in.ts";
import type { LogInLink } from "#http/shared/single-sign-on.ts";
import { nameInText } from "#platform/visible-text.ts";
import {
  type FieldErrors,
  fieldValue,
  type FieldValues,
  type FieldsDefinition,
  isBillingAddress,
} from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { type User, usernameRule } from "#portal/users/index.ts";
import { type Fact, isInterruptedForm, keptInput, resumeForm, showInterruptedForm, unverifiedForm } from "./log-in.ts";
import {
  type Developer,
  type DeveloperPage,
  type DeveloperVisit,
  findDeveloper,
  isListRequest,
  isOwnForm,
  type ListPage,
  type Portal,
  redirectToLogin,
  type Refusal,
  requireDeveloper,
  showInvalidFormToken,
  showOtherUser,
  shownToName,
  type Visit,
} from "./page.ts";

interface FormPage {
  readonly path: string;
  readonly show: DeveloperPage;
  /** Called only if the form has the session's token. */
  readonly submit: DeveloperPage;
}

/** Adds a form for signed-in developers: GET shows it, POST submits it. */
export function addFormPage(http: FastifyInstance, portal: Portal, { path, show, submit }: FormPage): void {
  http.get(path, requireDeveloper(portal, show));
  http.post(path, async (request, reply) => {
    const form = readForm(request.body);
    const isOurs = isOwnForm(request, form);
    if (isInterruptedForm(form)) return resumeForm({ portal, request, reply }, show);
    const developer = await findDeveloper(portal, request);
    if (!developer) return isOurs ? showInterruptedForm({ portal, request, reply }) : redirectToLogin(request, reply);
    const visit = { portal, request, reply, developer };
    const showWith = (notice: NonNullable<Developer["notice"]>) =>
      show({ ...visit, developer: { ...developer, notice } });
    if (hasSessionToken(request, form, developer.csrfToken)) {
      const isSubmitted = !isListRequest(request);
      return orRefuse(request, reply, { submit: () => (isSubmitted ? submit : show)(visit), refuse: showWith });
    }
    if (!isOurs) return showInvalidFormToken(visit);
    return form[shownToName] === String(developer.user.id) ? showWith("form-of-earlier-session") : showOtherUser(visit);
  });
}

interface RefusableForm {
  readonly submit: () => Promise<FastifyReply>;
  /** Visitors have nothing that they could delete. */
  readonly isVisitor?: true;
  /** Shows the form with the input again. */
  readonly refuse: (refusal: Refusal) => Promise<FastifyReply>;
}

/** Submits a form. Shows it again instead of a page without it when a limit is reached or the server cannot process it at the moment. */
export async function orRefuse(
  { provider }: FastifyRequest,
  reply: FastifyReply,
  { isVisitor, submit, refuse }: RefusableForm,
): Promise<FastifyReply> {
  try {
    return await submit();
  } catch (error) {
    const problem = error instanceof Error ? problemOfError(error) : undefined;
    const text = problem && refusalText(problem, provider.name, isVisitor);
    if (text === undefined) throw error;
    if (problem?.retryAfterSeconds !== undefined) reply.header("retry-after", problem.retryAfterSeconds);
    return refuse({ text, status: problem?.status ?? 422 });
  }
}

/** Refuses a visitor's form without a valid token. It keeps its input, unless another site may have filled it in. */
export const refuseUnverified = (
  visit: Visit,
  { refuse, formPath }: Pick<RefusableForm, "refuse"> & { readonly formPath?: string },
): Promise<FastifyReply> =>
  isCrossOrigin(visit.request) ? showInvalidFormToken(visit, formPath) : refuse({ text: unverifiedForm, status: 403 });

/** Returns why a valid form was refused, for developers, who know neither the limits' names nor the operator. */
function refusalText({ code, cause }: Problem, providerName: string, isVisitor = false): string | undefined {
  if (cause instanceof LimitReached)
    return `${cause.sentence} Nothing was changed. ${isVisitor ? "Ask" : "Delete some that are not used, or ask"} ${nameInText(providerName)} for more.`;
  if (cause instanceof DeveloperLimitReached)
    return `${nameInText(providerName)} accepts no more ${isVisitor ? "sign-ups" : "changes by developers"} at the moment. Nothing was changed: submit the form again ${formatWait(cause.secondsLeft)}.`;
  if (cause instanceof AttemptLimitReached)
    return `${nameInText(providerName)} gets an email about each of these changes, and there were too many. Nothing was changed: submit the form again ${formatWait(cause.secondsLeft)}.`;
  if (code === "too-many-changes")
    return "Your account was changed too often within a minute. Nothing was changed: submit the form again in a minute.";
  return code === "too-busy"
    ? "Many people are signing in at the moment. Nothing was changed: submit the form again in a few seconds."
    : undefined;
}

const shownAtName = "form.shown_at";

/** A double click takes a second or two. After this time, a form that is sent again is meant to be. */
const doubleClickSecondsMax = 60;

/**
 * Returns the time in milliseconds after which an earlier submission of the same form was processed, if there was one. Without
 * scripts, a double click sends a form twice. Undefined if the page did not say when it was shown.
 */
export function earliestSubmissionMs(request: FastifyRequest, now: Date): number | undefined {
  const { [shownAtName]: shownAt = "" } = readForm(request.body);
  if (!/^\d{1,15}$/.test(shownAt)) return undefined;
  return Math.max(Number(shownAt), now.getTime() - doubleClickSecondsMax * 1000);
}

/** Adds a form for admins of the account. */
export function addAdminFormPage(http: FastifyInstance, portal: Portal, page: FormPage): void {
  addFormPage(http, portal, { ...page, show: requireAdmin(page.show), submit: requireAdmin(page.submit) });
}

/** Shows a page to admins of the account, and 403 to its other members. A demoted admin also gets the submitted input back, to copy it. */
export const requireAdmin =
  (page: DeveloperPage): DeveloperPage =>
  async (visit) =>
    visit.developer.user.role === "admin" ? page(visit) : showAdminsOnly(visit);

async function showAdminsOnly({ portal, request, reply, developer }: DeveloperVisit): Promise<FastifyReply> {
  const kept = await keptInput(portal.pool, request.provider.id, readForm(request.body));
  const unsaved = kept.length > 0 ? " Nothing was changed. Your input is still here, so that you can copy it." : "";
  return portal.showPage(request, reply, {
    template: "message",
    title: "Only admins of your account can do this",
    status: 403,
    developer,
    data: {
      text: `You are a member of ${nameInText(developer.account.orgName)}. Ask one of its admins to do this.${unsaved}`,
      kept,
      link: { href: "/account", text: "My account" },
    },
  });
}

/** What a plan offers besides what its costs say. */
export interface PlanOffer {
  readonly features: readonly string[];
  /** Its limits and prices, in words. */
  readonly terms: readonly string[];
}

/** A part of a plan's offer, under a label. */
export interface Included {
  readonly label: string;
  readonly offer: PlanOffer;
}

/** A page with one form, posted to the page's own path. */
export interface Form {
  readonly title: string;
  /** The key that the form is about. Kept out of the title, because browsers store titles in their history. */
  readonly code?: string;
  readonly lead?: string;
  /** The address that the form is sent to, if its query matters. */
  readonly address?: string | undefined;
  /** The page of a long list of plans of which the form lets choose one. */
  readonly planPage?: ListPage & { readonly rows: readonly unknown[] };
  /** For a plan that the form does not let choose. */
  readonly included?: Included | undefined;
  readonly fields?: readonly FormField[];
  /** Log-ins at identity providers, instead of the form. */
  readonly logInLinks?: readonly LogInLink[];
  /** The person who has logged in at an identity provider. */
  readonly person?: { readonly name: string; readonly with_password: string } | undefined;
  /** The user whose password the form sets, for password managers. */
  readonly username?: string;
  /** Label of the button. */
  readonly submit: string;
  /** Marks a change that cannot be undone. */
  readonly isDestructive?: boolean;
  readonly back?: { readonly href: string; readonly text: string };
  /** A link below the button. */
  readonly after?: { readonly href: string; readonly text: string } | undefined;
  /** Errors of a rejected form. The name `base` belongs to no field. */
  readonly errors?: FieldErrors | undefined;
  readonly status?: number | undefined;
}

export function showForm(
  { portal, request, reply, developer }: Visit,
  { title, planPage, fields = [], errors = {}, status, isDestructive = false, logInLinks, ...texts }: Form,
): Promise<FastifyReply> {
  const isRejected = Object.keys(errors).length > 0;
  return portal.showPage(request, reply, {
    template: "form",
    title: `${isRejected ? "Please check: " : ""}${planPage?.title ?? title}`,
    status: status ?? (isRejected ? 422 : 200),
    developer,
    data: {
      ...texts,
      plan_page: planPage,
      heading: title,
      is_destructive: isDestructive,
      log_in_links: logInLinks,
      ...checkedFields(fields, errors),
      form_token: developer?.csrfToken ?? issueFormToken(request, reply, portal, portal.clock.now()),
    },
  });
}

/** Counts a mail caused by the account's users. Returns an error once the limit is reached. */
export async function mailLimitErrors(
  limiter: AttemptLimiter,
  { request, developer }: DeveloperVisit,
): Promise<FieldErrors | undefined> {
  const seconds = await limiter.secondsToWait(`${request.provider.id} ${developer.account.id}`);
  return seconds > 0 ? { base: [`Too many emails. Please try again ${formatWait(seconds)}.`] } : undefined;
}

/** Counts the mail to the former address, if a form changes it: a developer may type another person's, and then a third one. */
export const changedAddressErrors = async (
  limiter: AttemptLimiter,
  visit: DeveloperVisit,
  { user, values }: { readonly user: Pick<User, "email">; readonly values: Readonly<Record<string, string>> },
): Promise<FieldErrors | undefined> =>
  (values["email"]?.trim() ?? user.email) === user.email ? undefined : mailLimitErrors(limiter, visit);

/** A field of a form, as the template renders it. */
export interface FormField {
  readonly name: string;
  readonly label: string;
  readonly type: "text" | "email" | "tel" | "password";
  readonly required: boolean;
  readonly autocomplete?: string;
  readonly hint?: string;
  /** One hint per option, with what a plan offers. */
  readonly hints?: readonly { readonly text: string; readonly offer: PlanOffer | undefined }[];
  readonly choices?: readonly string[];
  /** Choices whose texts differ from their values. */
  readonly options?: readonly { readonly value: string; readonly text: string }[];
  /** Number of lines of a text area. */
  readonly lines?: number;
  readonly value?: string;
  readonly error?: string;
}

/** Values of the attribute `autocomplete`, by field name. */
const autocomplete: Readonly<Record<string, string>> = {
  org_name: "organization",
  org_legaladdress: "street-address",
  telephone_number: "tel",
  city: "address-level2",
  state_region: "address-level1",
  zip: "postal-code",
  country: "country-name",
  username: "username",
  email: "email",
  first_name: "given-name",
  last_name: "family-name",
  title: "honorific-prefix",
  job_role: "organization-title",
};

/** Forms have neither hidden nor read-only fields. Pages show the latter: `readOnlyFacts`. */
export const isEditableByDevelopers = ({ hidden, readOnly }: FieldsDefinition): boolean => !hidden && !readOnly;

export function toFormField({ name, label, required, choices, target }: FieldsDefinition, value = ""): FormField {
  const token = target === "Cinstance" ? undefined : autocomplete[name];
  const isLong = target === "Cinstance" && name === "description";
  return {
    name,
    label,
    type: name === "email" ? "email" : name === "telephone_number" ? "tel" : "text",
    required,
    ...(isLong ? { lines: 4 } : {}),
    ...(token === undefined ? {} : { autocomplete: token }),
    ...(target === "User" && name === "username" ? { hint: usernameRule } : {}),
    ...(choices.length > 0 ? { choices } : {}),
    value,
  };
}

/** Fields for a new password and its repetition. The rule is shown before typing. */
export const passwordFields = (label: string, passwordLengthMin: number): readonly FormField[] => [
  {
    name: "password",
    label,
    type: "password",
    required: true,
    autocomplete: "new-password",
    hint: `${passwordLengthMin} characters or more. A few random words are easy to remember.`,
  },
  {
    name: "password_confirmation",
    label: `${label} confirmation`,
    type: "password",
    required: true,
    autocomplete: "new-password",
  },
];

/** Confirms that the signed-in user makes the change. */
export const currentPasswordField: FormField = {
  name: "current_password",
  label: "Current password",
  type: "password",
  required: true,
  autocomplete: "current-password",
};

/** Error of a choice that is not, or no longer, offered. */
export const notOffered: readonly string[] = ["must be one of the options"];

/** 3scale's wording, independent of the field's label. */
const passwordMismatch = "doesn't match Password";

/** Adds each error to its field, with the field's label on the page. */
export const withErrors = (fields: readonly FormField[], errors: FieldErrors): readonly FormField[] =>
  fields.map((field) => {
    const messages = Object.hasOwn(errors, field.name) ? errors[field.name] : undefined;
    if (!messages) return field;
    const password = fields.find(({ name }) => name === "password")?.label ?? "Password";
    const named = messages.map((message) => (message === passwordMismatch ? `doesn't match ${password}` : message));
    return { ...field, error: fieldErrorText(field.label, field.name === "email" ? named.map(emailMessage) : named) };
  });

/** The API reports the length of a short address, such as "a@b", as 3scale does. That does not help to correct it. */
const emailMessage = (message: string): string =>
  message.startsWith("is too short") ? "should look like an email address" : message;

/** Returns the fields with their errors, the list of invalid fields, and the errors that belong to no field. */
export function checkedFields(fields: readonly FormField[], errors: FieldErrors = {}) {
  const shownFields = withErrors(fields, errors);
  const invalid = shownFields.filter((field) => field.error !== undefined);
  return {
    fields: shownFields,
    invalid_fields: invalid.length > 0 ? invalid : undefined,
    error: errorsWithoutField(fields, errors),
  };
}

/** Returns the errors that belong to no field of the form, as one text. */
export function errorsWithoutField(
  fields: readonly { readonly name: string }[],
  errors: FieldErrors = {},
): string | undefined {
  const rest = Object.entries(errors).filter(([name]) => !fields.some((field) => field.name === name));
  const sentences = rest.map(([name, messages]) =>
    name === "base" ? capitalize(messages.join(", ")) : `${name} ${messages.join(", ")}`,
  );
  return sentences.length > 0 ? sentences.join(". ") : undefined;
}

/**
 * Returns the fields of an account, a user or an application that developers may edit, with their current values.
 * Omits fields with a value that is not a single text: the form cannot show them, and they keep their values.
 */
export const definedFields = (
  definitions: readonly FieldsDefinition[],
  target: FieldsDefinition["target"],
  current: FieldValues,
): readonly FormField[] =>
  definitions
    .filter(
      (definition) =>
        definition.target === target &&
        isEditableByDevelopers(definition) &&
        !isBillingAddress(definition.target, definition.name),
    )
    .flatMap((definition) => {
      const value = fieldValue(current, definition.name) ?? "";
      return typeof value === "string" ? [withCurrentChoice(toFormField(definition, value))] : [];
    });

/** Returns the fields that developers see but cannot change, if they have a value. */
export const readOnlyFacts = (
  definitions: readonly FieldsDefinition[],
  target: FieldsDefinition["target"],
  current: FieldValues,
): readonly Fact[] =>
  definitions
    .filter((definition) => definition.target === target && definition.readOnly && !definition.hidden)
    .flatMap(({ name, label }) => {
      const value = fieldValue(current, name);
      return typeof value === "string" && value !== "" ? [{ label, text: value }] : [];
    });

/** Keeps offering the current value after the provider removed that choice: editing another field must not change it. */
const withCurrentChoice = ({ choices, ...field }: FormField): FormField => {
  const { value = "" } = field;
  if (!choices) return field;
  return { ...field, choices: value === "" || choices.includes(value) ? choices : [...choices, value] };
};

/** Returns the submitted values of these fields. Ignores other inputs. */
export const submittedValues = (
  fields: readonly FormField[],
  form: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    fields.flatMap((field): [string, string][] => {
      const value = form[field.name];
      // Editing another field must not change the line breaks of this one.
      return value === undefined ? [] : [[field.name, value === sentUnedited(field) ? (field.value ?? "") : value]];
    }),
  );

/** Returns a field's value as browsers send it: without line breaks from an input, with CR LF from a text area. */
const sentUnedited = ({ value = "", lines }: FormField): string =>
  lines === undefined ? value.replaceAll(/[\r\n]/g, "") : value.replaceAll(/\r\n?|\n/g, "\r\n");

/** Fills the fields with the submitted values. Passwords are never sent back. */
export const withSubmittedValues = (
  fields: readonly FormField[],
  form: Readonly<Record<string, string>>,
): readonly FormField[] =>
  fields.map((field) => {
    const value = form[field.name];
    return value === undefined || field.type === "password" ? field : { ...field, value };
  });

/** True for 3scale's messages that are whole sentences. Other messages follow the field's label. */
const isSentence = (message: string): boolean => message.startsWith("use ");

/** Returns a field's errors as text: the message "can't be blank" becomes "Name can't be blank". */
function fieldErrorText(label: string, messages: readonly string[]): string {
  const predicates = messages.filter((message) => !isSentence(message));
  return [
    ...(predicates.length > 0 ? [`${nameInText(label)} ${predicates.join(", ")}`] : []),
    ...messages.filter(isSentence).map(capitalize),
  ].join(". ");
}

const capitalize = (text: string): string => `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;

/** Returns the provider with UTC as time zone: as in 3scale, changes by visitors have their times in UTC. */
export const withVisitorTimeZone = (provider: Provider): Provider => ({ ...provider, timeZone: "UTC" });
