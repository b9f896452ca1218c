// The drawer: what happened inside for the last thing a person did, or for one message.

import { columnOf, elements, get, part } from "/page/net.js";
import { settlePlaces } from "/page/people.js";

const drawer = part("drawer");
const step = (name) => drawer.querySelector(`[data-act="step-${name}"]`);
let about = null; // {person, query}: what is shown; an empty query follows the last act
let opener = null;

/** Open the drawer for a message, or for whatever the person did last. */
export function openDrawer(person, message, from) {
  opener = from ?? document.activeElement;
  about = { person, query: message ? `?message=${message}` : "" };
  drawer.hidden = false;
  settlePlaces();
  mark(message);
  load().then(() => drawer.querySelector('[data-act="close-drawer"]').focus());
}

/** Something happened in a chat: if the drawer follows it, look again. */
export function followDrawer(chats) {
  if (about && !about.query && chats.has(about.person)) load();
}

async function load() {
  const wanted = about;
  const { html, before, after } = await get(`/sandbox/page/inside/${wanted.person}${wanted.query}`);
  if (about !== wanted) return;
  part("told").replaceChildren(elements(html));
  for (const [name, update] of Object.entries({ before, after })) {
    step(name).disabled = update === null;
    step(name).dataset.update = update;
  }
}

function mark(message) {
  document.querySelectorAll(".picked").forEach((each) => each.classList.remove("picked"));
  if (message) columnOf(about.person)?.querySelector(`.message[data-message="${message}"]`)?.classList.add("picked");
}

function close() {
  drawer.hidden = true;
  about = null;
  mark();
  settlePlaces();
  opener?.focus();
}

export function openDrawers() {
  drawer.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.act === "close-drawer") close();
    if (button?.dataset.update) {
      about = { ...about, query: `?update=${button.dataset.update}` };
      mark();
      load();
    }
  });
  drawer.addEventListener("keydown", (event) => { if (event.key === "Escape") close(); });
  document.addEventListener("click", (event) => {
    const button = event.target.closest('[data-act="inside"]');
    if (button) openDrawer(Number(button.closest(".column").dataset.person), null, button);
  });
}
