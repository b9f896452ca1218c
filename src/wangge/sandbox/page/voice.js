// Record a voice note; where there is no microphone, offer the sample one.

import { act, flash, part, personOf } from "/page/net.js";
import { base64, closing } from "/page/compose.js";

const LONGEST = 60; // seconds

/** Begin to record in a chat; its banner sends it or drops it. */
export async function record(column) {
  const person = personOf(column);
  let sound;
  try {
    sound = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    offerSample(column, person);
    return;
  }
  const recorder = new MediaRecorder(sound);
  const pieces = [];
  const began = performance.now();
  const seconds = () => Math.max(1, Math.round((performance.now() - began) / 1000));
  let isWanted = false;
  const stop = (wanted) => { isWanted = wanted; if (recorder.state !== "inactive") recorder.stop(); };
  const says = show(column, "正在录音 0″", "发送", () => stop(true), () => stop(false));
  const timer = setInterval(() => {
    says.textContent = `正在录音 ${seconds()}″`;
    if (seconds() >= LONGEST) stop(true);
  }, 500);
  recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
  recorder.addEventListener("stop", async () => {
    clearInterval(timer);
    sound.getTracks().forEach((track) => track.stop());
    hide(column);
    const note = { kind: "voice", content: await base64(new Blob(pieces)), duration: seconds() };
    if (isWanted) act(person, "sends_file", note);
    else flash(person, "没有发");
  });
  recorder.start();
}

function offerSample(column, person) {
  const send = () => { hide(column); act(person, "sends_file", { kind: "voice" }); };
  show(column, "没有麦克风，可以发一段示范语音", "发示范语音", send, () => hide(column));
}

function show(column, words, label, yes, no) {
  const banner = part("banner", column);
  const says = Object.assign(document.createElement("p"), { textContent: words });
  says.setAttribute("role", "status");
  const button = Object.assign(document.createElement("button"), { type: "button", className: "plain", textContent: label });
  button.addEventListener("click", yes);
  banner.replaceChildren(says, button, closing("不发了", no));
  banner.hidden = false;
  button.focus();
  return says;
}

function hide(column) {
  part("banner", column).hidden = true;
  column.querySelector("textarea").focus();
}
