// What people write and send: words, edits, replies, photos, files, voice, a place, a contact, commands.

import { act, elements, flash, part, personOf } from "/page/net.js";
import { logOf, showOlder, toEnd } from "/page/chat.js";
import { ask, openMenu } from "/page/dialogs.js";
import { openDrawer } from "/page/drawer.js";
import { record } from "/page/voice.js";

const MOST_PHOTOS = 10;
const PHOTO_SIDE = 1280; // px; the platform makes photos smaller too
const drafts = new Map(); // person → {reply, edit, photos}

const draftOf = (column) => {
  const person = column.dataset.person;
  if (!drafts.has(person)) drafts.set(person, { photos: [] });
  return drafts.get(person);
};
const field = (column) => column.querySelector("textarea");

const store = (person, words) => { try { sessionStorage.setItem(`wangge-${person}`, words); } catch { /* private window */ } };

/** Bring back what stood unsent in a chat's field before the page was loaded anew. */
export function restoreWords(column) {
  try { field(column).value = sessionStorage.getItem(`wangge-${column.dataset.person}`) ?? ""; } catch { /* private window */ }
}

/** Send what stands in a chat's field, with the photos chosen there. */
async function send(column) {
  const person = personOf(column);
  const draft = draftOf(column);
  const text = field(column).value.trim();
  const { reply, edit, photos } = draft;
  if (!text && !photos.length) return;
  field(column).value = "";
  store(person, "");
  column.querySelector(".hint")?.remove();
  drafts.delete(column.dataset.person);
  showDraft(column);
  const done = edit ? await act(person, "edits", { message_id: edit, text })
    : photos.length ? await sendPhotos(person, photos, text)
    : await act(person, "says", { text, ...(reply ? { reply_to: reply } : {}) });
  if (!done) {
    field(column).value ||= text;
    drafts.set(column.dataset.person, draft);
    showDraft(column);
  }
}

async function sendPhotos(person, photos, text) {
  const contents = await Promise.all(photos.map(({ file }) => smaller(file)));
  const caption = text ? { caption: text } : {};
  if (contents.length === 1) return act(person, "sends_file", { kind: "photo", content: contents[0], ...caption });
  return act(person, "sends_album", { contents, ...caption });
}

/** Return a photo as the platform would keep it: a JPEG of bounded size, without where and when it was taken. */
async function smaller(file) {
  try {
    const picture = await createImageBitmap(file);
    const factor = Math.min(1, PHOTO_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    Object.assign(canvas, { width: Math.max(1, picture.width * factor), height: Math.max(1, picture.height * factor) });
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    return base64(await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.85); }));
  } catch {
    return base64(file);
  }
}

export function base64(blob) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.slice(reader.result.indexOf(",") + 1)));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(blob);
  });
}

/** Show what a message will answer or change, and the photos that will go with it. */
function showDraft(column) {
  const { reply, edit, photos } = draftOf(column);
  const banner = part("banner", column);
  banner.hidden = !reply && !edit;
  if (!banner.hidden) {
    const message = logOf(column).querySelector(`.message[data-message="${edit ?? reply}"]`);
    const words = document.createElement("p");
    words.append(Object.assign(document.createElement("strong"), { textContent: edit ? "改这一条：" : "回复：" }));
    words.append(message?.dataset.words || "〔照片、文件、位置或语音〕");
    banner.replaceChildren(words, closing("不回复，也不改了", () => { drafts.set(column.dataset.person, { photos }); showDraft(column); }));
  }
  const chosen = part("chosen", column);
  chosen.hidden = !photos.length;
  chosen.replaceChildren(...photos.map((photo, index) => {
    const button = closing(`不发第 ${index + 1} 张`, () => { photos.splice(index, 1); showDraft(column); });
    button.prepend(Object.assign(document.createElement("img"), { src: photo.shown, alt: "" }));
    return button;
  }));
  column.querySelector(".send").classList.toggle("ready", photos.length > 0);
}

export function closing(label, what) {
  const button = elements('<button type="button" class="tool"><svg class="icon" aria-hidden="true"><use href="#icon-close"/></svg></button>').firstElementChild;
  button.setAttribute("aria-label", label);
  button.addEventListener("click", what);
  return button;
}

function addPhotos(column, files) {
  const { photos } = draftOf(column);
  for (const file of files) {
    if (photos.length < MOST_PHOTOS) photos.push({ file, shown: URL.createObjectURL(file) });
    else flash(personOf(column), `一次最多 ${MOST_PHOTOS} 张`);
  }
  showDraft(column);
  field(column).focus();
}

/** Take files that were pasted, dropped or chosen: pictures wait for words, all else goes at once. */
function take(column, files) {
  const pictures = [...files].filter((file) => file.type.startsWith("image/"));
  if (pictures.length) addPhotos(column, pictures);
  for (const file of files) if (!pictures.includes(file)) sendDocument(personOf(column), file);
}

async function sendDocument(person, file) {
  await act(person, "sends_file", { kind: "document", name: file.name, content: await base64(file) });
}

function pick(name, column) {
  const chooser = part(name);
  chooser.value = "";
  chooser.onchange = () => (name === "photo-file" ? take(column, chooser.files) : sendDocument(personOf(column), chooser.files[0]));
  chooser.click();
}

async function sendPlace(person) {
  const place = await ask("place");
  if (place) act(person, "sends_location", { latitude: Number(place.latitude), longitude: Number(place.longitude) });
}

async function sendContact(person) {
  const contact = await ask("contact");
  if (contact) act(person, "sends_contact", { phone: contact.phone, ...(contact.name ? { first_name: contact.name } : {}) });
}

function attach(column, button) {
  const person = personOf(column);
  openMenu(button, [
    ["照片", () => pick("photo-file", column)],
    ["文件", () => pick("document-file", column)],
    ["位置", () => sendPlace(person)],
    ["电话", () => sendContact(person)],
    ["示范语音", () => act(person, "sends_file", { kind: "voice" })],
  ], "发别的");
}

function showCommands(column, button) {
  const items = [...elements(column.dataset.commands ?? "").children];
  for (const item of items) item.addEventListener("click", () => act(personOf(column), "says", { text: item.dataset.command }));
  openMenu(button, items, "命令");
}

function messageMenu(message, point) {
  const column = message.closest(".column");
  const number = Number(message.dataset.message);
  const items = [["回复", () => start(column, { reply: number })]];
  if (message.dataset.editable !== undefined) items.push(["编辑", () => start(column, { edit: number }, message.dataset.words)]);
  if (message.dataset.words) items.push(["复制文字", () => navigator.clipboard?.writeText(message.dataset.words)]);
  items.push(["里面发生了什么", () => openDrawer(personOf(column), number, message)]);
  openMenu(message, items, "对这条消息", point);
}

function start(column, what, words) {
  drafts.set(column.dataset.person, { photos: draftOf(column).photos, ...what });
  showDraft(column);
  if (words !== undefined) field(column).value = words;
  setTimeout(() => field(column).focus());
}

const ACTS = {
  attach,
  commands: showCommands,
  voice: (column, button) => record(column, button),
  older: showOlder,
  latest: (column) => toEnd(logOf(column)),
  more: (column, button) => messageMenu(button.closest(".message")),
  hint: (column, button) => { field(column).value = button.dataset.words; field(column).focus(); },
  keys: (column, button) => {
    const keyboard = part("keyboard", column);
    keyboard.hidden = !keyboard.hidden;
    button.setAttribute("aria-pressed", !keyboard.hidden);
  },
};

function keyInField(event) {
  const column = event.target.closest(".column");
  // 229 is what some input methods say while they are still composing.
  const isComposing = event.isComposing || event.keyCode === 229;
  if (event.key === "Enter" && !event.shiftKey && !isComposing) {
    event.preventDefault();
    send(column);
  } else if (event.key === "ArrowUp" && !event.target.value && !isComposing) {
    const last = [...logOf(column).querySelectorAll(".own[data-editable]")].at(-1);
    if (last) { event.preventDefault(); start(column, { edit: Number(last.dataset.message) }, last.dataset.words); }
  } else if (event.key === "Escape" && (draftOf(column).reply || draftOf(column).edit)) {
    drafts.set(column.dataset.person, { photos: draftOf(column).photos });
    showDraft(column);
  }
}

export function openComposers() {
  const columns = part("columns");
  document.querySelectorAll(".column").forEach(restoreWords);
  columns.addEventListener("input", (event) => store(personOf(event.target), event.target.value));
  columns.addEventListener("submit", (event) => { event.preventDefault(); send(event.target.closest(".column")); });
  columns.addEventListener("keydown", (event) => {
    if (event.target.matches("textarea")) keyInField(event);
    const asksMenu = event.key === "Enter" || event.key === "ContextMenu" || (event.shiftKey && event.key === "F10");
    if (event.target.matches(".message") && asksMenu) { event.preventDefault(); messageMenu(event.target); }
  });
  columns.addEventListener("contextmenu", (event) => {
    const message = event.target.closest(".message");
    if (!message || event.target.closest("a, .choice")) return;
    event.preventDefault();
    messageMenu(message, { x: event.clientX, y: event.clientY });
  });
  columns.addEventListener("click", (event) => {
    const column = event.target.closest(".column");
    const button = event.target.closest("[data-act]");
    if (button) ACTS[button.dataset.act]?.(column, button);
    const bubble = event.target.closest(".bubble");
    const isTouch = event.pointerType === "touch" && !event.target.closest("a, button");
    if (bubble && isTouch) messageMenu(bubble.closest(".message"), { x: event.clientX, y: event.clientY });
    const key = event.target.closest(".key");
    if (key) act(personOf(column), "says", { text: key.dataset.keyText });
  });
  columns.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) { event.preventDefault(); take(event.target.closest(".column"), event.clipboardData.files); }
  });
  for (const kind of ["dragover", "dragleave", "drop"]) {
    document.addEventListener(kind, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      const column = event.target.closest?.(".column");
      column?.classList.toggle("dropping", kind === "dragover");
      if (kind === "drop" && column) take(column, event.dataTransfer.files);
    });
  }
}
