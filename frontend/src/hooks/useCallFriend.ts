import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import { useServices } from "./services";

/** Makes a call, has the bot call this friend into it, and goes there, if nobody has gone elsewhere meanwhile. */
export function useCallFriend(onProblem: (code: string) => void): {
  /** Who is being called at the moment. */
  calling: number | null;
  call: (friendId: number, video: boolean) => Promise<void>;
} {
  const navigate = useNavigate();
  const { callFriend } = useServices();
  const [calling, setCalling] = useState<number | null>(null);
  const shown = useRef(false);
  useEffect(() => {
    shown.current = true;
    return () => {
      shown.current = false;
    };
  }, []);
  const call = async (friendId: number, video: boolean) => {
    if (calling !== null) return;
    setCalling(friendId);
    const made = await callFriend(friendId, video);
    if (!shown.current) return;
    setCalling(null);
    if (made.ok) void navigate(`/call/${made.value.callId}`, { state: { camera: video } });
    else onProblem(made.code);
  };
  return { calling, call };
}
