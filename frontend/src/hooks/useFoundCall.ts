import { useEffect, useState } from "react";
import type { Failure } from "../core/call/state";
import { useServices } from "./services";
import { localLink } from "./useInvite";

export interface FoundCall {
  /** The link of Telegram where the server has a bot, else this address. */
  readonly link: string;
  /** There is no such call, or not any more; null: there is, or nobody has answered. */
  readonly gone: Failure | null;
}

const GONE: readonly Failure[] = ["not_found", "ended", "expired"];

/** What the server says of a call before anybody enters it. Nothing waits for that. */
export function useFoundCall(callId: string): FoundCall {
  const { findCall } = useServices();
  const [found, setFound] = useState<FoundCall>(() => ({ link: localLink(callId), gone: null }));
  useEffect(() => {
    let shown = true;
    void findCall(callId).then((answer) => {
      if (!shown) return;
      const link = (answer.ok && answer.value.joinUrl) || localLink(callId);
      const gone = answer.ok ? null : (GONE.find((code) => code === answer.code) ?? null);
      setFound({ link, gone });
    });
    return () => {
      shown = false;
    };
  }, [callId, findCall]);
  return found;
}
