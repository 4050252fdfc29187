// Watches, at 20 ms steps, how many voices a page plays at once and what it shows of one person.
(() => {
  const STEP_MS = 20;
  const LOUD = 0.01;
  const ears = new Map();
  let context = null;
  let timer = null;
  let samples = [];

  function earOf(audio) {
    const track = audio.srcObject?.getAudioTracks()[0];
    if (!track) return null;
    let ear = ears.get(track);
    if (!ear) {
      context ??= new AudioContext();
      const analyser = context.createAnalyser();
      analyser.fftSize = 1024; // 21 ms at 48 kHz
      context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
      ear = { analyser, wave: new Float32Array(1024) };
      ears.set(track, ear);
    }
    return ear;
  }

  function isLoud(audio) {
    // Before anything else: an ear that is made when a voice is unmuted would miss its beginning.
    const ear = earOf(audio);
    if (!ear || audio.muted || audio.paused) return false;
    ear.analyser.getFloatTimeDomainData(ear.wave);
    return ear.wave.some((sample) => Math.abs(sample) > LOUD);
  }

  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = 1;
  const brush = canvas.getContext("2d", { willReadFrequently: true });

  // Mean RGB of what is on the screen; null where nothing is.
  function shownOf(userId) {
    const video = document.querySelector(`[data-testid="video-${userId}"]`);
    if (!video?.srcObject || !video.videoWidth || video.readyState < 2) return null;
    if (Number(getComputedStyle(video).opacity) < 1) return null;
    brush.drawImage(video, 0, 0, 1, 1);
    return [...brush.getImageData(0, 0, 1, 1).data.slice(0, 3)];
  }

  function start(userId) {
    samples = [];
    timer = setInterval(() => {
      const voices = [...document.querySelectorAll("audio")].filter(isLoud).length;
      samples.push({ at: performance.now(), voices, rgb: shownOf(userId) });
    }, STEP_MS);
  }

  // Longest time, in ms, for which `wrong` held from one sample to the next that is right.
  function longest(wrong) {
    let [since, most] = [null, 0];
    for (const sample of samples) {
      if (wrong(sample)) since ??= sample.at;
      else if (since !== null) {
        most = Math.max(most, sample.at - since);
        since = null;
      }
    }
    return since === null ? most : Math.max(most, samples.at(-1).at - since);
  }

  function stop() {
    clearInterval(timer);
    return {
      samples: samples.length,
      hole: longest(({ voices }) => voices === 0),
      double: longest(({ voices }) => voices > 1),
      dark: longest(({ rgb }) => rgb === null || Math.max(...rgb) < 60),
    };
  }

  window.telcallContinuity = { start, stop };
})();
