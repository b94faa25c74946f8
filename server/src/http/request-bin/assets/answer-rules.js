// Edits the rules of scripted responses in a form. The JSON in the textarea is sent and stays the source: the form is made from
// it and written back to it, so both ways of editing give the same rules.
const form = document.getElementById("rules");

/** Conditions of a rule: name in JSON, label, placeholder, type of the input. */
const conditions = [
  ["method", "Method is", "POST", "text"],
  ["path_starts_with", "Path starts with", "/orders", "text"],
  ["event_type", "Event type is", "account.*", "text"],
  ["body_contains", "Body contains", "", "text"],
  ["header.name", "Header", "x-request-id", "text"],
  ["header.contains", "Header contains", "", "text"],
  ["every", "Only every nth match", "1", "number"],
];

const afterLast = [
  ["repeat", "start again"],
  ["stay", "repeat the last one"],
  ["skip", "leave it to the next rule"],
];

const make = (tag, properties = {}, ...children) => {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
};

function field(label, name, { value = "", ...properties } = {}) {
  const tag = properties.rows ? "textarea" : "input";
  const input = make(tag, { value, ...properties });
  input.dataset.field = name;
  return make("label", { className: "field" }, label, input);
}

const button = (label, onClick) => {
  const element = make("button", { type: "button", className: "button", textContent: label });
  element.addEventListener("click", onClick);
  return element;
};

const headerLines = (headers = {}) =>
  Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");

function answerRow(answer = { status: 500 }) {
  const row = make("div", { className: "answer-row" });
  row.append(
    field("Status", "status", { value: String(answer.status), type: "number", min: 200, max: 599, required: true }),
    field("Delay in ms", "delay_ms", { value: String(answer.delay_ms ?? 0), type: "number", min: 0, max: 120_000 }),
    field("Headers, one a line", "headers", {
      value: headerLines(answer.headers),
      rows: 2,
      placeholder: "retry-after: 5",
    }),
    field("Body", "body", { value: answer.body ?? "", rows: 2 }),
    button("Remove response", () => {
      if (row.parentElement.childElementCount > 1) removeWithFocus(row);
    }),
  );
  return row;
}

const valueAt = (rule, path) => path.split(".").reduce((value, name) => value?.[name], rule);

/** Numbers the rules by their place, as errors and received requests name them. */
function numberRules(editor) {
  for (const [place, fields] of [...editor.children].entries()) {
    const name = `Rule ${place + 1}`;
    fields.querySelector("legend").textContent = name;
    fields.querySelector('[data-field="name"]').placeholder = name;
  }
}

function moveUp(fields, pressed) {
  fields.previousElementSibling?.before(fields);
  numberRules(fields.parentElement);
  pressed.focus(); // a moved element has lost it
}

/** Removes a rule or a response with the pressed button, which is its last one. The focus moves to that of the next one. */
function removeWithFocus(element, whenNoneIsLeft) {
  const near = element.nextElementSibling ?? element.previousElementSibling;
  element.remove();
  const next = near ? [...near.querySelectorAll("button")].at(-1) : whenNoneIsLeft;
  next.focus();
}

function removeRule(fields) {
  const editor = fields.parentElement;
  removeWithFocus(fields, document.getElementById("rule-add"));
  numberRules(editor);
}

function ruleFields(rule) {
  const answers = make("div", { className: "answers" }, ...(rule.answers ?? [{ status: 500 }]).map(answerRow));
  const after = make("select", {}, ...afterLast.map(([value, label]) => make("option", { value, textContent: label })));
  after.dataset.field = "after_last";
  after.value = rule.after_last ?? "repeat";
  const fields = make(
    "fieldset",
    { className: "rule" },
    make("legend"),
    field("Name", "name", { value: rule.name ?? "", maxLength: 100 }),
    make(
      "div",
      { className: "conditions" },
      ...conditions.map(([name, label, placeholder, type]) =>
        field(label, name, {
          value: String(valueAt(rule, name) ?? ""),
          placeholder,
          type,
          ...(type === "number" && { min: 1 }),
        }),
      ),
    ),
    make("p", { className: "hint", textContent: "All conditions that you fill in must match. Responses in turn:" }),
    answers,
    make("label", { className: "field" }, "After the last response", after),
  );
  fields.append(
    make(
      "div",
      { className: "buttons" },
      button("Add a response", () => answers.append(answerRow({ status: 200 }))),
      button("Move up", ({ currentTarget }) => moveUp(fields, currentTarget)),
      button("Remove rule", () => removeRule(fields)),
    ),
  );
  return fields;
}

function appendRule(editor, rule) {
  editor.append(ruleFields(rule));
  numberRules(editor);
}

const read = (element, name) => element.querySelector(`[data-field="${name}"]`).value.trim();

/** Leaves out what is empty, so that the JSON has what was filled in. */
const filled = (entries) => Object.fromEntries(entries.filter(([, value]) => value !== "" && value !== undefined));

function readHeaders(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) return undefined;
  return Object.fromEntries(
    lines.map((line) => {
      const [name, ...value] = line.split(":");
      return [name.trim(), value.join(":").trim()];
    }),
  );
}

const readAnswer = (row) => ({
  status: Number(read(row, "status")),
  ...filled([
    ["delay_ms", Number(read(row, "delay_ms")) || undefined],
    ["headers", readHeaders(read(row, "headers"))],
    ["body", row.querySelector('[data-field="body"]').value],
  ]),
});

function readRule(fields) {
  const every = Number(read(fields, "every"));
  const header = filled([
    ["name", read(fields, "header.name")],
    ["contains", read(fields, "header.contains")],
  ]);
  return filled([
    ["name", read(fields, "name")],
    ...["method", "path_starts_with", "event_type", "body_contains"].map((name) => [name, read(fields, name)]),
    ["header", Object.keys(header).length > 0 ? header : undefined],
    ["every", every > 1 ? every : undefined],
    ["answers", [...fields.querySelectorAll(".answer-row")].map(readAnswer)],
    ["after_last", read(fields, "after_last") === "repeat" ? undefined : read(fields, "after_last")],
  ]);
}

function showErrors(errors) {
  const list = document.getElementById("rules-errors");
  list.replaceChildren(...errors.map((error) => make("li", { textContent: error })));
  list.hidden = errors.length === 0;
}

/** Saves the rules, given as JSON, and reloads the page. Shows errors instead if they are refused. */
async function save(rules) {
  const body = new URLSearchParams({ rules });
  const headers = { accept: "application/json" };
  const request = fetch(form.action, { method: "POST", body, headers, redirect: "manual" });
  const response = await request.catch(() => undefined);
  if (response?.type === "opaqueredirect") return location.reload();
  if (!response) return showErrors(["The server cannot be reached. Check your connection and save again."]);
  const answer = await response.json().catch(() => undefined);
  showErrors(answer?.errors ?? ["The rules were not saved. Reload the page and try again."]);
}

/** Connects form, textarea and buttons. */
function edit() {
  const editor = document.getElementById("rule-editor");
  const json = document.getElementById("rules-json");
  const text = json.querySelector("textarea");
  const [mode, add] = [document.getElementById("rules-mode"), document.getElementById("rule-add")];
  let isForm = false;

  const writeJson = () => {
    text.value = JSON.stringify([...editor.children].map(readRule), null, 2);
  };
  const showForm = () => {
    let rules;
    try {
      rules = JSON.parse(text.value.trim() || "[]");
    } catch (error) {
      return showErrors([`The rules are not JSON: ${error.message}`]);
    }
    try {
      editor.replaceChildren();
      for (const rule of rules) appendRule(editor, rule);
    } catch {
      return showErrors(["The form cannot show this JSON. Save it to see what is wrong."]);
    }
    isForm = true;
    showErrors([]);
    update();
  };
  const update = () => {
    editor.hidden = !isForm;
    json.hidden = isForm;
    add.hidden = !isForm;
    mode.hidden = false;
    mode.textContent = isForm ? "Edit as JSON" : "Edit in a form";
  };
  mode.addEventListener("click", () => {
    if (!isForm) return showForm();
    writeJson();
    isForm = false;
    update();
  });
  add.addEventListener("click", () => appendRule(editor, { answers: [{ status: 500 }] }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (isForm) writeJson();
    void save(text.value);
  });
  showForm();
}

if (form) edit();
