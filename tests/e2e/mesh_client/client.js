// A mesh client, written from the documented messages alone: one connection for each other participant, the
// lower user id offers. A camera comes by addTrack and goes by removeTrack, each with an offer of whoever
// toggles; the microphone is muted by `enabled`. Says nothing of what it sends.

const find = (id) => document.querySelector(`[data-testid="${id}"]`);
const phase = (value) => (document.body.dataset.phase = value);
const peers = new Map();
let self = null;
let token = null;
let socket = null;
let local = null;
let camera = null;

async function post(path, body) {
  const answer = await fetch(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return answer.json();
}

find("sign-in").onclick = async () => {
  const { initData } = await post("/auth/dev", { name: find("name-input").value });
  const signedIn = await post("/auth/telegram", { initData });
  self = signedIn.user;
  token = signedIn.access_token;
  phase("signed_in");
};

find("join").onclick = async () => {
  const callId = new URL(location.href).searchParams.get("call");
  const config = await (
    await fetch("/api/config/webrtc", { headers: { Authorization: `Bearer ${token}` } })
  ).json();
  local = await navigator.mediaDevices.getUserMedia({
    audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false },
  });
  socket = new WebSocket(`ws://${location.host}/ws/calls/${callId}`, ["token", `token.${token}`]);
  socket.onmessage = ({ data }) => receive(JSON.parse(data), config.ice_servers);
  socket.onclose = ({ code }) => {
    document.body.dataset.closeCode = code;
    if (document.body.dataset.phase !== "ended") phase("closed");
  };
};

find("leave").onclick = () => {
  phase("ended");
  socket.close();
  for (const id of [...peers.keys()]) drop(id);
};

find("mic").onclick = () => {
  const [track] = local.getAudioTracks();
  track.enabled = !track.enabled;
};

find("camera").onclick = async () => {
  if (camera) {
    for (const { pc } of peers.values()) {
      for (const sender of pc.getSenders()) if (sender.track === camera) pc.removeTrack(sender);
    }
    camera.stop();
    camera = null;
  } else {
    const stream = await navigator.mediaDevices.getUserMedia({ video: true });
    [camera] = stream.getVideoTracks();
    for (const { pc } of peers.values()) pc.addTrack(camera, local);
  }
  for (const id of peers.keys()) await offer(id);
};

const send = (type, to, payload) => socket.send(JSON.stringify({ type, to_user_id: to, payload }));

function receive(message, iceServers) {
  const from = message.from_user?.id;
  switch (message.type) {
    case "call_metadata":
      return phase("in_call");
    case "participants_snapshot":
      for (const user of message.participants) meet(user.id, iceServers);
      return undefined;
    case "user_joined":
      return meet(message.user.id, iceServers);
    case "user_left":
      return drop(message.user.id);
    case "offer":
      return inOrder(from, async ({ pc }) => {
        await pc.setRemoteDescription(message.payload);
        await pc.setLocalDescription(await pc.createAnswer());
        send("answer", from, pc.localDescription);
      });
    case "answer":
      return inOrder(from, ({ pc }) => pc.setRemoteDescription(message.payload));
    case "ice_candidate":
      return inOrder(from, ({ pc }) => pc.addIceCandidate(message.payload));
    case "error":
      document.body.dataset.error = message.code;
      return undefined;
    case "call_ended":
      return phase("ended");
    default:
      throw new Error(`a documented client was told ${message.type}`);
  }
}

function meet(id, iceServers) {
  const pc = new RTCPeerConnection({ iceServers });
  peers.set(id, { pc, queue: Promise.resolve() });
  for (const kind of ["audio", "video"]) {
    const element = document.createElement(kind);
    Object.assign(element, { autoplay: true, muted: kind === "video", playsInline: true });
    element.dataset.testid = `${kind}-${id}`;
    document.querySelector("main").append(element);
  }
  pc.ontrack = ({ track }) => {
    const element = find(`${track.kind}-${id}`);
    element.srcObject = new MediaStream([track]);
    void element.play();
  };
  pc.onicecandidate = ({ candidate }) => candidate && send("ice_candidate", id, candidate.toJSON());
  for (const track of local.getTracks()) pc.addTrack(track, local);
  if (camera) pc.addTrack(camera, local);
  if (self.id < id) void offer(id);
}

const offer = (id) =>
  inOrder(id, async ({ pc }) => {
    await pc.setLocalDescription(await pc.createOffer());
    send("offer", id, pc.localDescription);
  });

function inOrder(id, step) {
  const peer = peers.get(id);
  if (!peer) return undefined;
  peer.queue = peer.queue.then(() => step(peer)).catch((error) => console.warn("step failed", error));
  return peer.queue;
}

function drop(id) {
  peers.get(id)?.pc.close();
  peers.delete(id);
  for (const kind of ["audio", "video"]) find(`${kind}-${id}`)?.remove();
}
