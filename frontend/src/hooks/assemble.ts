import { bases } from "../core/api/base";
import { ApiClient, type CallInfo } from "../core/api/client";
import { answerOf, type Outcome, outcomeOf } from "../core/api/outcome";
import { Session } from "../core/session/session";
import { LastWord } from "../core/settings/lastWord";
import type { Telegram } from "../core/telegram/telegram";
import type { CallLink, Services } from "./services";

function joinable(call: CallInfo): Outcome<CallLink> {
  if (call.status !== "active") return { ok: false, code: call.status };
  // A server without a bot names an address of its own, where there may be no page.
  const { api } = bases();
  const elsewhere = api !== "" && call.join_url.startsWith(`${api}/`);
  return { ok: true, value: { callId: call.call_id, joinUrl: elsewhere ? null : call.join_url || null } };
}

/** linkToken: of a link that goes on in this browser. */
export function assemble(telegram: Telegram, linkToken: string | null): Services {
  const api = new ApiClient({ baseUrl: bases().api });
  const session = new Session(api, telegram.initData, linkToken);
  const language = new LastWord((code: string | null) => answerOf(() => api.chooseLanguage(code)));
  return {
    api,
    telegram,
    getSession: session.getState,
    subscribeSession: session.subscribe,
    signIn: () => session.start(),
    followLink: () => session.followLink(),
    leaveLink: session.leaveLink,
    signInByName: (name) => answerOf(() => session.signInByName(name)),
    chooseLanguage: (code) => language.say(code),
    signOut: () => answerOf(() => session.signOut()),
    deleteMe: () => answerOf(() => session.deleteMe()),
    createCall: (video) =>
      outcomeOf(async () => joinable(await api.createCall({ title: null, is_video_enabled: video }))),
    callFriend: async (friendId, video) => {
      const made = await outcomeOf(async () => joinable(await api.callFriend(friendId, video)));
      if (made.ok) return made;
      // Of a friend these say something else than of a call.
      const code = { not_found: "no_friend", rate_limited: "rung_enough" }[made.code] ?? made.code;
      return { ...made, code };
    },
    prepareShare: (callId) => answerOf(() => api.prepareShare(callId)),
    rateCall: (callId, stars, reasons) => answerOf(() => api.rateCall(callId, stars, reasons)),
    findCall: (callId) => outcomeOf(async () => joinable(await api.getCall(callId))),
    browserLink: (path) =>
      answerOf(async () => {
        const link = await api.browserLink();
        // The server knows one address of the app; this page is at the right one already.
        const url = location.origin + path + new URL(link.url).hash;
        return { url, minutes: Math.max(1, Math.floor(link.expires_in / 60)) };
      }),
  };
}
