import { createHmac } from "node:crypto";

/** A request, and how every receiver must respond to it. */
export interface ExpectedRequest {
  readonly title: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly status: 200 | 401 | 422;
  /** The line that the receiver prints. Absent if it processes nothing. */
  readonly prints?: string;
}

export const keys = { newer: Buffer.alloc(32, 5), older: Buffer.alloc(24, 0xfb) } as const;

/** The value of the environment variable during a rotation. */
export const secretsText = Object.values(keys)
  .map((key) => `whsec_${key.toString("base64")}`)
  .join(",");

/** Signs like Bellwire, which the test vectors prove. */
export const signatureOf = (key: Buffer, id: string, timestamp: string, body: Buffer): string =>
  `v1,${createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body).digest("base64")}`;

interface RequestChoices {
  readonly id: string;
  readonly body: string | Buffer;
  readonly keys?: readonly Buffer[];
  readonly ageSeconds?: number;
  /** Replaced after the request was signed. An empty header is left out. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Returns a request that was signed just now, as Bellwire sends it. */
export function signedRequest(choices: RequestChoices): Pick<ExpectedRequest, "headers" | "body"> {
  const { id, ageSeconds = 0 } = choices;
  const body = Buffer.from(choices.body);
  const timestamp = String(Math.floor(Date.now() / 1000) - ageSeconds);
  const headers = {
    "content-type": "application/xml",
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": (choices.keys ?? [keys.newer]).map((key) => signatureOf(key, id, timestamp, body)).join(" "),
    "bellwire-attempt": "1",
    "bellwire-event-type": "account.created",
    "bellwire-event-time": new Date().toISOString(),
    "bellwire-sequence": "1",
    "bellwire-actor": "developer:21",
    "bellwire-channel": "developer_portal",
    ...choices.headers,
  };
  return { headers: Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== "")), body };
}

export const xmlEvent = (id: string, action = "created"): string =>
  `<?xml version="1.0" encoding="UTF-8"?><event><action>${action}</action><type>account</type><object><account><id>${id}</id>` +
  "<vat_code></vat_code><deletion_date/><org_name>Harbour &amp; Sons</org_name><users><user><id>7</id></user></users></account></object></event>";

const json = { "content-type": "application/json" };
const account = '{"account":{"id":31,"org_name":"Quay"}}';

type Row = readonly [title: string, choices: Partial<RequestChoices>, prints?: string];

/** Answered with 200. */
const accepted: readonly Row[] = [
  ["an XML event", {}, "account 31 created by developer:21"],
  [
    "XML with letters outside ASCII and references",
    { body: xmlEvent("Ümläut &amp; 株式会社 &#128276;") },
    "account Ümläut & 株式会社 🔔 created by developer:21",
  ],
  ["a webhook-id", { id: "repeated", body: xmlEvent("32") }, "account 32 created by developer:21"],
  ["the same webhook-id with another event", { id: "repeated", body: xmlEvent("33") }],
  [
    "JSON",
    { headers: json, body: '{ "type": "user.updated", "data": {"user": {"id": 21}, "account": {"id": 31}} }\n' },
    "user 21 updated by developer:21",
  ],
  [
    "JSON with every kind of value and escape",
    {
      headers: json,
      body: String.raw`{"data":{"x":[-1.5e+3,0,[],{},[{}],true,false,null,""],"user":{"x":{"id":1},"id":"\u00dc\"\\\/\ud83d\udd14"}},"type":"user.created"}`,
    },
    'user Ü"\\/🔔 created by developer:21',
  ],
  [
    "a CloudEvent",
    {
      headers: { ...json, "content-type": "application/cloudevents+json" },
      body: `{"specversion":"1.0","id":"1","source":"/","type":"account.deleted","data":${account.replace("31", "34")}}`,
    },
    "account 34 deleted by developer:21",
  ],
  [
    "a CloudEvent in headers",
    { headers: { ...json, "bellwire-event-type": "account.plan_changed" }, body: account.replace("31", "35") },
    "account 35 plan_changed by developer:21",
  ],
  [
    "an event about deliveries, whose object is an endpoint",
    { headers: json, body: '{"type":"deliveries.exhausted","data":{"endpoint":{"id":8}}}' },
    "deliveries 8 exhausted by developer:21",
  ],
  [
    "a signature with the older secret",
    { keys: [keys.older], body: xmlEvent("36") },
    "account 36 created by developer:21",
  ],
  [
    "signatures with an unknown and a known secret",
    { keys: [Buffer.alloc(32), keys.older], body: xmlEvent("37") },
    "account 37 created by developer:21",
  ],
  [
    "clocks that differ by almost five minutes",
    { ageSeconds: -280, body: xmlEvent("38") },
    "account 38 created by developer:21",
  ],
  [
    "a newer state",
    { headers: { "bellwire-sequence": "9" }, body: xmlEvent("31", "updated") },
    "account 31 updated by developer:21",
  ],
  ["an older state that arrives later", { headers: { "bellwire-sequence": "8" } }],
  ["a sample", { headers: { "bellwire-test": "true" }, body: xmlEvent("39") }],
  ["the next event", { body: xmlEvent("40") }, "account 40 created by developer:21"],
];

/** Answered with 401. */
const distrusted: readonly Row[] = [
  ["an unsigned request", { headers: { "webhook-id": "", "webhook-timestamp": "", "webhook-signature": "" } }],
  ["no webhook-id", { headers: { "webhook-id": "" } }],
  ["no timestamp", { headers: { "webhook-timestamp": "" } }],
  ["no signature", { headers: { "webhook-signature": "" } }],
  ["another webhook-id", { headers: { "webhook-id": "another" } }],
  ...["today", "1e9", "-1", "0x10", "1.5", "1770091507000000"].map((timestamp): Row => [
    `the timestamp ${timestamp}`,
    { headers: { "webhook-timestamp": timestamp } },
  ]),
  ["a request older than five minutes", { ageSeconds: 301 }],
  ["a request from the future", { ageSeconds: -600 }],
  ["a signature with another secret", { keys: [Buffer.alloc(32)] }],
  ["a signature with an empty key", { keys: [Buffer.alloc(0)] }],
  ["no word that is a signature", { headers: { "webhook-signature": "v1, v1 ," } }],
  ["a signature in hex", { headers: { "webhook-signature": `v1,${"0".repeat(64)}` } }],
];

/** Changes of the timestamp and signature of a signed request. Answered with 401. */
const changed: readonly (readonly [
  title: string,
  change: (timestamp: string, signature: string) => readonly string[],
])[] = [
  ["another timestamp", (timestamp, signature) => [String(Number(timestamp) - 1), signature]],
  ["a signature of another version", (timestamp, signature) => [timestamp, signature.replace("v1,", "v2,")]],
  ["a signature without a version", (timestamp, signature) => [timestamp, signature.replace("v1,", "")]],
  ["half a signature", (timestamp, signature) => [timestamp, signature.slice(0, 20)]],
  ["a signature without padding", (timestamp, signature) => [timestamp, signature.replace(/=+$/, "")]],
];

const entities = Array.from({ length: 10 }, (_, index) => `<!ENTITY e${index + 1} "${`&e${index};`.repeat(10)}">`).join(
  "",
);
const withDoctype = (doctype: string, id: string): string =>
  xmlEvent(id).replace("<event>", `<!DOCTYPE event ${doctype}><event>`);

/** Signed, and not an event. Answered with 422. */
const unreadable: readonly Row[] = [
  ["XML with a document type", { body: withDoctype("[]", "31") }],
  ["XML with an entity that names a file", { body: withDoctype('[<!ENTITY x SYSTEM "file:///etc/hostname">]', "&x;") }],
  ["XML with an external document type", { body: withDoctype('SYSTEM "http://127.0.0.1:9/x.dtd"', "31") }],
  ["XML with a billion entities", { body: withDoctype(`[<!ENTITY e0 "e">${entities}]`, "&e10;") }],
  ["XML that is not UTF-8", { body: Buffer.from(xmlEvent("\u00ff"), "latin1") }],
  ["truncated XML", { body: xmlEvent("31").slice(0, -9) }],
  ["XML with an unknown entity", { body: xmlEvent("&nbsp;") }],
  ["XML with 100,000 open elements", { body: "<event>".repeat(100_000) }],
  ["another document", { body: "<account><id>31</id></account>" }],
  ["an empty event", { body: "<event/>" }],
  ["an event without an object", { body: "<event><action>created</action><type>account</type><object/></event>" }],
  ["an event whose object is of another type", { body: xmlEvent("31").replace("<type>account", "<type>user") }],
  ["an empty body", { body: "" }],
  ["a form", { body: "a=1&b=2" }],
  ["bytes", { body: Buffer.from([0, 1, 2, 255, 254]) }],
  ["an unreadable sample", { body: "<event/>", headers: { "bellwire-test": "true" } }],
  [
    "JSON that is not UTF-8",
    { headers: json, body: Buffer.from('{"type":"user.created","data":{"user":{"id":"\u00ff"}}}', "latin1") },
  ],
  ["JSON with 100,000 open lists", { headers: json, body: "[".repeat(100_000) }],
  ["JSON of another type", { headers: json, body: '{"type":"account.created","data":{"user":{"id":21}}}' }],
  ["JSON of a type without an action", { headers: json, body: `{"type":"account","data":${account}}` }],
  ["JSON whose object is a list", { headers: json, body: '{"type":"user.created","data":{"user":[{"id":21}]}}' }],
  ["JSON followed by more", { headers: json, body: `{"type":"account.created","data":${account}}}` }],
  ...["", "null", "31", '"text"', "[]", "{}", '{"type":', '{"type":"account.created","data":null}', "{'type':1}"].map(
    (body): Row => [`the JSON ${body}`, { headers: json, body }],
  ),
  ["no type in the headers", { headers: { "bellwire-event-type": "" } }],
  ["no sequence", { headers: { "bellwire-sequence": "" } }],
  ["a sequence that is not a number", { headers: { "bellwire-sequence": "many" } }],
  ["a negative sequence", { headers: { "bellwire-sequence": "-1" } }],
  ["no actor", { headers: { "bellwire-actor": "" } }],
];

/** Returns the requests in the order in which a receiver gets them. Signed now, so they are valid for some minutes. */
export function expectedRequests(): readonly ExpectedRequest[] {
  const ofRows = (status: ExpectedRequest["status"], rows: readonly Row[]): readonly ExpectedRequest[] =>
    rows.map(([title, choices, prints], index) => ({
      title,
      status,
      ...signedRequest({ id: `${status}-${index}`, body: xmlEvent("31"), ...choices }),
      ...(prints !== undefined && { prints }),
    }));
  const right = signedRequest({ id: "changed", body: xmlEvent("31") });
  const ofChanges = changed.map(([title, change]): ExpectedRequest => {
    const { "webhook-timestamp": before = "", "webhook-signature": of = "" } = right.headers;
    const [timestamp = "", signature = ""] = change(before, of);
    const headers = { ...right.headers, "webhook-timestamp": timestamp, "webhook-signature": signature };
    return { title, status: 401, headers, body: right.body };
  });
  const changedBody = Buffer.concat([right.body, Buffer.from(" ")]);
  return [
    { title: "another body", status: 401, headers: right.headers, body: changedBody },
    ...ofChanges,
    ...ofRows(401, distrusted),
    ...ofRows(422, unreadable),
    ...ofRows(200, accepted),
  ];
}
