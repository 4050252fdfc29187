import { useRef } from "react";
import { useMediaElement } from "../hooks/useMediaElement";

interface Props {
  userId: number;
  stream: MediaStream | null;
  unlocked: number;
  onBlocked: () => void;
}

/** The voice of one participant. Apart from the tiles: no layout ever interrupts it. */
export function RemoteAudio({ userId, stream, unlocked, onBlocked }: Props) {
  const ref = useRef<HTMLAudioElement>(null);
  useMediaElement(ref, stream, unlocked, onBlocked);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no captions
  return <audio ref={ref} data-testid={`audio-${userId}`} autoPlay />;
}
