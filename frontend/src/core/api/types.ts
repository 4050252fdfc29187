/** What the API answers with (docs/rest.md); times are ISO 8601. */

export interface Named {
  readonly id: number;
  readonly username: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly photo_url: string | null;
}

export interface SignedInUser extends Named {
  readonly telegram_user_id: number;
}

export interface SignIn {
  readonly user: SignedInUser;
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

export type CallStatus = "active" | "ended" | "expired";

export interface CallInfo {
  readonly call_id: string;
  readonly title: string | null;
  readonly is_video_enabled: boolean;
  readonly status: CallStatus;
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly join_url: string;
  readonly is_creator: boolean;
  readonly participants_count: number;
  readonly max_participants: number;
}

export interface Friend extends Named {
  /** When the two were last in a call together. */
  readonly last_call_at: string | null;
  /** Null: this server tells none. */
  readonly is_favourite: boolean | null;
}

/** total: on all pages; null: this server tells none. */
export interface FriendPage {
  readonly friends: readonly Friend[];
  readonly total: number | null;
}

export interface FriendQuery {
  readonly query: string;
  readonly favourites: boolean;
  readonly limit: number;
  readonly offset: number;
}

export interface BlockedPerson extends Named {
  readonly blocked_at: string;
}

/** One of one's own calls. */
export interface PastCall {
  readonly call_id: string;
  readonly title: string | null;
  readonly is_video_enabled: boolean;
  readonly status: CallStatus;
  readonly created_at: string;
  readonly is_creator: boolean;
  /** Called by the bot, and did not come. */
  readonly is_missed: boolean;
  /** All own stays together, an open one until now; null of a missed call. */
  readonly duration_seconds: number | null;
  /** The first of the others who were in it. Who has deleted their data has an id alone. */
  readonly others: readonly Named[];
  readonly others_count: number;
}

export interface PastCallPage {
  readonly calls: readonly PastCall[];
  readonly next_cursor: string | null;
}

export interface BrowserLink {
  readonly url: string;
  /** Seconds. */
  readonly expires_in: number;
}
