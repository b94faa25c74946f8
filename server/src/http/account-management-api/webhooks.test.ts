import { text } from "node:stream/consumers";
import { expect, test } from "vitest";
import { indentEvent, renderFailuresAsJson, renderFailuresAsXml } from "./webhooks.ts";

const failure = {
  eventId: "0b6d7c1e-0000-7000-8000-000000000001",
  failedAt: new Date("2026-03-01T09:07:15.999Z"),
  error: "404 <Not Found>\u0007",
  url: "https://hooks.example/3s?a=1&b=2",
  body: Buffer.from(
    '<?xml version="1.0" encoding="UTF-8"?><event><action>created</action><type>user</type><object>' +
      "<user><id>21</id><username>mira &amp; co</username><extra_fields></extra_fields></user></object></event>",
  ),
};

test("the failure list equals 3scale's XML, with only the event indented", async () => {
  expect(await text(renderFailuresAsXml([[failure]])))
    .toBe(`<?xml version="1.0" encoding="UTF-8"?><webhooks-failures><webhooks-failure>\
<id>0b6d7c1e-0000-7000-8000-000000000001</id><time>2026-03-01T09:07:15Z</time><error>404 &lt;Not Found&gt; </error>\
<url>https://hooks.example/3s?a=1&amp;b=2</url><event>
  <action>created</action>
  <type>user</type>
  <object>
    <user>
      <id>21</id>
      <username>mira &amp; co</username>
      <extra_fields/>
    </user>
  </object>
</event></webhooks-failure></webhooks-failures>`);
});

test("the failure list equals 3scale's JSON, with the sent body as the event", async () => {
  const event = String.raw`\u003c?xml version=\"1.0\" encoding=\"UTF-8\"?\u003e\u003cevent\u003e\u003c/event\u003e`;
  const short = {
    ...failure,
    error: "timed out",
    body: Buffer.from('<?xml version="1.0" encoding="UTF-8"?><event></event>'),
  };

  expect(await text(renderFailuresAsJson([[short]]))).toBe(
    '{"webhooks-failures":[{"webhooks-failure":{"id":"0b6d7c1e-0000-7000-8000-000000000001",' +
      '"time":"2026-03-01T09:07:15Z","error":"timed out",' +
      String.raw`"url":"https://hooks.example/3s?a=1\u0026b=2","event":"${event}"}}]}`,
  );
});

test("an empty failure list has an empty root", async () => {
  expect(await text(renderFailuresAsXml([]))).toBe(
    '<?xml version="1.0" encoding="UTF-8"?><webhooks-failures></webhooks-failures>',
  );
  expect(await text(renderFailuresAsJson([]))).toBe('{"webhooks-failures":[]}');
});

test("an event in another format is shown unchanged", async () => {
  expect(await text(renderFailuresAsXml([[{ ...failure, body: Buffer.from('{"type":"a&b"}') }]]))).toContain(
    '<event>{"type":"a&amp;b"}</event>',
  );
});

test("all pages of failures are rendered into one list", async () => {
  const pages = [[failure, failure], [failure], []];
  const ids = Array.from((await text(renderFailuresAsXml(pages))).matchAll(/<webhooks-failure><id>/g));
  expect(ids).toHaveLength(3);
  expect(JSON.parse(await text(renderFailuresAsJson(pages)))).toMatchObject({ "webhooks-failures": { length: 3 } });
});

test("each element of an event is on its own line, and empty elements are self-closing", () => {
  const document =
    '<?xml version="1.0" encoding="UTF-8"?><event><action>created</action><type>account</type><object><account><id>31</id>' +
    "<annotations></annotations><trial_period_days/><org_name>Harbour &amp; Sons</org_name>" +
    '<plans><plan custom="false"><id>5</id></plan><plan default="true"></plan></plans></account></object></event>';

  expect(indentEvent(document)).toBe(`<event>
  <action>created</action>
  <type>account</type>
  <object>
    <account>
      <id>31</id>
      <annotations/>
      <trial_period_days/>
      <org_name>Harbour &amp; Sons</org_name>
      <plans>
        <plan custom="false">
          <id>5</id>
        </plan>
        <plan default="true"/>
      </plans>
    </account>
  </object>
</event>`);
});

test("a multi-line text in an event is not indented", () => {
  expect(indentEvent("<event><address>1 Quay\n2 Quay</address></event>")).toBe(
    "<event>\n  <address>1 Quay\n2 Quay</address>\n</event>",
  );
});
