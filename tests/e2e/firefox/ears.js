// Ears for a Firefox on a machine without a sound device, where no AudioContext runs: half a second of the
// track is recorded, decoded, and measured at each frequency (Goertzel's algorithm, with a Hann window).
(() => {
  const RATE_HZ = 48_000;
  const RECORDED_MS = 500;

  async function record(track) {
    const recorder = new MediaRecorder(new MediaStream([track]));
    const pieces = [];
    recorder.ondataavailable = ({ data }) => pieces.push(data);
    const stopped = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    setTimeout(() => recorder.stop(), RECORDED_MS);
    await stopped;
    const recording = await new Blob(pieces).arrayBuffer();
    const decoded = await new OfflineAudioContext(1, RATE_HZ, RATE_HZ).decodeAudioData(recording);
    return decoded.getChannelData(0);
  }

  function level(wave, hz) {
    const turn = 2 * Math.cos((2 * Math.PI * hz) / RATE_HZ);
    let before = 0;
    let last = 0;
    for (let at = 0; at < wave.length; at++) {
      const hann = 0.5 - 0.5 * Math.cos((2 * Math.PI * at) / wave.length);
      [before, last] = [last, wave[at] * hann + turn * last - before];
    }
    const power = before * before + last * last - turn * before * last;
    const amplitude = (4 * Math.sqrt(Math.max(power, 0))) / wave.length;
    return Math.round(Math.max(-200, 20 * Math.log10(amplitude)));
  }

  // As the one of `listening.js`, but for the time it takes.
  telcallListening.levels = async (userId, frequencies) => {
    const audio = document.querySelector(`[data-testid="audio-${userId}"]`);
    const track = audio?.paused || audio?.muted ? null : audio?.srcObject?.getAudioTracks()[0];
    if (!track) return null;
    const wave = await record(track);
    return frequencies.map((hz) => level(wave, hz));
  };
})();
