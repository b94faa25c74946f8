import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { createNetworkLimiter, type NetworkLimiter } from "#access/index.ts";
import { attemptLimits } from "#platform/limits/limits.ts";
import { readFieldsDefinitions } from "#portal/fields/index.ts";
import type { Provider } from "#portal/providers/index.ts";
import { signUpAccount, signUpIsOpen, type SignUpDoor } from "#portal/whole-accounts/index.ts";
import { whenFormWasIssued } from "../shared/form-token.ts";
import { activationUrl } from "../shared/mailed-links.ts";
import { readForm } from "../shared/read-form.ts";
import { isLoopback, waitInWords } from "../shared/sign-in-limits.ts";
import { findSignUpSentTwice } from "./find-sign-up-sent-twice.ts";
import { showFormRefused } from "./show-form-refused.ts";
import type { Portal } from "./show-page.ts";
import { showSignUpForm } from "./show-sign-up-form.ts";
import { valuesAskedFor } from "./sign-up-form.ts";
import { toVisitors } from "./to-visitors.ts";
import { asWantedPlans, readWantedPlans, signUpPath } from "./wanted-plans.ts";
import { waitingPages } from "./where-to-wait.ts";
import { welcomeDeveloper } from "./welcome-developer.ts";

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
  const provider = toVisitors(request.provider);
  const form = readForm(request.body);
  const issued = whenFormWasIssued(request, form, portal.cookieSecret);
  const planIds = readWantedPlans(request);
  if (!issued) return showFormRefused(portal, request, reply, signUpPath(planIds));

  const values = valuesAskedFor(await readFieldsDefinitions(pool, provider.id), form);
  const seconds = isLoopback(request.ip) ? 0 : await limiter.secondsToWait(request.ip, String(provider.id));
  if (seconds > 0) {
    reply.header("retry-after", seconds);
    const error = `Too many sign-ups came from your network. Please try again ${waitInWords(seconds)}.`;
    return showSignUpForm(portal, request, reply, { status: 429, values, error });
  }

  const [wantedPlans, by] = [asWantedPlans(planIds), formOf(portal, request)];
  const outcome = await signUpAccount(pool, { provider, values, wantedPlans, by, now: portal.clock.now() });
  if ("user" in outcome) return welcomeDeveloper(portal, request, reply, outcome.user);
  if ("closed" in outcome) return showClosed(portal, request, reply);
  if ("notFound" in outcome) return showSignUpForm(portal, request, reply, { ...withoutPlans(provider), values });

  const sentTwice = await findSignUpSentTwice(portal, {
    providerId: provider.id,
    address: by.address,
    values,
    ...issued,
  });
  if (sentTwice) return welcomeDeveloper(portal, request, reply, sentTwice);
  return showSignUpForm(portal, request, reply, { status: 422, values, errors: outcome.refused });
}

/** The form without the plans that are not to be had, since nobody who fills it in can take them away. */
const withoutPlans = ({ name }: Provider) => ({
  status: 422,
  planIds: [],
  error: `You came for plans that are not to be had, or not together. Send the form again to get the usual ones, or ask ${name} for another link.`,
});

const formOf = (portal: Portal, { provider, ip }: FastifyRequest): SignUpDoor & { readonly door: "form" } => ({
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
