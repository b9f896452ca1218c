// Talk to the sandbox, and find things on the page.

export const part = (name, inside = document) => inside.querySelector(`[data-part="${name}"]`);
export const columnOf = (person) => document.querySelector(`.column[data-person="${person}"]`);
export const personOf = (element) => Number(element.closest(".column").dataset.person);

/** Turn HTML of the server into elements. */
export function elements(html) {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
}

export async function get(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(path);
  return answer.json();
}

export async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(path);
  return answer.json();
}

/** Let a person do something; false, after saying so, if it could not be done. */
export async function act(person, name, details) {
  try {
    await post(`/sandbox/persons/${person}/${name}`, details);
    return true;
  } catch {
    flash(person, "没有发出去，请再试一次");
    return false;
  }
}

/** Show a few words above a chat for a while. */
export function flash(person, text) {
  const column = columnOf(person);
  if (!column) return;
  column.querySelector(".flash")?.remove();
  const shown = document.createElement("p");
  shown.className = "flash";
  shown.setAttribute("role", "status");
  shown.textContent = text;
  column.append(shown);
  setTimeout(() => shown.remove(), 4000);
}
