import { useEffect, useRef, useState } from "react";
import { useMediaElement } from "../hooks/useMediaElement";

interface Props {
  testId: string;
  stream: MediaStream | null;
  /** Takes the place of `stream` with its first picture, so that nothing black is seen between. */
  next: MediaStream | null;
  shown: boolean;
  mirrored: boolean;
  /** Nothing of the picture is cut off. */
  whole: boolean;
}

/** One element for each stream, kept while the stream is: what comes next is decoded behind what is seen. */
export function SteadyVideo({ testId, stream, next, shown, mirrored, whole }: Props) {
  const [ready, setReady] = useState<MediaStream | null>(null);
  const front = next && ready === next ? next : stream;
  const streams = next && next !== stream ? [stream, next] : [stream];
  return streams.map((each) => (
    <Layer
      key={each?.id ?? "none"}
      testId={each === front ? testId : null}
      stream={each}
      shown={shown && each === front}
      onPicture={() => setReady(each)}
      className={`${mirrored ? "-scale-x-100" : ""} ${whole ? "object-contain" : "object-cover"}`}
    />
  ));
}

interface LayerProps {
  testId: string | null;
  stream: MediaStream | null;
  shown: boolean;
  onPicture: () => void;
  className: string;
}

function Layer({ testId, stream, shown, onPicture, className }: LayerProps) {
  const ref = useRef<HTMLVideoElement>(null);
  useMediaElement(ref, stream);
  // biome-ignore lint/correctness/useExhaustiveDependencies: once for each stream
  useEffect(() => {
    const element = ref.current;
    if (!element || !stream) return;
    if ("requestVideoFrameCallback" in element) {
      const asked = element.requestVideoFrameCallback(() => onPicture());
      return () => element.cancelVideoFrameCallback(asked);
    }
    const video = element as HTMLVideoElement;
    video.onloadeddata = () => onPicture();
    return () => {
      video.onloadeddata = null;
    };
  }, [stream]);
  return (
    <video
      ref={ref}
      data-testid={testId ?? undefined}
      playsInline
      muted
      autoPlay
      className={`absolute inset-0 size-full ${className} ${shown ? "" : "opacity-0"}`}
    />
  );
}
