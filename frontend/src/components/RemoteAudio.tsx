import { useEffect, useLayoutEffect, useRef, useState } from "react";
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

/** Becoming audible takes a browser that is busy so long: silence in between would be heard, this is not. */
const OVERLAP_MS = 60;

/** The voice of one participant. Apart from the tiles: no layout ever interrupts it. */
export function RemoteAudio({ id, stream, next, unlocked, onBlocked }: Props) {
  const leaving = useLeaving(stream);
  // In the order in which they come, so that no element is moved.
  const streams = [...(leaving ? [leaving] : []), stream, ...(next ? [next] : [])];
  return [...new Set(streams)].map((each) => (
    <Voice
      key={each?.id ?? "none"}
      id={id}
      stream={each}
      heard={each === stream || each === leaving}
      named={each === stream}
      unlocked={unlocked}
      onBlocked={onBlocked}
    />
  ));
}

/** The stream that was heard before this one, for a moment more. */
function useLeaving(stream: MediaStream | null): MediaStream | null {
  const [heard, setHeard] = useState(stream);
  const [leaving, setLeaving] = useState<MediaStream | null>(null);
  if (heard !== stream) {
    setLeaving(stream && heard);
    setHeard(stream);
  }
  useEffect(() => {
    if (!leaving) return;
    const timer = setTimeout(() => setLeaving(null), OVERLAP_MS);
    return () => clearTimeout(timer);
  }, [leaving]);
  return leaving;
}

interface VoiceProps extends Omit<Props, "next"> {
  heard: boolean;
  /** Whether it is the one that counts. */
  named: boolean;
}

function Voice({ id, stream, heard, named, unlocked, onBlocked }: VoiceProps) {
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
  return <audio ref={ref} data-testid={named ? `audio-${id}` : undefined} autoPlay />;
}
