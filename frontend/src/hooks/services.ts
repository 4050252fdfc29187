/** What pages need from the core, handed down once; assemble.ts makes it. */
import { createContext, use, useSyncExternalStore } from "react";
import type { ApiClient } from "../core/api/client";
import type { SessionState } from "../core/session/session";
import type { Telegram } from "../core/telegram/telegram";

export interface CallLink {
  readonly callId: string;
  readonly joinUrl: string | null;
}

/** `code` is a key of the texts `errors` or `join.errors`. */
export type Outcome<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: string };

export interface Services {
  readonly api: ApiClient;
  readonly telegram: Telegram;
  getSession(): SessionState;
  subscribeSession(listener: () => void): () => void;
  /** By Telegram's data or the cookie; again after a failure. */
  signIn(): Promise<void>;
  signInByName(name: string): Promise<Outcome<null>>;
  createCall(video: boolean): Promise<Outcome<CallLink>>;
  /** A new call, into which the bot calls this friend. */
  callFriend(friendId: number, video: boolean): Promise<Outcome<CallLink>>;
  /** The id of a message for Telegram's picker of chats. */
  prepareShare(callId: string): Promise<Outcome<string>>;
  rateCall(callId: string, stars: number, reasons: readonly string[]): Promise<Outcome<null>>;
  /** Only a call that can still be joined is found. */
  findCall(callId: string): Promise<Outcome<CallLink>>;
}

export const ServicesContext = createContext<Services | null>(null);

export function useServices(): Services {
  const services = use(ServicesContext);
  if (!services) throw new Error("ServicesContext is missing");
  return services;
}

export function useSession(): SessionState {
  const { subscribeSession, getSession } = useServices();
  return useSyncExternalStore(subscribeSession, getSession);
}
