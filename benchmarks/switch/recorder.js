// Records what this page plays, all of it mixed, as the tab itself gives it out; and watches one picture.
(() => {
  const LOOK_EVERY_MS = 20;
  const BLACK_BELOW = 60;
  let reader = null;
  let chunks = null;
  let rate = 0;

  // Once: the tab's own sound, after every element's volume and mute.
  async function open() {
    const stream = await navigator.mediaDevices.getDisplayMedia({
      video: { frameRate: 1 }, // no capture without a picture
      audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, sampleRate: 48000 },
      preferCurrentTab: true,
    });
    for (const track of stream.getVideoTracks()) track.stop();
    const [track] = stream.getAudioTracks();
    reader = new MediaStreamTrackProcessor({ track, maxBufferSize: 1000 }).readable.getReader();
    void collect();
  }

  async function collect() {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      if (chunks) {
        const samples = new Float32Array(value.numberOfFrames);
        value.copyTo(samples, { planeIndex: 0, format: "f32-planar" });
        rate = value.sampleRate;
        chunks.push(samples);
      }
      value.close();
    }
  }

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });
  let timer = null;
  let black = 0;
  let looks = 0;

  function isBlack(userId) {
    const video = document.querySelector(`[data-testid="video-${userId}"]`);
    if (!video?.srcObject || !video.videoWidth || video.readyState < 2) return true;
    if (Number(getComputedStyle(video).opacity) < 1) return true;
    brush.drawImage(video, 0, 0, 1, 1);
    return Math.max(...brush.getImageData(0, 0, 1, 1).data.slice(0, 3)) < BLACK_BELOW;
  }

  function start(userId) {
    chunks = [];
    black = looks = 0;
    timer = setInterval(() => {
      looks += 1;
      if (isBlack(userId)) black += 1;
    }, LOOK_EVERY_MS);
  }

  // {sound: base64 of 16-bit samples, rate, looks, black}
  async function stop() {
    clearInterval(timer);
    const taken = chunks;
    chunks = null;
    const samples = new Int16Array(taken.reduce((sum, chunk) => sum + chunk.length, 0));
    let at = 0;
    for (const chunk of taken) for (const sample of chunk) {
      samples[at++] = Math.max(-32768, Math.min(32767, sample * 32767));
    }
    const url = await new Promise((resolve) => {
      const file = new FileReader();
      file.onload = () => resolve(file.result);
      file.readAsDataURL(new Blob([samples]));
    });
    return { sound: url.split(",")[1], rate, looks, black };
  }

  window.telcallRecorder = { open, start, stop };
})();
