// Put what the server sends into a chat: bubbles, days, ticks, the typing sign, answers to taps.

import { columnOf, elements, get, part, personOf, post, flash } from "/page/net.js";
import { clock } from "/page/clock.js";

const NEAR = 96; // px from the end within which a chat follows what is new
const TYPING = 5000; // ms the sign stays, as on the platform
const ANSWER_WITHIN = 10000; // ms after which a tap no longer looks as if it were on its way

const away = new WeakSet(); // chats whose reader has gone up to what is older
const tops = new WeakMap(); // chat → where it stood when it last moved

export const logOf = (column) => column.querySelector(".log");

const heights = new ResizeObserver((changes) => changes.forEach(({ target }) => stay(target)));

/** Show the end of a chat, and keep to it while its height changes. */
export function toEnd(log) {
  heights.observe(log);
  away.delete(log);
  log.scrollTop = log.scrollHeight;
  showLatest(log, 0);
}

const isNearEnd = (log) => log.scrollHeight - log.scrollTop - log.clientHeight < NEAR;

/** A chat follows what is new until its reader goes up, whatever else changes its height. */
function moved(log) {
  if (isNearEnd(log)) away.delete(log);
  else if (log.scrollTop < tops.get(log)) away.add(log);
  tops.set(log, log.scrollTop);
  showLatest(log, 0);
}

function stay(log) {
  if (!away.has(log)) toEnd(log);
}

function showLatest(log, more) {
  const button = log.closest(".column").querySelector(".latest");
  const count = Number(button.dataset.count ?? 0) + more;
  button.hidden = !away.has(log);
  if (button.hidden || !count) delete button.dataset.count;
  else button.dataset.count = count;
}

/** Put a bubble in its place: instead of its older self, or at the end. */
export function placeBubble({ chat, key, message, html }) {
  const column = columnOf(chat);
  if (!column) return;
  const log = logOf(column);
  const old = log.querySelector(`[data-key="${key}"]`);
  const follows = !away.has(log);
  const fresh = elements(html).firstElementChild;
  if (old) replace(old, fresh);
  else if (fresh && message > newestOf(log)) log.append(fresh);
  else return;
  log.querySelector(".empty")?.remove();
  separateDays(log);
  if (follows || (!old && fresh?.classList.contains("own"))) toEnd(log);
  else showLatest(log, old ? 0 : 1);
}

const newestOf = (log) => Number([...log.querySelectorAll(".message")].at(-1)?.dataset.message ?? 0);

/** Keep the focus where it was when its bubble changes under it. */
function replace(old, fresh) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const payload = focused?.dataset.payload;
  const next = old.nextElementSibling ?? old.previousElementSibling;
  if (fresh) old.replaceWith(fresh);
  else old.remove();
  if (!focused) return;
  const same = fresh && [...fresh.querySelectorAll(".choice")].find((each) => each.dataset.payload === payload);
  (same ?? fresh?.querySelector(".choice") ?? fresh ?? next)?.focus({ preventScroll: true });
}

/** See that each day has its heading, and that it is called as it is called today. */
export function separateDays(log) {
  const { today, yesterday } = clock.days();
  const near = { [today]: "今天", [yesterday]: "昨天" };
  for (const heading of log.querySelectorAll(".day")) {
    if (heading.nextElementSibling?.dataset.day !== heading.dataset.day) heading.remove();
  }
  let day = "";
  for (const message of log.querySelectorAll(".message")) {
    if (message.dataset.day !== day && !message.previousElementSibling?.classList.contains("day")) {
      const heading = document.createElement("h3");
      heading.className = "day";
      Object.assign(heading.dataset, { day: message.dataset.day, name: message.dataset.dayName });
      heading.append(document.createElement("span"));
      message.before(heading);
    } else if (message.dataset.day === day && message.previousElementSibling?.classList.contains("day")) {
      message.previousElementSibling.remove();
    }
    day = message.dataset.day;
  }
  for (const heading of log.querySelectorAll(".day")) {
    heading.firstElementChild.textContent = near[heading.dataset.day] ?? heading.dataset.name;
  }
}

const typing = new Map();

export function showState({ chat, fetched, busy, keyboard, placeholder, commands }) {
  const column = columnOf(chat);
  if (!column) return;
  for (const message of column.querySelectorAll(".own")) {
    const ticks = message.querySelector(".ticks:not([data-fetched])");
    if (ticks && Number(message.dataset.message) <= fetched) {
      ticks.dataset.fetched = "";
      ticks.setAttribute("aria-label", "机器人收到了");
    }
  }
  const keys = part("keyboard", column);
  if (keys.dataset.shown !== keyboard) {
    keys.replaceChildren(elements(keyboard));
    keys.dataset.shown = keyboard;
  }
  column.dataset.commands = commands;
  column.querySelector("textarea").placeholder = placeholder || "说一句话…";
  showTyping(column, busy);
}

function showTyping(column, busy) {
  const known = typing.get(column) ?? { busy: 0 };
  if (known.busy === busy) return;
  clearTimeout(known.timer);
  const sign = column.querySelector(".typing");
  sign.hidden = busy === 0;
  const timer = busy ? setTimeout(() => { sign.hidden = true; }, TYPING) : undefined;
  typing.set(column, { busy, timer });
}

export function answered({ chat, message, payload }) {
  const column = columnOf(chat);
  for (const button of column?.querySelectorAll(`.choice[data-message="${message}"]`) ?? []) {
    if (button.dataset.payload === payload) release(button);
  }
}

const release = (button) => button.classList.remove("pressed", "waiting");

export function releaseAll() {
  document.querySelectorAll(".pressed, .waiting").forEach(release);
}

async function tap(button) {
  const person = personOf(button);
  button.classList.add("pressed", "waiting");
  setTimeout(() => release(button), ANSWER_WITHIN);
  try {
    const { message, payload } = button.dataset;
    await post(`/sandbox/persons/${person}/taps`, { message_id: Number(message), payload });
  } catch {
    release(button);
    flash(person, "这个按钮已经不能点了");
  }
}

export async function showOlder(column) {
  const log = logOf(column);
  const oldest = log.querySelector(".message");
  const { html } = await get(`/sandbox/page/older/${column.dataset.person}?before=${oldest.dataset.message}`);
  const fromEnd = log.scrollHeight - log.scrollTop;
  log.querySelector(".older").remove();
  log.setAttribute("aria-live", "off"); // what is old is not read out
  log.prepend(elements(html));
  separateDays(log);
  log.scrollTop = log.scrollHeight - fromEnd;
  oldest.focus({ preventScroll: true });
  setTimeout(() => log.setAttribute("aria-live", "polite"));
}

/** A button looks pressed at once, before anybody has been asked. */
function press(event) {
  const button = event.target.closest?.(".choice, .key");
  if (button && (event.type !== "keydown" || event.key === "Enter" || event.key === " ")) button.classList.add("pressed");
}

function letGo() {
  setTimeout(() => document.querySelectorAll(".pressed:not(.waiting)").forEach(release), 120);
}

function walk(event) {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const log = event.target.closest?.(".log");
  if (!log || event.target.closest("button, a")) return;
  const messages = [...log.querySelectorAll(".message")];
  const at = messages.indexOf(event.target);
  const next = at < 0 ? messages.at(-1) : messages[at + (event.key === "ArrowUp" ? -1 : 1)];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

let sounding;

function play(button) {
  sounding?.pause();
  document.querySelectorAll(".voice.playing").forEach((each) => each.classList.remove("playing"));
  if (sounding?.button === button) { sounding = undefined; return; }
  const sound = new Audio(button.dataset.voice);
  sounding = Object.assign(sound, { button });
  button.classList.add("playing");
  const silent = () => { button.classList.remove("playing"); sounding = undefined; };
  sound.addEventListener("ended", silent);
  sound.play().catch(() => {
    if (sounding !== sound) return;
    silent();
    flash(personOf(button), "示范语音，没有声音");
  });
}

export function openChats() {
  document.addEventListener("pointerdown", press);
  document.addEventListener("keydown", press);
  document.addEventListener("keydown", walk);
  for (const kind of ["pointerup", "pointercancel", "keyup"]) document.addEventListener(kind, letGo);
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("button.choice");
    if (choice && !choice.classList.contains("waiting")) tap(choice);
    const voice = event.target.closest(".voice");
    if (voice) play(voice);
  });
  document.addEventListener("scroll", (event) => {
    if (event.target.classList?.contains("log")) moved(event.target);
  }, true);
  document.addEventListener("load", (event) => {
    const log = event.target.closest?.(".log");
    if (log) stay(log);
  }, true);
}
