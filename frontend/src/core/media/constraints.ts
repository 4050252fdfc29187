/** What is asked of microphone and camera. */

const ORIGINAL_SOUND_KEY = "telcall.audioProcessing";

/** The user's setting 'original sound': no echo cancellation, noise suppression or gain control. For music. */
export function originalSound(): boolean {
  try {
    return localStorage.getItem(ORIGINAL_SOUND_KEY) === "off";
  } catch {
    return false;
  }
}

export function setOriginalSound(on: boolean): void {
  try {
    if (on) localStorage.setItem(ORIGINAL_SOUND_KEY, "off");
    else localStorage.removeItem(ORIGINAL_SOUND_KEY);
  } catch {
    // The setting is lost where the frame may not store anything.
  }
}

export function audioConstraints(): MediaTrackConstraints {
  const process = !originalSound();
  return { echoCancellation: process, noiseSuppression: process, autoGainControl: process };
}

export function videoConstraints(): MediaTrackConstraints {
  const phone = Math.min(screen.width, screen.height) < 600;
  return phone
    ? { facingMode: "user", width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } }
    : {
        facingMode: "user",
        width: { ideal: 1280 },
        height: { ideal: 720 },
        frameRate: { ideal: 30, max: 30 },
      };
}
