import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Compile } from "typebox/compile";
import { recordAudit } from "#access/index.ts";
import { checkForwardUrl } from "#http/shared/bin-requests.ts";
import { brokenRules, problemOfError, type FieldErrors } from "#http/shared/problem.ts";
import { isCrossOrigin, readForm } from "#http/shared/forms.ts";
import type { Transaction } from "#platform/database/database.ts";
import { binLimits } from "#platform/bin-and-stream-limits.ts";
import {
  type AnswerRule,
  AnswerRulesSchema,
  type BinSettings,
  checkAnswerRules,
  createShare,
  revokeShare,
  updateBin,
} from "#request-bin/index.ts";
import { maskUrl } from "#webhooks/endpoints/index.ts";
import { type ViewNeeds, parseNumber, sendRefusalPage } from "./view-routes.ts";
import { type ViewRequest, type Viewer, viewerPath } from "./viewer.ts";

interface ChangeRequest extends ViewRequest {
  readonly Params: { readonly id: string; readonly number: string; readonly share: string };
}

/** A change of the page, as its form sends it. */
interface Change {
  readonly path: string;
  /** The right of the viewer that the change needs. */
  readonly needs: "mayChange" | "maySend";
  /** Returns the reply: usually a redirect to the page. */
  readonly apply: (viewer: Viewer, form: Form, request: FastifyRequest<ChangeRequest>) => Promise<Done>;
}

type Form = Readonly<Record<string, string>>;
/** `refused`: the fields and their errors. */
type Done = "done" | { readonly refused: FieldErrors } | ((reply: FastifyReply) => Promise<FastifyReply>);

/** A form holds the rules as JSON, URL-encoded: three characters for a byte. */
export const formBytesMax = 3 * binLimits.answerRulesCharacters.max + 4096;

/** Adds the routes of the page's forms. A page of another site in a viewer's browser can use none of them. */
export function addChangeRoutes(http: FastifyInstance, needs: ViewNeeds): void {
  const { pages, findViewer } = needs;
  const changes = [...settingChanges(needs), forwarding(needs), sharing(needs), revocation(needs)];
  for (const { path, needs: right, apply } of changes) {
    http.post<ChangeRequest>(path, async (request, reply) => {
      if (isCrossOrigin(request))
        return pages.message(reply, { status: 403, text: "This form was sent from another site." });
      const viewer = await findViewer(request);
      if (typeof viewer === "string") return sendRefusalPage(pages, reply, viewer);
      if (!viewer[right]) return sendRefusalPage(pages, reply, "no right");
      const done = await apply(viewer, readForm(request.body), request);
      if (typeof done === "function") return done(reply);
      if (done === "done") return reply.redirect(viewerPath(viewer), 303);
      return sendErrors(request, reply, { pages, viewer, errors: done.refused });
    });
  }
}

/** Sends the errors as JSON to the page's script, and else as a page. */
function sendErrors(
  request: FastifyRequest,
  reply: FastifyReply,
  { pages, viewer, errors }: Pick<ViewNeeds, "pages"> & { readonly viewer: Viewer; readonly errors: FieldErrors },
): Promise<FastifyReply> | FastifyReply {
  const sentences = Object.entries(errors).flatMap(([field, messages]) =>
    messages.map((message) => (field === "base" ? message : `${field} ${message}`)),
  );
  if (request.headers.accept === "application/json") return reply.code(422).send({ errors: sentences });
  return pages.message(reply, { status: 422, text: `${sentences.join(". ")}.`, back: viewerPath(viewer) });
}

const keyOf = ({ bin }: Viewer) => ({ providerId: bin.providerId, binId: bin.id });

async function changeSettings({ pool }: ViewNeeds, viewer: Viewer, settings: BinSettings): Promise<Done> {
  await pool.inTransaction(async (tx) => {
    await updateBin(tx, viewer.bin, settings);
    const changed = Object.entries(settings).filter(([, value]) => value !== undefined);
    await audit(tx, viewer, { action: "bin.changed", detail: { changed: changed.map(([name]) => name) } });
  });
  return "done";
}

/** Changes of the bin's settings. */
function settingChanges(needs: ViewNeeds): readonly Change[] {
  const change = (viewer: Viewer, settings: BinSettings): Promise<Done> => changeSettings(needs, viewer, settings);
  return [
    {
      path: "/:id/view/answer",
      needs: "mayChange",
      async apply(viewer, { status, delay_ms }) {
        const answerStatus = wholeNumber(status, 200, 599);
        const answerDelayMs = wholeNumber(delay_ms, 0, delaySecondsMax * 1000);
        if (answerStatus === "invalid" || answerDelayMs === "invalid") {
          const sentence = `A bin responds with a status from 200 to 599, after at most ${delaySecondsMax} seconds`;
          return { refused: { base: [sentence] } };
        }
        return change(viewer, { answerStatus, answerDelayMs });
      },
    },
    {
      path: "/:id/view/name",
      needs: "mayChange",
      async apply(viewer, { name = "" }) {
        const isName = name.length <= nameLengthMax && !/\p{Cc}/u.test(name);
        return isName
          ? change(viewer, { name: name.trim() })
          : { refused: { base: [`The name must be one line of at most ${nameLengthMax} characters`] } };
      },
    },
    {
      path: "/:id/view/rules",
      needs: "mayChange",
      async apply(viewer, { rules = "" }) {
        const parsed = parseRules(rules);
        return "refused" in parsed ? parsed : change(viewer, { answerRules: parsed.rules });
      },
    },
    {
      path: "/:id/view/forward",
      needs: "maySend",
      async apply(viewer, { url = "" }) {
        const forwardUrl = url.trim() === "" ? null : url.trim();
        const wrong = forwardUrl === null ? undefined : await checkForwardUrl(forwardUrl, needs);
        return wrong === undefined ? change(viewer, { forwardUrl }) : { refused: { base: [urlSentence(wrong)] } };
      },
    },
  ];
}

/** Makes a sentence of an error that also stands alone at a field: "Must be a valid URL". */
const urlSentence = (error: string): string =>
  `The URL ${error.replace(/^(?:Must|Leads) /, (word) => word.toLowerCase())}`;

/** Forwards one request now. */
const forwarding = ({ pool, forwarder, ...needs }: ViewNeeds): Change => ({
  path: "/:id/view/requests/:number/forward",
  needs: "maySend",
  async apply(viewer, { url = "" }, { params }) {
    const target = url.trim() || (viewer.bin.forwardUrl ?? "");
    const wrong = target === "" ? "is missing" : await checkForwardUrl(target, needs);
    if (wrong !== undefined) return { refused: { base: [urlSentence(wrong)] } };
    const number = parseNumber(params.number);
    const result = await forwarder.forward({ ...keyOf(viewer), number }, target);
    if (result === "busy") return { refused: { base: ["Many requests are being forwarded. Try again"] } };
    if (!result) return { refused: { base: ["This request does not exist"] } };
    await pool.inTransaction((tx) =>
      audit(tx, viewer, { action: "bin.request_forwarded", detail: { number, url: maskUrl(target) } }),
    );
    return "done";
  },
});

/** Creates a share link. */
const sharing = ({ pool, pages, clock, originOf }: ViewNeeds): Change => ({
  path: "/:id/view/shares",
  needs: "maySend",
  async apply(viewer, { hours: text }, request) {
    const hours = wholeNumber(text ?? "24", 1, binLimits.shareHours.max);
    if (typeof hours !== "number")
      return { refused: { base: [`A link expires in 1 to ${binLimits.shareHours.max} hours`] } };
    const created = await pool.inTransaction(async (tx) => {
      const share = await createShare(tx, keyOf(viewer), { now: clock.now(), seconds: hours * 3600 });
      if (typeof share !== "string") await audit(tx, viewer, { action: "bin.shared", detail: { hours } });
      return share;
    });
    if (typeof created === "string") return { refused: { base: ["This bin has too many share links. Revoke one"] } };
    const { share, secret } = created;
    const url = originOf(request) + viewerPath({ bin: viewer.bin, credential: { share: secret } });
    return (reply) => pages.share(reply, viewer, { url, share });
  },
});

const revocation = ({ pool }: ViewNeeds): Change => ({
  path: "/:id/view/shares/:share/revoke",
  needs: "maySend",
  async apply(viewer, _form, { params: { share } }) {
    const id = /^\d{1,16}$/.test(share) ? Number(share) : 0;
    await pool.inTransaction(async (tx) => {
      const isRevoked = await revokeShare(tx, keyOf(viewer), id);
      if (isRevoked) await audit(tx, viewer, { action: "bin.share_revoked", detail: {} });
    });
    return "done";
  },
});

/** A viewer with the key has no identity. */
const audit = (
  tx: Transaction,
  { bin, actor = { kind: "system" } }: Viewer,
  record: { readonly action: string; readonly detail: Readonly<Record<string, unknown>> },
): Promise<void> => recordAudit(tx, { ...record, providerId: bin.providerId, subject: `bin/${bin.id}`, actor });

const delaySecondsMax = binLimits.answerDelaySeconds.max;
const nameLengthMax = 100;

function wholeNumber(text: string | undefined, min: number, max: number): number | "invalid" | undefined {
  if (text === undefined) return undefined;
  const number = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  return number >= min && number <= max ? number : "invalid";
}

/** Parses rules from JSON, with the errors of the API. An empty text removes them. */
function parseRules(text: string): { readonly rules: readonly AnswerRule[] } | { readonly refused: FieldErrors } {
  const value = parseJson(text.trim() === "" ? "[]" : text);
  if (value instanceof SyntaxError) return { refused: { base: [`The rules are not JSON: ${value.message}`] } };
  const rulesValidator = Compile(AnswerRulesSchema);
  if (!rulesValidator.Check(value)) {
    const validation = brokenRules(rulesValidator, value);
    const { errors = {} } = problemOfError(Object.assign(new Error("invalid rules"), { validation }));
    return { refused: nameAsOnPage(errors) };
  }
  const refused = checkAnswerRules(value);
  return Object.keys(refused).length > 0 ? { refused: nameAsOnPage(refused) } : { rules: value };
}

/** Names the fields as the page does: "Rule 1, response 2, headers" instead of `0.answers.1.headers`. */
const nameAsOnPage = (errors: FieldErrors): FieldErrors =>
  Object.fromEntries(Object.entries(errors).map(([field, messages]) => [nameOfRuleField(field), messages]));

function nameOfRuleField(field: string): string {
  const [, rule, answer, name = ""] = /^(?:answer_rules\.)?(\d+)(?:\.answers\.(\d+))?(?:\.(.+))?$/.exec(field) ?? [];
  if (rule === undefined) return "The list of rules";
  const parts = [`Rule ${Number(rule) + 1}`, answer && `response ${Number(answer) + 1}`, name.replaceAll("_", " ")];
  return parts.filter(Boolean).join(", ");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return error;
  }
}
