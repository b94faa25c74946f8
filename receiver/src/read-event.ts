import { fieldsOf, isFields, type Fields } from "./fields.ts";
import { readXml } from "./read-xml.ts";
import { UnreadableEvent } from "./unreadable-event.ts";

/** An event with its object. */
export interface WebhookEvent {
  /** `account`, `user` or `application`; `endpoint` or `deliveries` for events about an endpoint. */
  readonly type: string;
  /** `created`, `updated`, `deleted`, … */
  readonly action: string;
  /** The complete object after the change. */
  readonly object: Fields;
}

/** Returns the name of the object in the body: `deliveries.exhausted` is about an endpoint. */
const objectNameOf = (type: string): string => (type === "deliveries" ? "endpoint" : type);

export interface ReadEventOptions {
  /** Longer bodies are rejected. Default: 10 MiB, an account with about 30,000 users. */
  readonly bytesMax?: number;
  /** The event type of the headers, such as `account.created`. Required for the format `cloudevents-binary`. */
  readonly type?: string | undefined;
}

/** Reads the body of a webhook in any format. Throws `UnreadableEvent` for anything else. */
export function readEvent(body: Uint8Array | string, options: ReadEventOptions = {}): WebhookEvent {
  const { bytesMax = 10 * 1024 * 1024, type } = options;
  if (body.length > bytesMax) throw new UnreadableEvent(`The body is longer than ${bytesMax} bytes.`);
  const text = typeof body === "string" ? body : decodeUtf8(body);
  return /^\s*\{/.test(text) ? readJsonEvent(text, type) : readXmlEvent(text);
}

function readXmlEvent(text: string): WebhookEvent {
  const envelope = readXml(text);
  const [action, type, object] = envelope.children;
  const [document, ...more] = object?.children ?? [];
  const isEnvelope = envelope.name === "event" && action?.name === "action" && type?.name === "type";
  const isOfType = type?.text && document?.name === objectNameOf(type.text) && more.length === 0;
  if (!isEnvelope || !action.text || !type.text || !isOfType)
    throw new UnreadableEvent("The document is not an event with an action, a type and an object of that type.");
  return { type: type.text, action: action.text, object: fieldsOf(document) };
}

/** Parses an envelope with type and data (`json`, `cloudevents`), or the data alone (`cloudevents-binary`). */
function readJsonEvent(text: string, typeInHeaders: string | undefined): WebhookEvent {
  const body = parseJson(text);
  if (isFields(body)) {
    const isEnvelope = typeof body["type"] === "string" && isFields(body["data"]);
    const [eventType, data] = isEnvelope ? [body["type"], body["data"]] : [typeInHeaders, body];
    const [type = "", action = ""] = typeof eventType === "string" ? eventType.split(".") : [];
    const name = objectNameOf(type);
    const object = isFields(data) && Object.hasOwn(data, name) ? data[name] : undefined;
    if (action && isFields(object)) return { type, action, object };
  }
  throw new UnreadableEvent("The document is not an event with a type and, in its data, an object of that type.");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UnreadableEvent("The body is not JSON.", { cause });
  }
}

function decodeUtf8(body: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch (cause) {
    throw new UnreadableEvent("The body is not UTF-8.", { cause });
  }
}
