/* Generated from signaling/messages.py by `npm run types`. Do not edit. */

export type ClientMessage =
  | Offer
  | Answer
  | IceCandidate
  | SfuOffer
  | SeatsWanted
  | MediaStateUpdate
  | P2PState
  | TopologyWanted
  | ChatText
  | React
  | RaiseHand
  | Moderate
  | Admit
  | RateCall
  | Ping
  | Leave;
export type ServerMessage =
  | CallMetadata
  | ParticipantsSnapshot
  | UserJoined
  | UserLeft
  | RelayedOffer
  | RelayedAnswer
  | RelayedIceCandidate
  | CallEnded
  | Error
  | Welcome
  | ResumeTokenChanged
  | TopologyChanged
  | SfuAnswer
  | Seats
  | MediaStateChanged
  | Speakers
  | Quality
  | LayersWanted
  | Reconnect
  | Chat
  | Reaction
  | Hand
  | Moderation
  | Knock
  | Waiting
  | Ring
  | Pong;
export type CheckClientMessage = CheckOffer | Ping | Leave;
export type CheckServerMessage =
  CheckReady | SfuAnswer | CheckConnected | CheckStats | CheckResult | Pong | Error;

/**
 * Messages of WS /ws/calls/{call_id}, telcall.v2 and documented, and of WS /ws/check.
 */
export interface Signaling {
  client: ClientMessage;
  server: ServerMessage;
  check_client: CheckClientMessage;
  check_server: CheckServerMessage;
}
/**
 * A mesh offer for one other participant; relayed untouched.
 */
export interface Offer {
  id?: string | number | null;
  type: "offer";
  to_user_id: number;
  payload: unknown;
}
export interface Answer {
  id?: string | number | null;
  type: "answer";
  to_user_id: number;
  payload: unknown;
}
export interface IceCandidate {
  id?: string | number | null;
  type: "ice_candidate";
  to_user_id: number;
  payload: unknown;
}
/**
 * *v2*: the client's description for the SFU; sent right after `welcome`, and for an ICE restart.
 *
 * `tracks` names what the sending m-lines carry, `seats` which receiving m-lines form which seat.
 * `offer_id` rises with each offer; an offer older than the newest is ignored.
 */
export interface SfuOffer {
  id?: string | number | null;
  type: "sfu_offer";
  offer_id: number;
  payload: SessionDescription;
  tracks: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[A-Za-z0-9_.~-]+$".
     */
    [k: string]: "microphone" | "camera" | "screen";
  };
  /**
   * @maxItems 64
   */
  seats: SeatOffer[];
}
/**
 * `RTCSessionDescriptionInit` for the SFU.
 */
export interface SessionDescription {
  type: "offer" | "answer";
  sdp: string;
}
/**
 * *v2*: the m-lines of one seat in an `sfu_offer`: receiving audio, and video for a full seat.
 */
export interface SeatOffer {
  seat: number;
  audio_mid: string;
  video_mid?: string | null;
}
/**
 * *v2*: which videos are on the screen, most important first.
 */
export interface SeatsWanted {
  id?: string | number | null;
  type: "seats_wanted";
  /**
   * @maxItems 64
   */
  visible?: WantedVideo[];
  pinned?: number | null;
  audio_only?: boolean;
}
/**
 * *v2*: a video that is on the screen, and how high it is drawn there in pixels.
 */
export interface WantedVideo {
  user_id: number;
  source?: "camera" | "screen";
  max_height?: number;
}
/**
 * *v2*: what this client sends from now on.
 */
export interface MediaStateUpdate {
  id?: string | number | null;
  type: "media_state";
  audio: boolean;
  video: boolean;
  screen?: boolean;
}
/**
 * *v2*: how the direct connection to `user_id` fares. `failed` moves the room to the SFU.
 */
export interface P2PState {
  id?: string | number | null;
  type: "p2p_state";
  user_id: number;
  state: "connected" | "failed";
}
/**
 * *v2*: `sfu`: no other participant shall learn the sender's address, which keeps the room on the SFU.
 */
export interface TopologyWanted {
  id?: string | number | null;
  type: "topology_wanted";
  mode: "sfu" | "any";
}
/**
 * *v2*: to everybody in the call; not stored.
 */
export interface ChatText {
  id?: string | number | null;
  type: "chat";
  text: string;
}
export interface React {
  id?: string | number | null;
  type: "reaction";
  emoji: string;
}
export interface RaiseHand {
  id?: string | number | null;
  type: "hand";
  raised: boolean;
}
/**
 * *v2*, of hosts. `user_id`: whom it concerns; for all but `lock`, `unlock` and `end`.
 *
 * `end` is told to all as `call_ended`.
 */
export interface Moderate {
  id?: string | number | null;
  type: "moderation";
  action: ("mute" | "stop_video" | "remove" | "lock" | "unlock" | "make_host") | "end";
  user_id?: number | null;
}
/**
 * *v2*, of hosts: let in, or turn away, somebody who has knocked.
 */
export interface Admit {
  id?: string | number | null;
  type: "admit";
  user_id: number;
  admit: boolean;
}
/**
 * *v2*: how the sender finds the call, once; later ones are ignored. Over REST too, when it is over.
 */
export interface RateCall {
  id?: string | number | null;
  type: "rating";
  stars: number;
  /**
   * @maxItems 8
   */
  reasons?:
    | []
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string];
}
/**
 * *v2*: keeps the socket alive and measures it. `t` comes back in `pong`.
 */
export interface Ping {
  id?: string | number | null;
  type: "ping";
  t: number;
}
/**
 * *v2*: a clean goodbye.
 */
export interface Leave {
  id?: string | number | null;
  type: "leave";
}
/**
 * First message (v2: second): since when the room exists.
 */
export interface CallMetadata {
  type: "call_metadata";
  room_start_time: string;
}
/**
 * Who was here before you; empty when nobody. v2 clients get `Participant`s, others plain `User`s.
 */
export interface ParticipantsSnapshot {
  type: "participants_snapshot";
  participants: (Participant | User)[];
}
/**
 * *v2*: a user in this call with what v2 clients show of them.
 */
export interface Participant {
  id: number;
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  photo_url: string | null;
  media: MediaState;
  role: "host" | "participant";
  hand: boolean;
  protocol: "telcall.v2" | "documented";
}
/**
 * What a participant sends at the moment: false is muted, off or not shared.
 */
export interface MediaState {
  audio: boolean;
  video: boolean;
  screen: boolean;
}
/**
 * A person as the others see them. `id` is the internal id; the Telegram id is never shown.
 */
export interface User {
  id: number;
  username: string | null;
  first_name: string | null;
  last_name: string | null;
  photo_url: string | null;
}
export interface UserJoined {
  type: "user_joined";
  user: Participant | User;
}
export interface UserLeft {
  type: "user_left";
  user: User;
}
/**
 * A mesh offer from another participant. `payload` is theirs, untouched.
 */
export interface RelayedOffer {
  type: "offer";
  from_user: User;
  payload: unknown;
}
export interface RelayedAnswer {
  type: "answer";
  from_user: User;
  payload: unknown;
}
export interface RelayedIceCandidate {
  type: "ice_candidate";
  from_user: User;
  payload: unknown;
}
/**
 * The call is over; the socket is closed next. `reason`: `ended`, `expired`, or a text to show.
 */
export interface CallEnded {
  type: "call_ended";
  reason: string;
}
/**
 * Something the receiver sent was refused. `detail` is the documented text, `code` the stable string.
 */
export interface Error {
  type: "error";
  detail: string;
  code:
    | "invalid"
    | "invalid_sdp"
    | "message_too_large"
    | "rate_limited"
    | "target_offline"
    | "unsupported"
    | "forbidden"
    | "unauthorized"
    | "origin"
    | "removed"
    | "locked"
    | "not_found"
    | "ended"
    | "expired"
    | "too_slow"
    | "replaced"
    | "room_full"
    | "too_many_connections"
    | "draining"
    | "database_unavailable"
    | "engine_unavailable"
    | "internal";
  ref: string | number | null;
}
/**
 * *v2*: first message. `locked`: newcomers have to knock.
 *
 * `resume_token` goes into the subprotocols (`resume.<token>`) of the connection that follows a lost one.
 * `resumed`: that has worked; the session, its seats and its connections are those from before.
 */
export interface Welcome {
  type: "welcome";
  self: Self;
  session_id: string;
  resume_token: string;
  resumed: boolean;
  topology: "p2p" | "sfu";
  locked: boolean;
  ice_servers: IceServer[];
  limits: Limits;
  ping_interval_s: number;
}
/**
 * *v2*: the receiver of `welcome`.
 */
export interface Self {
  user: User;
  role: "host" | "participant";
}
/**
 * `RTCIceServer` of W3C WebRTC.
 */
export interface IceServer {
  urls: string[];
  username: string | null;
  credential: string | null;
}
/**
 * *v2*: what the server takes from this client.
 */
export interface Limits {
  max_participants: number;
  max_message_bytes: number;
}
/**
 * *v2*: from now on this is the one to resume with: the receiver's role or hand, or the lock, changed.
 */
export interface ResumeTokenChanged {
  type: "resume_token";
  resume_token: string;
}
/**
 * *v2*: the room changed between p2p and SFU.
 */
export interface TopologyChanged {
  type: "topology";
  mode: "p2p" | "sfu";
  reason: "participants" | "p2p_failed" | "requested";
}
/**
 * *v2*: reply to the `sfu_offer` with the same `offer_id`.
 */
export interface SfuAnswer {
  type: "sfu_answer";
  offer_id: number;
  payload: SessionDescription;
}
/**
 * *v2*: who sits where, whole. `revision` rises; an older one is ignored.
 *
 * Sent before the first packet of a new sitter.
 */
export interface Seats {
  type: "seats";
  revision: number;
  seats: Seat[];
}
/**
 * *v2*: who sits on a seat. `user_id` null: nobody.
 */
export interface Seat {
  seat: number;
  audio_mid: string;
  video_mid: string | null;
  user_id: number | null;
  source: "camera" | "screen";
  video: "on" | "paused" | "off";
}
/**
 * *v2*: another participant (un)muted or turned a camera or a screen share on or off.
 */
export interface MediaStateChanged {
  type: "media_state";
  user_id: number;
  audio: boolean;
  video: boolean;
  screen: boolean;
}
/**
 * *v2*: who speaks, the loudest first, and who holds the floor. At most four a second, on change.
 */
export interface Speakers {
  type: "speakers";
  speakers: Speaker[];
  dominant: number | null;
}
/**
 * *v2*: somebody who speaks, and how loud: 0 to 1.
 */
export interface Speaker {
  user_id: number;
  level: number;
}
/**
 * *v2*: how somebody's link to the server fares, 1.0 to 5.0, and what it suffers from most.
 *
 * Every five seconds of everybody, oneself too, while media goes through the server. `silent`: nothing goes
 * through it, and nothing is wrong with it.
 */
export interface Quality {
  type: "quality";
  user_id: number;
  score: number;
  reason: "good" | "loss" | "jitter" | "delay" | "silent";
}
/**
 * *v2*: up to which layer anybody is shown the receiver's own `source`. `off`: nobody is, so it need not
 * be encoded. Until told otherwise, all of it is wanted.
 */
export interface LayersWanted {
  type: "layers_wanted";
  source: "camera" | "screen";
  max_layer: "off" | "low" | "mid" | "high";
}
/**
 * *v2*: the connection is closed next; come back in `after_ms`.
 */
export interface Reconnect {
  type: "reconnect";
  after_ms: number;
  reason: "draining";
}
/**
 * *v2*: somebody has written to all. Their own client hears it too.
 */
export interface Chat {
  type: "chat";
  user_id: number;
  text: string;
  at: string;
}
export interface Reaction {
  type: "reaction";
  user_id: number;
  emoji: string;
}
export interface Hand {
  type: "hand";
  user_id: number;
  raised: boolean;
}
/**
 * *v2*: what a host did, told to all. `user_id`: whom it concerns; null for `lock` and `unlock`.
 *
 * `by` null: the server did, as when the last host has left. The one who is to be muted does so.
 */
export interface Moderation {
  type: "moderation";
  action: "mute" | "stop_video" | "remove" | "lock" | "unlock" | "make_host";
  user_id: number | null;
  by: number | null;
}
/**
 * *v2*, to hosts: somebody waits to be let in, or (`waiting` false) does not any more.
 */
export interface Knock {
  type: "knock";
  user: User;
  waiting: boolean;
}
/**
 * *v2*: the call is locked, a host has been asked. First and only message until `welcome` or `error`.
 *
 * `position` counts from 1.
 */
export interface Waiting {
  type: "waiting";
  position: number;
}
/**
 * *v2*: the bot calls somebody into this call, or what has come of it. Who joins meanwhile is told too.
 *
 * `unreachable`: the bot cannot write to them. It ends when they join: `user_joined`.
 */
export interface Ring {
  type: "ring";
  user_id: number;
  state: "ringing" | "declined" | "missed" | "unreachable";
  user: User;
}
/**
 * *v2*: reply to `ping`, with its `t`.
 */
export interface Pong {
  type: "pong";
  t: number;
}
/**
 * The client's description: one microphone, one seat for its echo. As `sfu_offer` of a call.
 */
export interface CheckOffer {
  id?: string | number | null;
  type: "sfu_offer";
  offer_id: number;
  payload: SessionDescription;
  tracks: {
    /**
     * This interface was referenced by `undefined`'s JSON-Schema definition
     * via the `patternProperty` "^[A-Za-z0-9_.~-]+$".
     */
    [k: string]: "microphone";
  };
  /**
   * @minItems 1
   * @maxItems 1
   */
  seats: [SeatOffer];
}
/**
 * First message. `connect_s`: how long a connection may take after the offer was answered; `echo_s`: how
 * long the echo goes on after that, at most.
 */
export interface CheckReady {
  type: "check_ready";
  ice_servers: IceServer[];
  connect_s: number;
  echo_s: number;
}
/**
 * ICE and DTLS are up. `after_ms`: since the offer was answered. By which way the client knows better.
 */
export interface CheckConnected {
  type: "connected";
  transport: "udp";
  after_ms: number;
}
export interface CheckStats {
  type: "check_stats";
  uplink: Uplink;
  downlink: Downlink;
}
/**
 * What has come from the client since it is connected. `kbps`: over the last second, or two.
 */
export interface Uplink {
  packets: number;
  lost: number;
  bytes: number;
  jitter_ms: number;
  kbps: number;
}
/**
 * What has gone to the client, with our reports. The last three by its own (RFC 3550 section 6.4.1); null
 * until there are some. `fraction_lost`: of all so far, 0 to 1.
 */
export interface Downlink {
  packets: number;
  bytes: number;
  kbps: number;
  fraction_lost: number | null;
  jitter_ms: number | null;
  rtt_ms: number | null;
}
/**
 * Last message. `finished`: the client has left; `time_limit`: the echo went on for as long as it may;
 * `no_offer`: none came; `no_path`: no packet, or too few, of the client's came to the media port in time;
 * `failed`: the handshake (DTLS) did not succeed; `lost`: the connection was up and has broken.
 */
export interface CheckResult {
  type: "check_result";
  reason: "finished" | "time_limit" | "no_offer" | "no_path" | "failed" | "lost";
  connected_after_ms: number | null;
  uplink: Uplink;
  downlink: Downlink;
}
