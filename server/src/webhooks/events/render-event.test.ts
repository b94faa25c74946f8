import { expect, test } from "vitest";
import { type Node, record, value } from "#platform/document.ts";
import { type ChatFamily, chatFamilies } from "#webhooks/deliveries/index.ts";
import { renderEvent, sampleBody } from "./render-event.ts";

const sentence = "43 % of the attempts in the last 15 minutes succeeded. The limit is 50 %.";

const endpoint = (name: string, problem: string): Node =>
  record("endpoint", [
    value("id", 5),
    value("name", name),
    value("url", "https://crm.example/hooks?key=…"),
    record("alert", [value("kind", "success_rate"), value("sentence", problem)]),
  ]);

function render(
  format: ChatFamily,
  { type = "endpoint.degraded", name = "crm", source = "https://acme.example", problem = sentence } = {},
) {
  const event = {
    id: "019b2c1e-8694-739b-aea5-966c26f8ad91",
    source,
    type,
    objectId: 5,
    occurredAt: new Date(),
    accountId: 0,
    accountName: "Acme",
    sequence: 1,
    actor: { kind: "system" },
    channel: "system" as const,
    document: endpoint(name, problem),
  };
  return JSON.parse(renderEvent(event, format).toString());
}

const text = `🔴 Endpoint degraded: \`crm\`\n${sentence}\nhttps://acme.example/p/admin/endpoints/5`;

test.each<[ChatFamily, object]>([
  ["chat", { text }],
  ["chat-discord", { content: text, allowed_mentions: { parse: [] } }],
  [
    "chat-teams",
    {
      type: "message",
      attachments: [
        {
          contentType: "application/vnd.microsoft.card.adaptive",
          contentUrl: null,
          content: {
            $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
            type: "AdaptiveCard",
            version: "1.2",
            body: [
              {
                type: "RichTextBlock",
                inlines: [
                  {
                    type: "TextRun",
                    text: "Endpoint degraded: crm",
                    size: "Medium",
                    weight: "Bolder",
                    color: "Attention",
                  },
                ],
              },
              { type: "RichTextBlock", inlines: [{ type: "TextRun", text: sentence }] },
            ],
            actions: [
              { type: "Action.OpenUrl", title: "Open in Bellwire", url: "https://acme.example/p/admin/endpoints/5" },
            ],
          },
        },
      ],
    },
  ],
])("an alert in the format %s has exactly the properties that the program knows", (format, message) => {
  expect(render(format)).toEqual(message);
});

test.each([
  ["endpoint.recovered", `🟢 Endpoint recovered: \`crm\`\nThe problem is over. Before: ${sentence}`, "/endpoints/5"],
  ["endpoint.disabled", `🔴 Endpoint disabled: \`crm\`\n${sentence}`, "/endpoints/5"],
  ["deliveries.exhausted", `🔴 Deliveries exhausted: \`crm\`\n${sentence}`, "/failures?endpoint_id=5"],
])("a message about %s says so, and links to the page", (type, lines, page) => {
  expect(render("chat", { type })).toEqual({ text: `${lines}\nhttps://acme.example/p/admin${page}` });
});

test.each(chatFamilies)("no name mentions, links or breaks out of its place in the format %s", (format) => {
  const name = "<!channel> <@U1> <users/all> @here\n` [x](https://a.example) www\u202e";
  const problem = "@all <!here> [x](https://b.example)";
  const rendered = JSON.stringify(render(format, { name, problem, source: "/" }));
  expect(rendered).toContain("‹!channel› ‹＠U1› ‹users/all› ＠here ' (x)(https a.example) www");
  expect(rendered).toContain("＠all ‹!here› (x)(https b.example)");
  expect(rendered).not.toMatch(/[<>@\u202e]|\]\(|https:|\\n'/);
  expect(rendered.match(/`/g)?.length ?? 0).toBe(format === "chat-teams" ? 0 : 2);
});

test("Microsoft Teams shows a name with signs of Markdown as it is", () => {
  const [heading, line] = render("chat-teams", { name: "*crm*_eu_", problem: "_slow_" }).attachments[0].content.body;
  expect(heading).toMatchObject({ type: "RichTextBlock", inlines: [{ text: "Endpoint degraded: *crm*_eu_" }] });
  expect(line).toMatchObject({ type: "RichTextBlock", inlines: [{ text: expect.stringContaining("_slow_") }] });
});

test("a long name leaves a message below Discord's limit of 2,000 characters", () => {
  expect(render("chat-discord", { name: "x".repeat(255) }).content.length).toBeLessThan(400);
});

test.each(chatFamilies)("a sample in the format %s has no link, because its endpoint does not exist", (format) => {
  const sample = { id: "1", type: "endpoint.disabled", now: new Date(), source: "https://acme.example" } as const;
  expect(sampleBody(sample, format).toString()).not.toContain("acme.example");
});
