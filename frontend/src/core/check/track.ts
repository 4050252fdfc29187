/** What a check sends: the microphone, or, without one, a tone too quiet to matter, so that the way is tested. */

import { audioConstraints } from "../media/constraints";

export interface CheckTrack {
  readonly track: MediaStreamTrack;
  readonly microphone: boolean;
  /** Lets the device go. */
  stop(): void;
}

/** Asks for the microphone: call it from a tap. */
export async function openTrack(): Promise<CheckTrack> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: audioConstraints() });
    const [track] = stream.getAudioTracks();
    if (track) return { track, microphone: true, stop: () => track.stop() };
  } catch {
    // Refused or missing: the way can be tested all the same.
  }
  return synthesised();
}

function synthesised(): CheckTrack {
  const context = new AudioContext();
  const tone = new OscillatorNode(context, { frequency: 220 });
  const quiet = new GainNode(context, { gain: 0.01 });
  const out = new MediaStreamAudioDestinationNode(context);
  tone.connect(quiet).connect(out);
  tone.start();
  const track = out.stream.getAudioTracks()[0] as MediaStreamTrack;
  return {
    track,
    microphone: false,
    stop: () => {
      track.stop();
      void context.close();
    },
  };
}
