// Ears and eyes of a test inside a page: what an <audio> or <video> of the page really plays.
(() => {
  const FFT_SIZE = 8192;
  const STILL_AFTER_MS = 1500;
  const ears = new WeakMap();
  let context = null;
  const peers = [];

  const NativePeer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends NativePeer {
    constructor(...options) {
      super(...options);
      peers.push(this);
    }
  };

  const element = (kind, userId) => document.querySelector(`[data-testid="${kind}-${userId}"]`);

  function earOf(stream) {
    const track = stream.getAudioTracks()[0];
    if (!track) return null;
    let ear = ears.get(track);
    if (!ear) {
      context ??= new AudioContext();
      const analyser = context.createAnalyser();
      Object.assign(analyser, { fftSize: FFT_SIZE, smoothingTimeConstant: 0 });
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      ear = { analyser, bins: new Float32Array(analyser.frequencyBinCount), wave: new Float32Array(512) };
      ears.set(track, ear);
    }
    if (context.state !== "running") void context.resume();
    return ear;
  }

  // dB at each of the frequencies; null while nothing is played.
  function levels(userId, frequencies) {
    const audio = element("audio", userId);
    if (!audio || !audio.srcObject || audio.paused || audio.muted) return null;
    const ear = earOf(audio.srcObject);
    if (!ear) return null;
    ear.analyser.getFloatFrequencyData(ear.bins);
    return frequencies.map((hz) => {
      const at = Math.round((hz * FFT_SIZE) / context.sampleRate);
      const around = Math.max(...ear.bins.slice(at - 1, at + 2));
      return Number.isFinite(around) ? Math.round(around) : -200;
    });
  }

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 8;
  const brush = canvas.getContext("2d", { willReadFrequently: true });

  // Whether a picture has come lately: one that stands still is none. Known from the second look on.
  const shownAt = new WeakMap();
  function isMoving(video) {
    if (!shownAt.has(video)) {
      shownAt.set(video, Number.NEGATIVE_INFINITY);
      const shown = () => {
        shownAt.set(video, performance.now());
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    }
    return performance.now() - shownAt.get(video) < STILL_AFTER_MS;
  }

  // Mean RGB of the middle of what is shown; null while nothing is, or nothing moves.
  function colour(userId) {
    const video = element("video", userId);
    if (!video || !video.srcObject || !video.videoWidth || video.readyState < 2) return null;
    if (!isMoving(video)) return null;
    if (Number(getComputedStyle(video).opacity) < 1) return null;
    const { videoWidth: width, videoHeight: height } = video;
    brush.drawImage(video, width / 4, height / 4, width / 2, height / 2, 0, 0, 8, 8);
    const { data } = brush.getImageData(0, 0, 8, 8);
    const sums = [0, 0, 0];
    for (let i = 0; i < data.length; i += 4) for (let c = 0; c < 3; c++) sums[c] += data[i + c];
    return sums.map((sum) => Math.round(sum / 64));
  }

  // Packets sent so far, for each stream that is sent: {"<peer>/<ssrc>": {kind, packets}}.
  async function sent() {
    const streams = {};
    for (const [index, peer] of peers.entries()) {
      if (peer.connectionState === "closed") continue;
      for (const each of (await peer.getStats()).values()) {
        if (each.type === "outbound-rtp") {
          streams[`${index}/${each.ssrc}`] = { kind: each.kind, packets: each.packetsSent };
        }
      }
    }
    return streams;
  }

  // Taps `join` and waits for all of the users. Milliseconds from the tap until sound and picture of each came
  // for the first time: {heard: {id: ms}, seen: {id: ms}}; whoever did not come in time is missing.
  function joinAndPerceive(userIds, timeoutMs) {
    const heard = {};
    const seen = {};
    context ??= new AudioContext();
    const startedAt = performance.now();
    const isHeard = (id) => {
      const audio = element("audio", id);
      const ear = audio?.srcObject && !audio.paused ? earOf(audio.srcObject) : null;
      ear?.analyser.getFloatTimeDomainData(ear.wave);
      return ear !== null && ear.wave.some((sample) => Math.abs(sample) > 0.01);
    };
    const isSeen = (id) => {
      const video = element("video", id);
      return Boolean(video?.srcObject && video.videoWidth && video.readyState >= 2);
    };
    return new Promise((resolve) => {
      const look = () => {
        const now = performance.now() - startedAt;
        // Before they are to be heard: an ear of its own takes some tens of milliseconds to open.
        for (const { srcObject } of document.querySelectorAll("audio")) if (srcObject) earOf(srcObject);
        for (const id of userIds) {
          if (heard[id] === undefined && isHeard(id)) heard[id] = now;
          if (seen[id] === undefined && isSeen(id)) seen[id] = now;
        }
        const all = userIds.every((id) => heard[id] !== undefined && seen[id] !== undefined);
        if (all || now > timeoutMs) resolve({ heard, seen });
        else setTimeout(look, 5);
      };
      document.querySelector('[data-testid="join"]').click();
      look();
    });
  }

  window.telcallListening = { levels, colour, sent, joinAndPerceive, peers };
})();
