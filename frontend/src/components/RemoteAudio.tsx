import { useLayoutEffect, useRef } from "react";
import { useMediaElement } from "../hooks/useMediaElement";

interface Props {
  /** Of a person, or of a shared screen. */
  id: string;
  stream: MediaStream | null;
  /** By the path that comes next: played muted until it is the one to be heard, and then at once. */
  next: MediaStream | null;
  unlocked: number;
  onBlocked: () => void;
}

/** The voice of one participant. Apart from the tiles: no layout ever interrupts it. */
export function RemoteAudio({ id, stream, next, unlocked, onBlocked }: Props) {
  const streams = next && next !== stream ? [stream, next] : [stream];
  return streams.map((each) => (
    <Voice
      key={each?.id ?? "none"}
      id={id}
      stream={each}
      heard={each === stream}
      unlocked={unlocked}
      onBlocked={onBlocked}
    />
  ));
}

interface VoiceProps extends Omit<Props, "next"> {
  heard: boolean;
}

function Voice({ id, stream, heard, unlocked, onBlocked }: VoiceProps) {
  const ref = useRef<HTMLAudioElement>(null);
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    const wasMuted = element.muted;
    element.muted = !heard;
    // A browser may stop what becomes audible without a tap.
    if (heard && wasMuted && stream) {
      element.play().catch((error: unknown) => {
        if (error instanceof DOMException && error.name === "NotAllowedError") onBlocked();
      });
    }
  }, [heard, stream, onBlocked]);
  useMediaElement(ref, stream, unlocked, onBlocked);
  // biome-ignore lint/a11y/useMediaCaption: live speech has no captions
  return <audio ref={ref} data-testid={heard ? `audio-${id}` : undefined} autoPlay />;
}
