/**
 * How good a link is for people: from loss, jitter and delay to one number, as the server judges what goes
 * through it (`sfu/core/quality`).
 *
 * Voice by the E-model (ITU-T G.107), where all terms but those of the network have their default values: a
 * rating R, and from it a mean opinion score (Annex B). Its delay term is the fit of Cole and Rosenbluth (Voice
 * over IP performance monitoring, 2001). For pictures no such model is content with packets: each point of loss
 * costs the same.
 */

import type { Quality } from "../signaling/messages.gen";

/** score: 1.0 to 4.4, in tenths. reason: what it suffers from most. */
export type Score = Pick<Quality, "score" | "reason">;

/** What the E-model gives a faultless network. */
const BEST = 4.4;
const WORST = 1;
/** From here on there is nothing to complain of. */
const GOOD = 4;
const FAULTLESS_R = 93.2;
/** Bpl of G.711 with packet loss concealment (ITU-T G.113 appendix I): none is standardized for Opus. */
const LOSS_ROBUSTNESS = 25.1;
const PACKET_MS = 20;
const NOTICED_DELAY_MS = 177.3;
/** With 3 % of its packets missing for good a picture breaks every few seconds. */
const VIDEO_COST = 30;

/** Nothing was sent: no reason to find fault. */
export const NOTHING_HEARD: Score = { score: BEST, reason: "silent" };

/** loss: 0 to 1, of packets that never came. jitterMs: RFC 3550 §6.4.1. rttMs: null while unknown. */
export function voice(loss: number, jitterMs: number, rttMs: number | null): Score {
  const percent = 100 * Math.min(Math.max(loss, 0), 1);
  const wayMs = (rttMs ?? 0) / 2 + PACKET_MS;
  const forLoss = (95 * percent) / (percent + LOSS_ROBUSTNESS);
  const forDelay = delayImpairment(wayMs);
  // A receiver has to hold packets back for twice the jitter for most of them to be in time.
  const forJitter = delayImpairment(wayMs + 2 * jitterMs) - forDelay;
  const worst = Math.max(forLoss, forJitter, forDelay);
  const reason = worst === forLoss ? "loss" : worst === forJitter ? "jitter" : "delay";
  return scored(opinion(FAULTLESS_R - forLoss - forDelay - forJitter), reason);
}

/** loss: 0 to 1, of packets that never came, repaired ones left out. */
export function video(loss: number): Score {
  return scored(Math.max(WORST, BEST - VIDEO_COST * Math.max(loss, 0)), "loss");
}

function scored(score: number, reason: Quality["reason"]): Score {
  return { score: Math.round(score * 10) / 10, reason: score >= GOOD ? "good" : reason };
}

function delayImpairment(delayMs: number): number {
  return 0.024 * delayMs + 0.11 * Math.max(0, delayMs - NOTICED_DELAY_MS);
}

function opinion(rating: number): number {
  if (rating <= 0) return WORST;
  return Math.max(WORST, 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6);
}
