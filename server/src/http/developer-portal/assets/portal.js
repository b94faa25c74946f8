// Progressive enhancement: the pages work without this file.

// A rejected form is the response to a POST. Without this, Back and reload would ask whether to send it again.
const forgetPost = () => history.replaceState(history.state, "", location.href);
// The log-in after a session has ended keeps the input of the form. Only the POST has it, so until then a reload repeats that.
const logIn = document.querySelector("[name^='kept.']")?.form;
if (logIn) logIn.addEventListener("submit", forgetPost);
else forgetPost();

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard) continue; // available on https and localhost only
  button.hidden = false;
  button.addEventListener("click", () => void copy(field, button));
}

// Sends a form once on a double click. The back button enables it again. Browsers do not send the name of a disabled button.
for (const form of document.querySelectorAll("form[data-once]")) {
  const button = form.querySelector("button[type=submit]:not([name])");
  if (!button) continue;
  form.addEventListener("submit", () => (button.disabled = true));
  addEventListener("pageshow", () => (button.disabled = false));
}

async function copy(field, button) {
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = "Copied";
  } catch {
    field.select(); // the browser did not allow it
    button.textContent = "Selected";
  }
  setTimeout(() => (button.textContent = "Copy"), 2000);
}
