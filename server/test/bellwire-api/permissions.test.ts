import { expect } from "vitest";
import { createProviderUser, createSession, scopes } from "#access/index.ts";
import { bellwireApiDocument } from "#http/bellwire-api/index.ts";
import { memberSections } from "#portal/provider-account/index.ts";
import { fieldsOf, operationsIn } from "../support/open-api.ts";
import { type BellwireApi, test } from "./bellwire-api-test.ts";

const methods = ["GET", "POST", "PATCH", "DELETE"] as const;

const operations = operationsIn(fieldsOf(await bellwireApiDocument("0.0.0"))).map(({ method, path, operation }) => ({
  method: methods.find((each) => each === method.toUpperCase()) ?? "GET",
  path: path.replace("/api/v1", "").replaceAll(/\{\w+\}/g, "1"),
  id: String(operation["operationId"]),
  tag: String([operation["tags"]].flat()[0]),
}));

/** Members with one of these sections may use the operations besides admins. By tag, then by id for exceptions. */
const openTo: Readonly<Record<string, "all" | readonly (typeof memberSections)[number][]>> = {
  Developers: ["partners"],
  History: ["partners"],
  Limits: "all",
  Messages: ["partners"],
  Search: "all",
  Sessions: "all",
  Views: "all",

  inviteUser: [],
  resendInvitation: [],
  deleteInvitation: [],
  deleteAuthenticationProvider: [],
  suspendAccount: [],
  resumeAccount: [],
  listEventTypes: ["partners"],
  listPlanFeatures: ["partners", "plans"],
  listApiSpecifications: ["plans"],
};

/** Reading them needs the permission to write: secrets, bytes that are not masked, and links that sign in. */
const secretReads = new Set([
  "readEndpointSecret",
  "readEndpointUrl",
  "readAttemptRequest",
  "readBinRequestBody",
  "listMails",
]);

const portalTags = new Set([
  "Audit log",
  "Developers",
  "History",
  "Limits",
  "Mails",
  "Messages",
  "Personal data",
  "Search",
  "Sessions",
  "Views",
]);

/** Operations that do not belong to webhooks. Histories of accounts name the types of events. */
const isOfPortal = ({ tag, id }: (typeof operations)[number]): boolean =>
  portalTags.has(tag) || id === "listEventTypes";

const denials = new Set(["permission-missing", "role-missing", "webhooks-denied"]);

/** Returns the ids of the operations that a caller may use. A parameter that none has stops a request after its authorization. */
async function allowed(api: BellwireApi, headers: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { method, path, id } of operations) {
    const answer = await api.sendWithoutToken({ method, url: `/api/v1${path}?unknown=1`, headers });
    const { code } = answer.json<{ code: string }>();
    if (denials.has(code)) continue;
    expect([id, code]).toEqual([id, "parameter-unknown"]);
    ids.push(id);
  }
  return ids;
}

const bearer = (credentials: string) => ({ authorization: `Bearer ${credentials}` });

async function signInMember({ pool, provider }: BellwireApi, now: Date, sections: readonly string[]) {
  const member = { providerId: provider.id, username: "ada", passwordHash: "none", role: "member", sections } as const;
  const { cookieValue, csrfToken } = await pool.inTransaction(async (tx) => {
    const { id: userId } = await createProviderUser(tx, member);
    return createSession(tx, { providerId: provider.id, audience: "admin", userId, now });
  });
  return { cookie: `bellwire_admin=${cookieValue}`, "x-csrf-token": csrfToken };
}

const idsOf = (isAllowed: (operation: (typeof operations)[number]) => boolean): readonly string[] =>
  operations.filter(isAllowed).map(({ id }) => id);

test("an admin's token and the provider key may use every operation", async ({ api }) => {
  expect(await allowed(api, bearer(api.token))).toEqual(idsOf(() => true));
  expect(await allowed(api, bearer(api.key))).toEqual(idsOf(() => true));
});

test("without the capability web_hooks, only operations of the portal are allowed, and to the provider key failures", async ({
  api,
}) => {
  await api.pool.query("update providers set web_hooks = 'denied' where id = $1", [api.provider.id]);
  expect(await allowed(api, bearer(api.token))).toEqual(idsOf(isOfPortal));
  expect(await allowed(api, bearer(api.key))).toEqual(idsOf((one) => one.tag === "Failures" || isOfPortal(one)));
});

test("a read-only token may use every GET that shows no secret, and nothing else", async ({ api }) => {
  const isRead = ({ method, id }: (typeof operations)[number]): boolean => method === "GET" && !secretReads.has(id);
  expect(await allowed(api, bearer(await api.addToken({ permission: "ro" })))).toEqual(idsOf(isRead));
});

test.for(scopes.filter((scope) => scope !== "account_management"))(
  "a token with the scope %s may use no operation",
  async (scope, { api }) => {
    expect(await allowed(api, bearer(await api.addToken({ scopes: [scope] })))).toEqual([]);
  },
);

test.for([{ sections: [] }, ...memberSections.map((section) => ({ sections: [section] }))])(
  "a signed-in member with the sections $sections may use the listed operations",
  async ({ sections }, { api, clock }) => {
    const isOpen = ({ tag, id }: (typeof operations)[number]): boolean => {
      const to = openTo[id] ?? openTo[tag] ?? [];
      return to === "all" || to.some((each) => sections.includes(each));
    };
    expect(await allowed(api, await signInMember(api, clock.now(), sections))).toEqual(idsOf(isOpen));
  },
);

test("a member's token needs the section of its scope for every operation", async ({ api }) => {
  const others = memberSections.filter((section) => section !== "partners");
  const token = await api.addToken({ role: "member", sections: others });
  expect(await allowed(api, bearer(token))).toEqual([]);
});
