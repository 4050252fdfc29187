/** What pages need from the core, handed down once; assemble.ts makes it. */
import { createContext, use, useSyncExternalStore } from "react";
import type { ApiClient } from "../core/api/client";
import type { Outcome } from "../core/api/outcome";
import type { SessionState } from "../core/session/session";
import type { Telegram } from "../core/telegram/telegram";

export interface CallLink {
  readonly callId: string;
  readonly joinUrl: string | null;
}

export interface BrowserLink {
  readonly url: string;
  readonly minutes: number;
}

export interface Services {
  readonly api: ApiClient;
  readonly telegram: Telegram;
  getSession(): SessionState;
  subscribeSession(listener: () => void): () => void;
  /** By Telegram's data or the cookie; again after a failure. */
  signIn(): Promise<void>;
  /** Answers `other_link`: by the link, in the place of who is signed in here. */
  followLink(): Promise<void>;
  /** Answers `other_link`: who is signed in here stays. */
  leaveLink(): void;
  signInByName(name: string): Promise<Outcome<void>>;
  /** The language in which the bot writes, null: Telegram's. Answers null where another was chosen since. */
  chooseLanguage(code: string | null): Promise<Outcome<void> | null>;
  signOut(): Promise<Outcome<void>>;
  /** Deletes the person for good, and signs them out. */
  deleteMe(): Promise<Outcome<void>>;
  createCall(video: boolean): Promise<Outcome<CallLink>>;
  /** A new call, into which the bot calls this friend. */
  callFriend(friendId: number, video: boolean): Promise<Outcome<CallLink>>;
  /** The id of a message for Telegram's picker of chats. */
  prepareShare(callId: string): Promise<Outcome<string>>;
  rateCall(callId: string, stars: number, reasons: readonly string[]): Promise<Outcome<void>>;
  /** Only a call that can still be joined is found. */
  findCall(callId: string): Promise<Outcome<CallLink>>;
  /** An address that goes on at `path` in a browser, signed in; good once, for some minutes. */
  browserLink(path: string): Promise<Outcome<BrowserLink>>;
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
