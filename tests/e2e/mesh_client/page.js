// Signing in and the buttons. What happens stands in the body's data attributes, for whoever watches.

import { Call } from "./call.js";

const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const query = new URL(location.href).searchParams;
const show = (name, value) => {
  document.body.dataset[name] = value;
  if (name === "error") find("error").textContent = value;
};
let signedIn = null;
let call = null;

async function ask(path, body) {
  const answer = await fetch(path, {
    method: body ? "POST" : "GET",
    headers: {
      "Content-Type": "application/json",
      ...(signedIn && { Authorization: `Bearer ${signedIn.access_token}` }),
    },
    body: body && JSON.stringify(body),
  });
  return answer.json();
}

find("sign-in").onclick = async () => {
  const { initData } = await ask("/auth/dev", { name: find("name-input").value });
  signedIn = await ask("/auth/telegram", { initData });
  show("selfId", signedIn.user.id);
  show("phase", "signed_in");
};

find("join").onclick = async () => {
  const { ice_servers: iceServers } = await ask("/api/config/webrtc");
  call = new Call({
    self: signedIn.user,
    token: signedIn.access_token,
    callId: query.get("call"),
    iceServers,
    delayMs: Number(query.get("microphone_after_ms") ?? 0),
    show,
  });
};

find("leave").onclick = () => {
  show("phase", "ended");
  call.leave();
};
find("mic").onclick = () => call.toggleMicrophone();
find("camera").onclick = () => call.toggleCamera();
