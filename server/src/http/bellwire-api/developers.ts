import { Type } from "typebox";
import { allowedActions, isInProductScope } from "#access/index.ts";
import {
  declineApplicationPlanRequest,
  declineSubscriptionPlanRequest,
  listPendingSubscriptions,
  type PendingSubscription,
  readApplication,
  regenerateApplicationKey,
  regenerateUserKey,
  rejectApplication,
  type ApplicationChange,
} from "#portal/applications/index.ts";
import {
  deleteInvitation,
  inviteUser,
  listInvitations,
  readUser,
  resendInvitation,
  sendActivation,
} from "#portal/users/index.ts";
import {
  changeAccountState,
  declineAccountPlanRequest,
  listAccountPlanRequests,
  listApplicationPlanRequests,
  readAccount,
  type AccountPlanRequest,
  type ApplicationPlanRequest,
} from "#portal/accounts/index.ts";
import { listEnabledFeatures, listSpecifications } from "#portal/products/index.ts";
import { activationUrl, invitationUrl, logInUrl } from "#portal/providers/index.ts";
import { deleteAuthenticationProvider } from "#portal/single-sign-on/index.ts";
import { requirePermission } from "../shared/admin-caller.ts";
import { Problem } from "../shared/problem.ts";
import { IdOf, IdsOf, Nullable, representAs, Timestamp } from "./fields.ts";
import {
  countSentLink,
  noContentResponse,
  noContent,
  operation,
  Reply,
  requireAccepted,
  requireDone,
  requireFound,
  type Call,
  type Operation,
  type OperationNeeds,
} from "./operation.ts";

const accountParams = Type.Object({ id: IdOf("the account") });
const applicationParams = Type.Object({ id: IdOf("the application") });

// Accounts

const stateOperation = (
  transition: "suspend" | "resume",
  texts: Pick<Operation, "id" | "title" | "description">,
): Operation =>
  operation({
    ...texts,
    method: "POST",
    path: `/accounts/{id}/${transition}`,
    action: "administer-portal",
    params: accountParams,
    responses: noContentResponse,
    async handle(needs, { provider, by, params: { id: accountId } }) {
      const change = { provider, accountId, transition, logInUrl: logInUrl(needs, provider), by };
      requireDone(await changeAccountState(needs.pool, change));
      return noContent;
    },
  });

export const accountOperations: readonly Operation[] = [
  stateOperation("suspend", {
    id: "suspendAccount",
    title: "Suspend an account",
    description: "Ends the sessions of its users. Nobody can sign in until it is resumed.",
  }),
  stateOperation("resume", {
    id: "resumeAccount",
    title: "Resume a suspended account",
    description: "Approves it again.",
  }),
];

// Users

const invitationParams = Type.Object({ id: IdOf("the account"), invitation_id: IdOf("the invitation") });

const InvitationSchema = Type.Object(
  {
    id: Type.Integer(),
    email: Type.String(),
    sent_at: Timestamp,
    expires_at: Timestamp,
    accepted_at: Nullable(Timestamp),
    created_at: Timestamp,
  },
  { title: "Invitation", description: "An invitation by mail to join an account." },
);

export const representInvitation = representAs(InvitationSchema);

/** An invited person becomes a user, and only admins create users. */
const invitationAction = "administer-portal";

export const userOperations: readonly Operation[] = [
  operation({
    id: "listInvitations",
    title: "List the invitations of an account, oldest first",
    description: "Includes accepted invitations.",
    method: "GET",
    path: "/accounts/{id}/invitations",
    action: "read-portal",
    params: accountParams,
    responses: { 200: Type.Object({ data: Type.Array(InvitationSchema) }) },
    async handle({ pool }, { provider, params: { id } }) {
      requireFound(await readAccount(pool, provider.id, id));
      return { data: (await listInvitations(pool, provider.id, id)).map(representInvitation) };
    },
  }),
  operation({
    id: "inviteUser",
    title: "Invite a person to an account",
    description:
      "Sends a mail with a link. There, the person chooses a username and a password, and becomes a member. The link expires after two weeks.",
    method: "POST",
    path: "/accounts/{id}/invitations",
    action: invitationAction,
    params: accountParams,
    body: Type.Object({ email: Type.String({ maxLength: 255 }) }, { additionalProperties: false }),
    responses: { 201: InvitationSchema },
    async handle(needs, { provider, by, params: { id: accountId }, body: { email } }) {
      await countSentLink(needs, provider, email);
      const urlOf = invitationUrl(needs, provider);
      const outcome = requireFound(await inviteUser(needs.pool, { provider, accountId, email, urlOf, by }));
      requireAccepted(outcome);
      return new Reply(201, representInvitation(outcome.invitation));
    },
  }),
  operation({
    id: "resendInvitation",
    title: "Send an invitation again",
    description: "The mail has a new link, valid for two weeks. The previous link stops working.",
    method: "POST",
    path: "/accounts/{id}/invitations/{invitation_id}/resend",
    action: invitationAction,
    params: invitationParams,
    responses: noContentResponse,
    async handle(needs, { provider, by, params: { id: accountId, invitation_id: invitationId } }) {
      const invitations = await listInvitations(needs.pool, provider.id, accountId);
      await countSentLink(needs, provider, invitations.find(({ id }) => id === invitationId)?.email);
      const urlOf = invitationUrl(needs, provider);
      requireDone(await resendInvitation(needs.pool, { provider, accountId, invitationId, urlOf, by }));
      return noContent;
    },
  }),
  operation({
    id: "deleteInvitation",
    title: "Delete an invitation",
    description: "Its link stops working. A person who has already joined stays.",
    method: "DELETE",
    path: "/accounts/{id}/invitations/{invitation_id}",
    action: invitationAction,
    params: invitationParams,
    responses: noContentResponse,
    async handle({ pool }, { provider, by, params: { id: accountId, invitation_id: invitationId } }) {
      requireDone(await deleteInvitation(pool, { provider, accountId, invitationId, by }));
      return noContent;
    },
  }),
  operation({
    id: "sendActivation",
    title: "Send a pending user the activation mail again",
    description: "The mail has a new link, valid for two weeks. The previous link stops working.",
    method: "POST",
    path: "/users/{id}/send_activation",
    action: "change-portal",
    params: accountParams,
    responses: noContentResponse,
    async handle(needs, { provider, by, params: { id: userId } }) {
      const { accountId, email } = requireFound(await readUser(needs.pool, provider.id, userId));
      await countSentLink(needs, provider, email);
      const urlOf = activationUrl(needs, provider);
      requireDone(await sendActivation(needs.pool, { provider, accountId, userId, urlOf, by }));
      return noContent;
    },
  }),
];

// Plan requests

const planRequestFields = {
  account_id: Type.Integer(),
  org_name: Type.String(),
  plan_id: Type.Integer({ description: "The requested plan." }),
  plan_name: Type.String(),
  asked_by: Nullable(Type.String({ description: "The username. Null after the user was deleted." })),
  created_at: Timestamp,
};

const AccountPlanRequestSchema = Type.Object(planRequestFields, {
  title: "AccountPlanRequest",
  description: "A request for another account plan, for providers that approve plan changes.",
});

const PlanRequestSchema = Type.Object(
  { application_id: Type.Integer(), application_name: Type.String(), ...planRequestFields },
  {
    title: "PlanRequest",
    description: "A request for another application plan, for products whose plan changes need approval.",
  },
);

const toPlanRequest = representAs(PlanRequestSchema);
export const representPlanRequest = (request: ApplicationPlanRequest) =>
  toPlanRequest({ ...request, askedBy: request.requestedBy });

const toAccountPlanRequest = representAs(AccountPlanRequestSchema);
export const representAccountPlanRequest = (request: AccountPlanRequest) =>
  toAccountPlanRequest({ ...request, askedBy: request.requestedBy });

const PendingSubscriptionSchema = Type.Object(
  {
    subscription_id: Type.Integer(),
    account_id: Type.Integer(),
    org_name: Type.String(),
    product_id: Type.Integer(),
    product_name: Type.String(),
    plan_id: Type.Integer({ description: "The service plan." }),
    plan_name: Type.String(),
    requested_plan_id: Nullable(Type.Integer({ description: "The requested plan. Null if it waits for approval." })),
    requested_plan_name: Nullable(Type.String()),
    asked_by: Nullable(Type.String({ description: "The username. Null after the user was deleted." })),
    created_at: Timestamp,
  },
  {
    title: "PendingSubscription",
    description: "A subscription of an account to a product that waits for approval, or for a requested plan.",
  },
);

const toPendingSubscription = representAs(PendingSubscriptionSchema);
export const representPendingSubscription = (subscription: PendingSubscription) =>
  toPendingSubscription({ ...subscription, askedBy: subscription.requestedBy });

const PlanFeatureSchema = Type.Object(
  { plan_id: Type.Integer(), feature_id: Type.Integer() },
  { title: "PlanFeature", description: "A feature that a plan has." },
);

export const representPlanFeature = representAs(PlanFeatureSchema);

const ApiSpecificationSchema = Type.Object(
  {
    id: Type.Integer(),
    product_id: Nullable(Type.Integer()),
    system_name: Type.String(),
    name: Type.String(),
    description: Nullable(Type.String()),
    published: Type.Boolean(),
    version: Type.String({ description: "The version of its format: 3.0 for OpenAPI 3.0, 2.0 for Swagger 2.0." }),
    updated_at: Timestamp,
  },
  { title: "ApiSpecification", description: "An API specification without its body." },
);

export const representApiSpecification = representAs(ApiSpecificationSchema);

/** Reads which account the application belongs to. */
export async function applicationChange(
  { pool }: OperationNeeds,
  { provider, by }: Pick<Call, "provider" | "by">,
  applicationId: number,
): Promise<ApplicationChange> {
  const { accountId } = requireFound(await readApplication(pool, provider.id, applicationId));
  return { provider, accountId, applicationId, by };
}

const readActions = {
  account_plan: "read-account-plans",
  service_plan: "read-service-plans",
  application_plan: "read-products",
} as const;

export const planRequestOperations: readonly Operation[] = [
  operation({
    id: "listPlanRequests",
    title: "List the requests for application plans, oldest first",
    description:
      "The first 200 open requests, or those of some applications. To grant one, change the application's plan.",
    method: "GET",
    path: "/plan_requests",
    action: "read-portal",
    query: Type.Object({ application_id: IdsOf("an application") }),
    responses: { 200: Type.Object({ data: Type.Array(PlanRequestSchema) }) },
    async handle({ pool }, { provider, caller: { productScope: scope }, query: { application_id: applicationIds } }) {
      const requests = await listApplicationPlanRequests(pool, provider.id, { scope, applicationIds });
      return { data: requests.map(representPlanRequest) };
    },
  }),
  operation({
    id: "declinePlanRequest",
    title: "Decline the requested plan of an application",
    description: "The application keeps its plan.",
    method: "DELETE",
    path: "/applications/{id}/plan_request",
    action: "change-portal",
    params: applicationParams,
    responses: noContentResponse,
    async handle(needs, call) {
      const change = await applicationChange(needs, call, call.params.id);
      requireDone(await declineApplicationPlanRequest(needs.pool, change));
      return noContent;
    },
  }),
  operation({
    id: "listAccountPlanRequests",
    title: "List the requests for account plans, oldest first",
    description: "The first 200 open requests, or those of some accounts. To grant one, change the account's plan.",
    method: "GET",
    path: "/account_plan_requests",
    action: "read-portal",
    query: Type.Object({ account_id: IdsOf("an account") }),
    responses: { 200: Type.Object({ data: Type.Array(AccountPlanRequestSchema) }) },
    async handle({ pool }, { provider, query: { account_id: accountIds } }) {
      const requests = await listAccountPlanRequests(pool, provider.id, accountIds);
      return { data: requests.map(representAccountPlanRequest) };
    },
  }),
  operation({
    id: "listPendingSubscriptions",
    title: "List the subscriptions that wait for approval or another plan, oldest first",
    description:
      "The first 200 of all accounts or of one. The Account Management API approves and deletes them, and changes their plans. Members need the sections of accounts and of plans.",
    method: "GET",
    path: "/pending_subscriptions",
    action: "read-portal",
    query: Type.Object({ account_id: Type.Optional(IdOf("an account")) }),
    responses: { 200: Type.Object({ data: Type.Array(PendingSubscriptionSchema) }) },
    async handle({ pool }, { provider, caller, query: { account_id: accountId } }) {
      requirePermission(caller, "read-service-plans", provider);
      const pending = await listPendingSubscriptions(pool, provider.id, { scope: caller.productScope, accountId });
      return { data: pending.map(representPendingSubscription) };
    },
  }),
  operation({
    id: "declineSubscriptionPlanRequest",
    title: "Decline the requested plan of a subscription",
    description: "The subscription keeps its plan.",
    method: "DELETE",
    path: "/accounts/{id}/service_subscriptions/{subscription_id}/plan_request",
    action: "change-portal",
    params: Type.Object({ id: IdOf("the account"), subscription_id: IdOf("the subscription") }),
    responses: noContentResponse,
    async handle({ pool }, { provider, caller, by, params: { id: accountId, subscription_id: subscriptionId } }) {
      requirePermission(caller, "change-plans", provider);
      requireDone(await declineSubscriptionPlanRequest(pool, { provider, accountId, subscriptionId, by }));
      return noContent;
    },
  }),
  operation({
    id: "listPlanFeatures",
    title: "List the features that plans have",
    description:
      "Of a product's application plans and service plans, or of account plans. The Account Management API enables and disables " +
      "them for each plan. Plans that the caller may not read are left out, and so are custom plans.",
    method: "GET",
    path: "/plan_features",
    action: "read-features",
    query: Type.Object({ product_id: Type.Optional(IdOf("a product. Without it, account plans are listed")) }),
    responses: { 200: Type.Object({ data: Type.Array(PlanFeatureSchema) }) },
    async handle({ pool }, { provider, caller, query: { product_id: productId = null } }) {
      const isVisible = productId === null || isInProductScope(caller.productScope, productId);
      const enabled = isVisible ? await listEnabledFeatures(pool, { providerId: provider.id, productId }) : [];
      const allowed = allowedActions(caller, provider);
      return { data: enabled.filter(({ kind }) => allowed.includes(readActions[kind])).map(representPlanFeature) };
    },
  }),
  operation({
    id: "listApiSpecifications",
    title: "List the API specifications, without their bodies",
    description: "The Account Management API returns them with their bodies, and changes them (ActiveDocs).",
    method: "GET",
    path: "/api_specifications",
    action: "read-specifications",
    responses: { 200: Type.Object({ data: Type.Array(ApiSpecificationSchema) }) },
    async handle({ pool }, { provider, caller: { productScope } }) {
      return { data: (await listSpecifications(pool, provider.id, productScope)).map(representApiSpecification) };
    },
  }),
  operation({
    id: "declineAccountPlanRequest",
    title: "Decline the requested plan of an account",
    description: "The account keeps its plan.",
    method: "DELETE",
    path: "/accounts/{id}/plan_request",
    action: "change-portal",
    params: accountParams,
    responses: noContentResponse,
    async handle({ pool }, { provider, by, params: { id: accountId } }) {
      requireDone(await declineAccountPlanRequest(pool, { provider, accountId, by }));
      return noContent;
    },
  }),
];

// Applications

export const applicationOperations: readonly Operation[] = [
  operation({
    id: "rejectApplication",
    title: "Reject a pending application",
    description: "Deletes it, and mails the reason to the admins of its account.",
    method: "POST",
    path: "/applications/{id}/reject",
    action: "change-portal",
    params: applicationParams,
    body: Type.Object(
      { reason: Type.Optional(Type.String({ maxLength: 2000, description: "The reason in the mail." })) },
      { additionalProperties: false },
    ),
    responses: noContentResponse,
    async handle(needs, call) {
      const change = await applicationChange(needs, call, call.params.id);
      requireDone(await rejectApplication(needs.pool, { ...change, reason: call.body.reason ?? "" }));
      return noContent;
    },
  }),
  operation({
    id: "regenerateUserKey",
    title: "Give an application a new user key",
    description: "The old key stops working immediately.",
    method: "POST",
    path: "/applications/{id}/regenerate_user_key",
    action: "change-portal",
    params: applicationParams,
    responses: noContentResponse,
    async handle(needs, call) {
      const change = await applicationChange(needs, call, call.params.id);
      requireDone(await regenerateUserKey(needs.pool, { ...change, writer: "program" }));
      return noContent;
    },
  }),
  operation({
    id: "regenerateApplicationKey",
    title: "Replace a key with a new one",
    description: "Replaces an application key or a client secret. The old key stops working immediately.",
    method: "POST",
    path: "/applications/{id}/regenerate_key",
    action: "change-portal",
    params: applicationParams,
    body: Type.Object({ key: Type.String({ description: "The current key." }) }, { additionalProperties: false }),
    responses: noContentResponse,
    async handle(needs, call) {
      const change = await applicationChange(needs, call, call.params.id);
      requireDone(await regenerateApplicationKey(needs.pool, { ...change, writer: "program", value: call.body.key }));
      return noContent;
    },
  }),
];

// Single sign-on

export const authenticationProviderOperations: readonly Operation[] = [
  operation({
    id: "deleteAuthenticationProvider",
    title: "Delete an authentication provider",
    description:
      "Of either portal. Nobody can sign in with it any more, and the sessions of its users end, except your own. The users stay, and can choose a password by email.",
    method: "DELETE",
    path: "/authentication_providers/{id}",
    action: "administer-provider",
    params: Type.Object({ id: IdOf("the authentication provider") }),
    responses: noContentResponse,
    async handle({ pool, encryption }, { provider, by, params: { id } }) {
      const isDeleted = await deleteAuthenticationProvider({ pool, encryption }, { providerId: provider.id, id, by });
      if (isDeleted === "needed")
        throw new Problem("conflict", { detail: "Single sign-on is required, and needs it." });
      if (!isDeleted) throw new Problem("not-found");
      return noContent;
    },
  }),
];
