// Hear what happens, as long as the page is open; after a lost connection go on where it broke off.

import { part, flash } from "/page/net.js";
import { answered, placeBubble, releaseAll, showState } from "/page/chat.js";
import { clock } from "/page/clock.js";
import { alertWith } from "/page/dialogs.js";
import { followDrawer } from "/page/drawer.js";
import { placeEntry } from "/page/people.js";

const { boot } = document.body.dataset;
let seq = Number(document.body.dataset.seq);
let source;

const HANDLERS = {
  bubble: placeBubble,
  state: showState,
  answered,
  entry: placeEntry,
  clock: (change) => clock.set(change),
  reload: () => location.reload(),
  toast: ({ chat, text, alert }) => (alert ? alertWith(text) : flash(chat, text)),
};

/** Hear about these people from now on, and what of theirs has not been heard yet. */
export function listen(people, since = seq) {
  source?.close();
  source = new EventSource(`/sandbox/page/stream?people=${people.join()}&since=${since}&boot=${boot}`);
  source.addEventListener("open", () => { part("lost").hidden = true; releaseAll(); });
  source.addEventListener("error", () => { part("lost").hidden = false; });
  source.addEventListener("message", (event) => {
    seq = Number(event.lastEventId);
    const changes = JSON.parse(event.data);
    for (const change of changes) HANDLERS[change.type](change);
    followDrawer(new Set(changes.map((change) => change.chat)));
  });
}
