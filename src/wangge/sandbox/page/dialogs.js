// Menus and dialogs: one menu for all, the picture, the alert, a place, a contact.

import { part } from "/page/net.js";

const menu = part("menu");
let opener;

/** Show a menu at a button or bubble; `items` are [label, what to do], or elements with their own acts. */
export function openMenu(at, items, label, point) {
  menu.replaceChildren(...items.map((item) => {
    if (item instanceof Element) return item;
    const [words, what] = item;
    const button = Object.assign(document.createElement("button"), { type: "button", textContent: words });
    button.setAttribute("role", "menuitem");
    button.addEventListener("click", what);
    return button;
  }));
  menu.setAttribute("aria-label", label);
  opener = at;
  menu.showPopover();
  const box = at.getBoundingClientRect();
  const { width, height } = menu.getBoundingClientRect();
  const x = point?.x ?? box.left;
  const y = point?.y ?? (box.top > height + 8 ? box.top - height - 4 : box.bottom + 4);
  menu.style.left = `${Math.max(8, Math.min(x, innerWidth - width - 8))}px`;
  menu.style.top = `${Math.max(8, Math.min(y, innerHeight - height - 8))}px`;
  menu.querySelector("button")?.focus();
}

function steer(event) {
  const buttons = [...menu.querySelectorAll("button")];
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (event.key === "Tab") menu.hidePopover();
  if (!step) return;
  event.preventDefault();
  buttons.at((buttons.indexOf(document.activeElement) + step) % buttons.length).focus();
}

export function alertWith(text) {
  part("alert-words").textContent = text;
  if (!part("alert").open) part("alert").showModal();
}

/** Open a dialog with a form; the values of its fields, or null if nothing is to be sent. */
export function ask(name) {
  const dialog = part(name);
  dialog.querySelector('[role="status"]')?.replaceChildren();
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => {
      const values = Object.fromEntries(new FormData(dialog.querySelector("form")));
      resolve(dialog.returnValue === "send" ? values : null);
    }, { once: true });
  });
}

function setPlace(latitude, longitude) {
  const form = part("place").querySelector("form");
  form.latitude.value = latitude;
  form.longitude.value = longitude;
}

function useHere() {
  const says = part("here-says");
  says.textContent = "正在找…";
  const found = ({ coords }) => { setPlace(coords.latitude.toFixed(4), coords.longitude.toFixed(4)); says.textContent = ""; };
  const failed = () => { says.textContent = "浏览器没有给位置，请自己填"; };
  if (navigator.geolocation) navigator.geolocation.getCurrentPosition(found, failed, { timeout: 8000 });
  else failed();
}

export function openDialogs() {
  menu.addEventListener("keydown", steer);
  menu.addEventListener("click", () => menu.hidePopover());
  menu.addEventListener("toggle", (event) => {
    const isLost = document.activeElement === document.body || menu.contains(document.activeElement);
    if (event.newState === "closed" && isLost) opener?.focus({ preventScroll: true });
  });
  document.addEventListener("click", (event) => {
    const picture = event.target.closest("[data-enlarge]");
    if (picture) {
      part("picture").querySelector("img").src = picture.querySelector("img").src;
      part("picture").showModal();
    }
    const dialog = event.target.closest("dialog");
    if (event.target.closest('[data-act="close-dialog"]') || event.target === part("picture")) dialog?.close();
    const place = event.target.closest("[data-place]");
    if (place) setPlace(...place.dataset.place.split(","));
    if (event.target.closest('[data-act="here"]')) useHere();
  });
}
