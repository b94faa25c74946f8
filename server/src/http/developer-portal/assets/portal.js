// Comfort only: everything works without this file.

for (const button of document.querySelectorAll("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy);
  if (!navigator.clipboard) continue; // it is there on https and on this machine alone
  button.hidden = false;
  button.addEventListener("click", () => void copy(field, button));
}

// A double click sends the form once. Coming back with the browser's button finds it ready again.
for (const form of document.querySelectorAll("form[data-once]")) {
  const button = form.querySelector("button[type=submit]");
  form.addEventListener("submit", () => (button.disabled = true));
  addEventListener("pageshow", () => (button.disabled = false));
}

async function copy(field, button) {
  await navigator.clipboard.writeText(field.value);
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = "Copy"), 2000);
}
