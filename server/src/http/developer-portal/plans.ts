import type { FastifyInstance, FastifyReply } from "fastify";
import { type AttemptLimiter, createAttemptLimiter } from "#access/index.ts";
import { readForm } from "#http/shared/forms.ts";
import type { Database } from "#platform/database/database.ts";
import { attemptLimits } from "#platform/limits.ts";
import { nameInText } from "#platform/visible-text.ts";
import type { Account, AccountPlanRequest } from "#portal/accounts/index.ts";
import type { FieldErrors } from "#portal/fields/index.ts";
import {
  type NamedLimit,
  type NamedRule,
  type Plan,
  listPlans,
  planStepOf,
  readNamedTerms,
  readPlanFeatures,
} from "#portal/products/index.ts";
import {
  type DeveloperPage,
  type DeveloperVisit,
  listPage,
  type Portal,
  redirectWithNotice,
  showNotAllowed,
  showNotFound,
} from "./page.ts";
import {
  type FormField,
  type Included,
  type PlanOffer,
  notOffered,
  addFormPage,
  mailLimitErrors,
  showForm,
  withSubmittedValues,
} from "./forms.ts";

/** The plans that may replace the current one, at once or on request. */
export interface OtherPlans {
  readonly step: "change" | "request";
  readonly plans: readonly Plan[];
}

interface CurrentPlan {
  readonly account: Account;
  readonly planId: number;
  readonly permission: Parameters<typeof planStepOf>[0];
  /** Restricts the plans to the same kind, and to the product of an application plan. */
  readonly filter: Parameters<typeof listPlans>[2];
}

/** Returns the published plans that a developer may choose or request. Undefined if there is none or neither is allowed. */
export async function findOtherPlans(
  db: Database,
  providerId: number,
  { account, planId, permission, filter }: CurrentPlan,
): Promise<OtherPlans | undefined> {
  const step = planStepOf(permission, account.creditCardToken !== null);
  if (step === "none") return undefined;
  const plans = (await listPlans(db, providerId, filter)).filter(
    ({ id, state }) => state === "published" && id !== planId,
  );
  return plans.length > 0 ? { step, plans } : undefined;
}

/** What plans offer, by the plan's id. A plan that offers nothing more than its costs say is missing. */
export type ShownOffers = ReadonlyMap<number, PlanOffer>;

/** Reads what plans offer: their visible features, of which one without a name has a system name, their limits and prices. */
export async function readShownOffers(
  db: Database,
  providerId: number,
  plans: readonly Pick<Plan, "id">[],
): Promise<ShownOffers> {
  const ids = plans.map(({ id }) => id);
  const [features, { limits, rules }] = await Promise.all([
    readPlanFeatures(db, providerId, ids),
    readNamedTerms(db, providerId, ids),
  ]);
  const limitsOf = Map.groupBy(limits, ({ planId }) => planId);
  const rulesOf = Map.groupBy(rules, ({ planId }) => planId);
  const offers = ids.map((id) => {
    const visible = (features.get(id) ?? []).filter((feature) => feature.visible);
    const terms = [...(limitsOf.get(id) ?? []), ...(rulesOf.get(id) ?? [])];
    return [
      id,
      {
        features: visible.map(({ name, systemName }) => name || systemName),
        terms: termTexts(terms, plans.length > 1 ? termsMax : Infinity),
      },
    ] as const;
  });
  return new Map(offers.filter(([, { features: texts, terms }]) => texts.length + terms.length > 0));
}

/** One for all: `toLocaleString` makes another for each number, which took 0.3 s for the terms of 700 plans. */
const whole = new Intl.NumberFormat("en");

/** More terms of a plan are not shown beside other plans. */
const termsMax = 8;

/** Describes the terms of a plan: all, or the first `max` if there are at least two more. */
function termTexts(terms: readonly (NamedLimit | NamedRule)[], max: number): readonly string[] {
  const more = terms.length > max + 1 ? terms.length - max : 0;
  const texts = terms
    .slice(0, terms.length - more)
    .map((term) => ("period" in term ? limitText(term) : priceText(term)));
  return more > 0 ? [...texts, `And ${more} more terms`] : texts;
}

/** Describes a limit: `At most 1,000 Hits per day`. */
export function limitText({ name, period, value }: Omit<NamedLimit, "planId">): string {
  if (value === 0) return `No ${nameInText(name)}`;
  const most = `At most ${whole.format(value)} ${nameInText(name)}`;
  return period === "eternity" ? `${most} in all` : `${most} per ${period}`;
}

/** Describes a pricing rule: `Hits: 0.05 each, 1 to 1,000 per month`. Amounts have no currency. */
export function priceText({ name, min, max, costPerUnit }: Omit<NamedRule, "planId">): string {
  const above = min > 1 ? `, above ${whole.format(min - 1)} per month` : "";
  const range = max === null ? above : `, ${whole.format(min)} to ${whole.format(max)} per month`;
  return `${nameInText(name)}: ${formatAmount(costPerUnit)} each${range}`;
}

/** Returns what a plan offers, for a form that names it. */
export function includedIn(plan: Plan | undefined, shown: ShownOffers): Included | undefined {
  const offer = plan && shown.get(plan.id);
  return offer && { label: `${nameInText(plan.name)} includes:`, offer };
}

/** A plan with its unique name in the list and additional terms. */
interface PlanChoice {
  readonly plan: Plan;
  readonly name?: string;
  readonly more?: readonly string[];
}

/** Returns a choice of plans. Costs and what a plan offers are hints above it, because phones truncate options after about 30 characters. */
export function planField(choices: readonly PlanChoice[], shown: ShownOffers): FormField {
  const named = choices.map(({ name, ...choice }) => ({ ...choice, name: name ?? nameInText(choice.plan.name) }));
  return {
    name: "plan_id",
    label: "Plan",
    type: "text",
    required: true,
    hints: named
      .map(({ name, plan, more }) => ({ text: withTerms(name, plan, more), offer: shown.get(plan.id) }))
      .filter(({ text, offer }, index) => text !== named[index]?.name || offer !== undefined),
    options: named.map(({ plan, name }) => ({ value: String(plan.id), text: name })),
  };
}

type Terms = Pick<Plan, "name" | "costPerMonth" | "setupFee" | "trialPeriodDays">;

/** Returns the plan's name and terms: `Gold (1,234.5 per month, 20 setup fee)`. Amounts have no currency. */
export const describePlan = (plan: Terms, more: readonly string[] = []): string =>
  withTerms(nameInText(plan.name), plan, more);

function withTerms(
  name: string,
  { costPerMonth, setupFee, trialPeriodDays }: Terms,
  more: readonly string[] = [],
): string {
  const terms = [
    ...(Number(costPerMonth) > 0 ? [`${formatAmount(costPerMonth)} per month`] : []),
    ...(Number(setupFee) > 0 ? [`${formatAmount(setupFee)} setup fee`] : []),
    ...(trialPeriodDays ? [trialPeriodDays === 1 ? "1 trial day" : `${trialPeriodDays} trial days`] : []),
    ...more,
  ];
  return terms.length > 0 ? `${name} (${terms.join(", ")})` : name;
}

/** Formats a decimal exactly: amounts may have more digits than a number. */
function formatAmount(decimal: string): string {
  const [integer = "0", fraction = ""] = decimal.split(".");
  const digits = fraction.replace(/0+$/, "");
  return `${whole.format(BigInt(integer))}${digits === "" ? "" : `.${digits}`}`;
}

/** An account or an application, and the use cases that change its plan. */
interface PlanOwner {
  readonly name: string;
  readonly page: { readonly href: string; readonly text: string };
  /** Says which plan stays after a request is withdrawn. */
  readonly keptPlan: string;
  readonly readPlan: () => Promise<Plan | undefined>;
  readonly findOtherPlans: () => Promise<OtherPlans | undefined>;
  readonly readRequest: () => Promise<Pick<AccountPlanRequest, "planId" | "planName"> | undefined>;
  readonly requestPlan: (planId: number) => Promise<object | undefined>;
  readonly changePlan: (planId: number) => Promise<object | undefined>;
  readonly withdrawRequest: () => Promise<object | undefined>;
}

type PlanOwnerPage = (visit: DeveloperVisit, owner: PlanOwner) => Promise<FastifyReply>;

interface PlanPages {
  readonly path: string;
  readonly titles: Readonly<Record<OtherPlans["step"], string>>;
  /** Loads the owner of the plan. Responds itself if the developer may not open the page. */
  readonly requireOwner: (page: PlanOwnerPage) => DeveloperPage;
  /** Responds if the developer may neither change the plan nor request another one. */
  readonly showNoPlans: DeveloperPage;
}

/** Adds the forms of a plan: change it or request a change, and withdraw the request. */
export function addPlanPages(http: FastifyInstance, portal: Portal, pages: PlanPages): void {
  const { path, requireOwner } = pages;
  const limiter = createAttemptLimiter(portal, attemptLimits.planRequests);
  addFormPage(http, portal, {
    path,
    show: requireOwner((visit, owner) => showPlans(visit, pages, owner)),
    submit: requireOwner((visit, owner) => submitPlan(visit, pages, owner, limiter)),
  });
  addFormPage(http, portal, {
    path: `${path}/withdraw`,
    show: requireOwner(async (visit, owner) => {
      const openRequest = await owner.readRequest();
      if (!openRequest) return showNoRequest(visit, owner);
      return showForm(visit, {
        title: `Withdraw the request for ${nameInText(openRequest.planName)}?`,
        lead: owner.keptPlan,
        submit: "Withdraw request",
        back: owner.page,
      });
    }),
    submit: requireOwner(async (visit, owner) =>
      (await owner.withdrawRequest())
        ? redirectWithNotice(visit.reply, owner.page.href, "request-withdrawn")
        : showNoRequest(visit, owner),
    ),
  });
}

/** The page with the link to the withdrawal may be older than the decision, or the form was sent twice. */
export const showNoRequest = (
  { portal, request, reply, developer }: DeveloperVisit,
  { page }: Pick<PlanOwner, "page">,
): Promise<FastifyReply> =>
  portal.showPage(request, reply, {
    template: "message",
    title: "There is no open request",
    status: 404,
    developer,
    data: { text: "It was withdrawn or decided, so there is nothing left to withdraw.", link: page },
  });

async function showPlans(
  visit: DeveloperVisit,
  { titles, showNoPlans }: PlanPages,
  owner: PlanOwner,
  rejected: { readonly errors?: FieldErrors; readonly status?: number } = {},
): Promise<FastifyReply> {
  const { portal, request } = visit;
  const other = await owner.findOtherPlans();
  if (!other) return showNoPlans(visit);
  const isRequest = other.step === "request";
  const openRequest = isRequest ? await owner.readRequest() : undefined;
  const plan = await owner.readPlan();
  const title = titles[other.step];
  const choices = other.plans.filter(({ id }) => id !== openRequest?.planId);
  const planPage = listPage(request, title, choices, ({ name }) => name);
  const plans = plan ? [plan, ...planPage.rows] : planPage.rows;
  const shown = await readShownOffers(portal.pool, request.provider.id, plans);
  const field = planField(
    planPage.rows.map((offered) => ({ plan: offered })),
    shown,
  );
  const lead = [
    ...(plan ? [`${owner.name} is on the plan ${describePlan(plan)}.`] : []),
    ...(isRequest ? [`${nameInText(request.provider.name)} must approve a change.`] : []),
    ...(openRequest ? [`You have requested ${nameInText(openRequest.planName)}.`] : []),
    ...(openRequest ? [choices.length > 0 ? "Another request replaces this one." : "There is no other plan."] : []),
  ];
  return showForm(visit, {
    title,
    lead: lead.join(" "),
    planPage,
    included: includedIn(plan, shown),
    fields: withSubmittedValues(planPage.rows.length > 0 ? [field] : [], readForm(request.body)),
    submit: isRequest ? "Request plan" : "Change plan",
    back: owner.page,
    after: openRequest && {
      href: `${request.url.split("?", 1)[0]}/withdraw`,
      text: `Withdraw the request for ${nameInText(openRequest.planName)}`,
    },
    ...rejected,
  });
}

async function submitPlan(
  visit: DeveloperVisit,
  pages: PlanPages,
  owner: PlanOwner,
  limiter: AttemptLimiter,
): Promise<FastifyReply> {
  const { request, reply } = visit;
  const { plan_id: planId } = readForm(request.body);
  // Since the form was shown, it was sent twice, or the provider has granted the plan.
  if (String((await owner.readPlan())?.id) === planId)
    return redirectWithNotice(reply, owner.page.href, "plan-changed");
  const other = await owner.findOtherPlans();
  if (!other) return pages.showNoPlans(visit);
  const plan = other.plans.find(({ id }) => String(id) === planId);
  if (!plan) return showPlans(visit, pages, owner, { errors: { plan_id: notOffered } });
  const isRequest = other.step === "request";
  const tooMany = isRequest ? await mailLimitErrors(limiter, visit) : undefined;
  if (tooMany) return showPlans(visit, pages, owner, { errors: tooMany, status: 429 });

  const outcome = await (isRequest ? owner.requestPlan(plan.id) : owner.changePlan(plan.id));
  if (!outcome || "notFound" in outcome) return showNotFound(reply);
  return "notAllowed" in outcome
    ? showNotAllowed(visit)
    : redirectWithNotice(reply, owner.page.href, isRequest ? "plan-requested" : "plan-changed");
}
