// The town's time: shown, moved, set going; and whether the bot is done with what fell due.

import { get, part, post } from "/page/net.js";

const ZONE = "Asia/Shanghai";
const DAY = 86400000; // ms
const format = (options) => new Intl.DateTimeFormat("zh-CN", { timeZone: ZONE, ...options });
const hours = format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const weekday = format({ weekday: "long" });
const monthDay = format({ month: "long", day: "numeric" });
const isoDay = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE });

const face = document.querySelector(".clock");
const state = { now: new Date(face.dataset.now), since: performance.now(), running: face.dataset.running === "true", version: Number(face.dataset.version) };
const listeners = [];

function now() {
  return state.running ? new Date(state.now.getTime() + performance.now() - state.since) : state.now;
}

export const clock = {
  days: () => ({ today: isoDay.format(now()), yesterday: isoDay.format(new Date(now().getTime() - DAY)) }),
  /** Call back when another day has begun. */
  onDay: (listener) => listeners.push(listener),
  set({ now: moment, running, version }) {
    const isMoved = version !== state.version;
    Object.assign(state, { now: new Date(moment), since: performance.now(), running, version });
    show();
    if (isMoved) settle(version);
  },
};

let shownDay = "";

function show() {
  const moment = now();
  part("day", face).textContent = `${monthDay.format(moment)} ${weekday.format(moment)}`;
  part("time", face).textContent = hours.format(moment);
  part("paused", face).textContent = state.running ? "" : "停着";
  face.querySelector('[data-act="run"]').setAttribute("aria-pressed", state.running);
  const { today } = clock.days();
  if (today !== shownDay) {
    shownDay = today;
    listeners.forEach((listener) => listener());
  }
}

async function settle(version) {
  if (document.body.dataset.settles !== "true") return;
  const sign = part("settling", face);
  sign.textContent = "处理中…";
  try {
    while (version === state.version && (await get(`/sandbox/page/settled?version=${version}`)).settled === false);
  } catch { /* the stream says when the connection is lost */ }
  if (version === state.version) sign.textContent = "";
}

const move = (change) => post("/sandbox/clock", change).then((answer) => clock.set(answer)).catch(() => {});

const dial = face.querySelector(".dial");

function unfold(isOpen) {
  dial.setAttribute("aria-expanded", isOpen);
  face.querySelector(".jumps").classList.toggle("open", isOpen);
}

export function openClock() {
  show();
  setInterval(show, 1000);
  face.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.jump) move({ jump: button.dataset.jump });
    if (button?.dataset.act === "run") move({ running: !state.running });
    unfold(button === dial && dial.getAttribute("aria-expanded") !== "true");
  });
  document.addEventListener("click", (event) => { if (!face.contains(event.target)) unfold(false); });
  face.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || dial.getAttribute("aria-expanded") !== "true") return;
    unfold(false);
    dial.focus();
  });
}
