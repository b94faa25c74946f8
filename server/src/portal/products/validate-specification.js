// Runs in a thread of its own: see specification-document.ts. JavaScript, since Node.js strips no types from files below node_modules.
import { on } from "node:events";
import { parentPort } from "node:worker_threads";
import { Validator } from "@seriousme/openapi-schema-validator";

const errorsShown = 3;

/** A part that has to be one of several has an error for each choice, and for the choice itself. The deepest ones help most. */
function describeErrors(errors) {
  if (!Array.isArray(errors)) return [errors];
  const ofParts = errors.filter(({ keyword, params }) => !isChoice(keyword) && params.missingProperty !== "$ref");
  const shown = ofParts.length > 0 ? ofParts : errors;
  const depthMax = Math.max(...shown.map(depthOf));
  return [...new Set(shown.filter((error) => depthOf(error) === depthMax).map(describeError))].slice(0, errorsShown);
}

const isChoice = (keyword) => ["oneOf", "anyOf", "not", "if"].includes(keyword);
const depthOf = ({ instancePath }) => instancePath.split("/").length;

function describeError({ instancePath, message, params }) {
  const name = params.additionalProperty ?? params.unevaluatedProperty;
  return `${instancePath || "/"} ${message}${name === undefined ? "" : `: ${name}`}`;
}

const validator = new Validator();

async function validate(body) {
  try {
    const { valid, errors = "is invalid" } = await validator.validate(JSON.parse(body));
    return valid ? [] : describeErrors(errors);
  } catch (error) {
    if (error instanceof RangeError) return ["is nested too deeply"];
    throw error;
  }
}

for await (const [body] of on(parentPort, "message")) parentPort.postMessage(await validate(body), []);
