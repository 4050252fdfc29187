import { useEffect, useRef, useState } from "react";
import { useNavigate } from "react-router";
import type { Named } from "../core/api/types";
import { useServices } from "./services";

/** What comes with the way to a call. */
export interface Arrival {
  readonly camera?: boolean;
  /** Who is being called into it. */
  readonly friend?: Named;
}

/** Makes a call, has the bot call this friend into it, and goes there, if nobody has gone elsewhere meanwhile. */
export function useCallFriend(onProblem: (code: string) => void): {
  /** Who is being called at the moment. */
  calling: number | null;
  call: (friend: Named, video: boolean) => Promise<void>;
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
  const call = async (friend: Named, video: boolean) => {
    if (calling !== null) return;
    setCalling(friend.id);
    const made = await callFriend(friend.id, video);
    if (!shown.current) return;
    setCalling(null);
    if (!made.ok) return onProblem(made.code);
    const { id, username, first_name, last_name, photo_url } = friend;
    const arrival: Arrival = { camera: video, friend: { id, username, first_name, last_name, photo_url } };
    void navigate(`/call/${made.value.callId}`, { state: arrival });
  };
  return { calling, call };
}
