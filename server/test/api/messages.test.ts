import { expect } from "vitest";
import { readXmlStrictly } from "../support/read-xml-strictly.ts";
import { type ProviderApi, test, xmlDeclaration } from "./api-test.ts";
import { createPortalObjects } from "./portal-objects.ts";

const text = { subject: "Tides & winds", body: "Dear all,\n\nthe tides <change>." };

/** Creates an account whose admin and member have addresses, and returns the path of its messages. */
async function setUp(api: ProviderApi): Promise<{ readonly account: number; readonly path: string }> {
  const { account } = await createPortalObjects(api);
  const statement = "update users set email = username || '@quay.example', role = $2 where provider_id = $1 and ";
  await api.pool.query(`${statement} id in (select min(id) from users where provider_id = $1)`, [
    api.provider.id,
    "admin",
  ]);
  const member = { username: "olaf", email: "olaf@quay.example" };
  await api.send("POST", `/accounts/${account}/users.json`, { payload: member });
  await api.pool.query("delete from mails where provider_id = $1", [api.provider.id]);
  return { account, path: `/accounts/${account}/messages` };
}

const mailsOf = ({ pool, provider }: ProviderApi) =>
  pool.query<{ subject: string; text: string; account: number }>(
    "select subject, text, account_id as account from mails where provider_id = $1",
    [provider.id],
  );

const idOf = (body: string): string => /<id>(\d+)<\/id>/.exec(body)?.[1] ?? "";

test("a message has 3scale's elements, and is mailed to the account's admins with its text and its page", async ({
  api,
}) => {
  const { account, path } = await setUp(api);
  const xml = await api.send("POST", `${path}.xml`, { payload: text });
  const id = idOf(xml.body);
  expect([xml.statusCode, xml.headers.location, xml.body]).toEqual([
    201,
    undefined,
    `${xmlDeclaration}<message><id>${id}</id><body>Dear all,\n\nthe tides &lt;change&gt;.</body><subject>Tides &amp; winds</subject><state>sent</state></message>`,
  ]);
  const [mail, ...others] = await mailsOf(api);
  expect([others, mail]).toEqual([
    [],
    { account, subject: `${api.provider.name}: Tides & winds`, text: expect.anything() },
  ]);
  expect(mail?.text).toContain(`\n\n${text.subject}\n\n${text.body}\n\n`);
  expect(mail?.text).toMatch(new RegExp(`\\n\\nhttps?://${api.provider.subdomain}\\.[^\\n]*/messages/${id}\\n$`));
});

test("JSON has the times, and no body if none was sent", async ({ api, clock }) => {
  const { path } = await setUp(api);
  const answer = await api.send("POST", `${path}.json`, { payload: { message: { subject: "Tides" } } });
  const at = `${clock.now().toISOString().slice(0, 19)}Z`;
  expect([answer.statusCode, answer.json()]).toEqual([
    201,
    { message: { id: expect.any(Number), subject: "Tides", state: "sent", created_at: at, updated_at: at } },
  ]);
});

test("a message without a subject is refused in the raising form, and shown unsent", async ({ api }) => {
  const { path } = await setUp(api);
  const xml = await api.send("POST", `${path}.xml`, { payload: { body: "Hi" } });
  expect([xml.statusCode, xml.body.replaceAll(/\s*\n\s*/g, "")]).toEqual([
    422,
    "<error><from>unsent</from><event>deliver</event><error>Subject can't be blank</error>" +
      "<message><body>Hi</body><state>unsent</state></message></error>",
  ]);
  const unwritable = await api.send("POST", `${path}.xml`, { payload: { subject: "\ufffe", body: "a\0b" } });
  expect([unwritable.statusCode, readXmlStrictly(unwritable.body).name]).toEqual([422, "error"]);
  for (const payload of [{ subject: " " }, { message: {} }, {}]) {
    const json = await api.send("POST", `${path}.json`, { payload });
    expect([json.statusCode, json.json().error]).toEqual([
      422,
      {
        from: "unsent",
        event: "deliver",
        error: "Subject can't be blank",
        object: { message: { ...("subject" in payload && payload), state: "unsent" } },
      },
    ]);
  }
  const long = await api.send("POST", `${path}.json`, { payload: { subject: "Hi", body: "x".repeat(10_001) } });
  expect(long.json().error.error).toBe("Body is too long (maximum is 10000 characters)");
  expect(await api.pool.query("select from messages where provider_id = $1", [api.provider.id])).toEqual([]);
});

test("a text as `message` is refused, and a request without parameters lacks it", async ({ api }) => {
  const { path } = await setUp(api);
  expect(await api.send("POST", `${path}.xml`, { payload: { message: "text" } })).toMatchObject({
    statusCode: 422,
    body: "Wrong type for parameter: message",
  });
  expect(await api.send("POST", `${path}.json`)).toMatchObject({
    statusCode: 400,
    body: "Required parameter missing: message",
  });
});

test("an unknown account is 404, and a suspended one gets the message without a mail", async ({ api }) => {
  const { account, path } = await setUp(api);
  expect((await api.send("POST", "/accounts/1/messages.xml", { payload: text })).statusCode).toBe(404);
  await api.pool.query("update accounts set state = 'suspended' where id = $1", [account]);
  expect((await api.send("POST", `${path}.xml`, { payload: text })).statusCode).toBe(201);
  expect(await mailsOf(api)).toEqual([]);
});

test("a sent message leaves an audit record without its text", async ({ api }) => {
  const { account, path } = await setUp(api);
  const id = idOf((await api.send("POST", `${path}.xml`, { payload: text })).body);
  const records = await api.pool.query(
    "select action, subject, detail from audit_records where provider_id = $1 and action like 'message.%'",
    [api.provider.id],
  );
  expect(records).toEqual([{ action: "message.sent", subject: `message/${id}`, detail: { accountId: account } }]);
});
