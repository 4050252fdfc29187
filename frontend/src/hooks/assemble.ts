import { ApiClient, ApiError, type CallInfo } from "../core/api/client";
import { Session } from "../core/session/session";
import type { Telegram } from "../core/telegram/telegram";
import type { CallLink, Outcome, Services } from "./services";

const CODES: Record<number, string> = {
  0: "network",
  401: "unauthorized",
  404: "not_found",
  410: "expired",
  429: "rate_limited",
  502: "unavailable",
  503: "unavailable",
};

/** An answer, or the word for what went wrong; anything but an answer of the API is a bug and thrown. */
async function outcomeOf<T>(work: () => Promise<Outcome<T>>): Promise<Outcome<T>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { ok: false, code: CODES[error.status] ?? "other" };
  }
}

function joinable(call: CallInfo): Outcome<CallLink> {
  if (call.status !== "active") return { ok: false, code: call.status };
  return { ok: true, value: { callId: call.call_id, joinUrl: call.join_url || null } };
}

export function assemble(telegram: Telegram): Services {
  const api = new ApiClient();
  const session = new Session(api, telegram.initData);
  return {
    api,
    telegram,
    getSession: session.getState,
    subscribeSession: session.subscribe,
    signIn: () => session.start(),
    signInByName: (name) =>
      outcomeOf(async () => {
        await session.signInByName(name);
        return { ok: true, value: null };
      }),
    createCall: (video) =>
      outcomeOf(async () => joinable(await api.createCall({ title: null, is_video_enabled: video }))),
    callFriend: async (friendId, video) => {
      const made = await outcomeOf(async () => joinable(await api.callFriend(friendId, video)));
      if (made.ok) return made;
      // Of a friend these say something else than of a call.
      const code = { not_found: "no_friend", rate_limited: "rung_enough" }[made.code] ?? made.code;
      return { ok: false, code };
    },
    prepareShare: (callId) => outcomeOf(async () => ({ ok: true, value: await api.prepareShare(callId) })),
    rateCall: (callId, stars, reasons) =>
      outcomeOf(async () => {
        await api.rateCall(callId, stars, reasons);
        return { ok: true, value: null };
      }),
    findCall: (callId) => outcomeOf(async () => joinable(await api.getCall(callId))),
  };
}
