/** The REST API, typed. Knows how to carry a token and how to get a new one once; nothing of screens. */

export interface SignedInUser {
  readonly id: number;
  readonly telegram_user_id: number;
  readonly username: string | null;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly photo_url: string | null;
}

export interface SignIn {
  readonly user: SignedInUser;
  readonly access_token: string;
  /** Seconds. */
  readonly expires_in: number;
}

export interface CallInfo {
  readonly call_id: string;
  readonly title: string | null;
  readonly is_video_enabled: boolean;
  readonly status: "active" | "ended" | "expired";
  readonly created_at: string;
  readonly expires_at: string | null;
  readonly join_url: string;
  readonly is_creator: boolean;
  readonly participants_count: number;
  readonly max_participants: number;
}

/** A response that is not a success. `status` 0: no response came. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** Seconds until it makes sense to try again, if the server said so. */
    readonly retryAfterS: number | null = null,
  ) {
    super(detail);
    this.name = "ApiError";
  }
}

export interface ApiDeps {
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
  /** Called once when a request is answered with 401; true: signed in again, try once more. */
  readonly signInAgain?: () => Promise<boolean>;
}

const TIMEOUT_MS = 15_000;

export class ApiClient {
  #token: string | null = null;
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;
  signInAgain: () => Promise<boolean>;

  constructor(deps: ApiDeps = {}) {
    this.#baseUrl = deps.baseUrl ?? "";
    this.#fetch = deps.fetch ?? ((input, init) => fetch(input, init));
    this.signInAgain = deps.signInAgain ?? (async () => false);
  }

  /** Kept in memory only; the cookie carries sign-in over reloads. */
  setToken(token: string | null): void {
    this.#token = token;
  }

  async signInTelegram(initData: string): Promise<SignIn> {
    const answer = (await this.#request("POST", "/auth/telegram", { initData }, false)) as SignIn;
    this.#token = answer.access_token;
    return answer;
  }

  /** Whether this server lets anybody sign in by a name. */
  async devEnabled(): Promise<boolean> {
    try {
      await this.#request("GET", "/auth/dev", undefined, false);
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return false;
      throw error;
    }
  }

  /** The initData of that person, signed by the server for development. */
  async devSignIn(name: string): Promise<string> {
    const answer = (await this.#request("POST", "/auth/dev", { name }, false)) as { initData: string };
    return answer.initData;
  }

  async me(): Promise<SignedInUser> {
    return (await this.#request("GET", "/api/me", undefined, false)) as SignedInUser;
  }

  async createCall(call: { title: string | null; is_video_enabled: boolean }): Promise<CallInfo> {
    return (await this.#request("POST", "/api/calls", call)) as CallInfo;
  }

  async getCall(callId: string): Promise<CallInfo> {
    return (await this.#request("GET", `/api/calls/${encodeURIComponent(callId)}`)) as CallInfo;
  }

  /** A new call into which the bot calls this friend; what comes of it is told by the call's socket. */
  async callFriend(friendId: number, video: boolean): Promise<CallInfo> {
    const body = { friend_id: friendId, is_video_enabled: video };
    return (await this.#request("POST", "/api/calls/friend", body)) as CallInfo;
  }

  /** Has the bot call a friend into a running call. */
  async invite(callId: string, friendId: number): Promise<void> {
    const path = `/api/calls/${encodeURIComponent(callId)}/invite`;
    await this.#request("POST", path, { friend_id: friendId });
  }

  /** The id of a message with the call's link, for Telegram's own picker. */
  async prepareShare(callId: string): Promise<string> {
    const answer = await this.#request("POST", `/api/calls/${encodeURIComponent(callId)}/share`);
    return (answer as { prepared_message_id: string }).prepared_message_id;
  }

  async joinByCode(code: string): Promise<CallInfo> {
    return (await this.#request("POST", "/api/calls/join_by_code", { call_code: code })) as CallInfo;
  }

  /** How it was, for somebody who was in it; the first word counts. reasons: words such as `echo`. */
  async rateCall(callId: string, stars: number, reasons: readonly string[]): Promise<void> {
    await this.#request("POST", `/api/calls/${encodeURIComponent(callId)}/rating`, { stars, reasons });
  }

  /** A token for the WebSocket, a few minutes long. */
  async wsToken(): Promise<string> {
    const answer = (await this.#request("GET", "/auth/ws-token")) as { token: string };
    return answer.token;
  }

  async #request(method: string, path: string, body?: unknown, mayRetry = true): Promise<unknown> {
    const response = await this.#send(method, path, body);
    if (response.status === 401 && mayRetry && (await this.signInAgain())) {
      return this.#request(method, path, body, false);
    }
    const data = await readJson(response);
    if (!response.ok) {
      throw new ApiError(response.status, detailOf(data) ?? response.statusText, retryAfter(response));
    }
    return data;
  }

  async #send(method: string, path: string, body: unknown): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.#token) headers.Authorization = `Bearer ${this.#token}`;
    try {
      return await this.#fetch(this.#baseUrl + path, {
        method,
        headers,
        credentials: "include",
        signal: AbortSignal.timeout(TIMEOUT_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, "network");
    }
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function detailOf(data: unknown): string | null {
  if (typeof data !== "object" || data === null || !("detail" in data)) return null;
  return typeof data.detail === "string" ? data.detail : null;
}

function retryAfter(response: Response): number | null {
  const seconds = Number(response.headers.get("Retry-After"));
  return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
}
