// Who is shown: the list beside the chats, opening and closing windows, the address that keeps the choice.

import { columnOf, elements, get, part } from "/page/net.js";
import { logOf, toEnd } from "/page/chat.js";
import { restoreWords } from "/page/compose.js";

const columns = part("columns");
const list = part("people");
const used = new Map(); // person → when their window was last used
let turn = 0;
let changed = () => {};

const all = () => [...columns.querySelectorAll(".column")];
const isNarrow = () => matchMedia("(max-width: 719px)").matches;
const isShown = (column) => column.offsetParent !== null && column.offsetTop === columns.offsetTop && column.offsetHeight > 0;

/** The people whose windows there is room for now. */
export const shown = () => all().filter(isShown).map((column) => Number(column.dataset.person));

let before = null;

/** Take note of which windows are to be seen; tell the stream when that has changed. */
export function settlePlaces() {
  for (const column of all()) column.inert = !isShown(column);
  const now = shown();
  for (const entry of list.querySelectorAll(".entry")) {
    entry.setAttribute("aria-current", now.includes(Number(entry.dataset.entry)));
  }
  const address = new URL(location.href);
  address.search = `?people=${all().map((column) => column.dataset.person).join(",")}`;
  history.replaceState(null, "", address);
  if (now.join() === before?.join()) return;
  for (const person of now) if (!before?.includes(person)) toEnd(logOf(columnOf(person)));
  before = now;
  changed(now);
}

export const touch = (column) => used.set(column.dataset.person, ++turn);

/** Show a person: in the window that was used longest ago if there is no room for one more. */
export async function show(person) {
  document.body.dataset.view = "chat";
  columns.querySelector(":scope > .empty")?.remove();
  let column = columnOf(person);
  if (!column || !isShown(column)) {
    if (!column) {
      const { html } = await get(`/sandbox/page/column/${person}`);
      column = columnOf(person) ?? elements(html).firstElementChild;
      restoreWords(column);
    }
    const places = all().filter((each) => each !== column && isShown(each));
    const oldest = places.sort((a, b) => (used.get(a.dataset.person) ?? 0) - (used.get(b.dataset.person) ?? 0))[0];
    if (!oldest || isNarrow() || hasRoom(places.length)) columns.prepend(column);
    else if (column.isConnected) exchange(oldest, column);
    else oldest.replaceWith(column);
  }
  touch(column);
  settlePlaces();
  if (!isNarrow()) column.querySelector("textarea").focus();
}

/** Let a window there was no room for change places with one that is seen. */
function exchange(seen, hidden) {
  const place = hidden.nextSibling;
  seen.replaceWith(hidden);
  columns.insertBefore(seen, place);
}

function hasRoom(count) {
  const narrowest = 21 * parseFloat(getComputedStyle(document.documentElement).fontSize);
  return (count + 1) * narrowest <= columns.clientWidth;
}

function close(column) {
  column.remove();
  settlePlaces();
  list.querySelector(`[data-entry="${column.dataset.person}"]`)?.focus();
}

/** Put a person's line into the list, or instead of its older self. */
export function placeEntry({ person, group, html }) {
  const fresh = elements(html).firstElementChild;
  const old = list.querySelector(`[data-entry="${person}"]`);
  fresh.setAttribute("aria-current", shown().includes(person));
  if (old) {
    const hadFocus = old === document.activeElement;
    fresh.hidden = old.hidden;
    old.replaceWith(fresh);
    if (hadFocus) fresh.focus();
    return;
  }
  let place = [...list.children].find((each) => each.dataset.group === group);
  if (!place) {
    place = document.createElement("section");
    place.className = "post-group";
    place.dataset.group = group;
    place.append(Object.assign(document.createElement("h3"), { textContent: group }));
    list.append(place);
  }
  place.append(fresh);
}

function search(words) {
  const wanted = words.trim().split(/\s+/);
  let found = 0;
  for (const group of list.children) {
    const entries = [...group.querySelectorAll(".entry")];
    for (const entry of entries) entry.hidden = !wanted.every((word) => entry.dataset.search.includes(word));
    group.hidden = entries.every((entry) => entry.hidden);
    found += entries.filter((entry) => !entry.hidden).length;
  }
  part("nobody").hidden = found > 0;
}

/** Arrow keys walk through the people found; Enter in the field takes the first of them. */
function walk(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const isEnter = event.key === "Enter" && event.target === part("find") && !event.isComposing;
  if (!step && !isEnter) return;
  event.preventDefault();
  const found = [part("find"), ...list.querySelectorAll(".entry:not([hidden])")];
  if (isEnter) found[1]?.click();
  else found[found.indexOf(event.target) + step]?.focus();
}

export function openPeople(listener) {
  changed = listener;
  list.addEventListener("click", (event) => {
    const entry = event.target.closest(".entry");
    if (!entry) return;
    part("find").value = "";
    search("");
    show(Number(entry.dataset.entry));
  });
  list.parentElement.addEventListener("keydown", walk);
  part("find").addEventListener("input", (event) => search(event.target.value));
  columns.addEventListener("focusin", (event) => {
    const column = event.target.closest(".column");
    if (column) touch(column);
  });
  columns.addEventListener("click", (event) => {
    const name = event.target.closest("[data-act]")?.dataset.act;
    if (name === "close") close(event.target.closest(".column"));
    if (name === "back") { document.body.dataset.view = "list"; settlePlaces(); }
  });
  addEventListener("resize", settlePlaces);
  settlePlaces();
}
