// Light or dark, usual or large type: set before the first paint, kept in this browser.
"use strict";
(() => {
  const root = document.documentElement;
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const kept = (name) => { try { return localStorage.getItem(`wangge-${name}`); } catch { return null; } };
  const keep = (name, value) => { try { localStorage.setItem(`wangge-${name}`, value); } catch { /* private window */ } };
  const show = () => {
    root.dataset.theme = kept("theme") ?? (dark.matches ? "dark" : "light");
    root.dataset.size = kept("size") ?? "usual";
    document.querySelector('[data-act="dark"]')?.setAttribute("aria-pressed", root.dataset.theme === "dark");
    document.querySelector('[data-act="big"]')?.setAttribute("aria-pressed", root.dataset.size === "big");
  };
  show();
  dark.addEventListener("change", show);
  document.addEventListener("DOMContentLoaded", show);
  document.addEventListener("click", (event) => {
    const act = event.target.closest?.("[data-act]")?.dataset.act;
    if (act === "dark") keep("theme", root.dataset.theme === "dark" ? "light" : "dark");
    else if (act === "big") keep("size", root.dataset.size === "big" ? "usual" : "big");
    else return;
    show();
    dispatchEvent(new Event("resize"));
  });
})();
