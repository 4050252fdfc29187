/** One request of the API: carries a token, gets a new one once, and says what went wrong. Knows no route. */

/** A response that is not a success. `status` 0: no response came, or one that nobody can read. */
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

export interface HttpDeps {
  /** Without a slash at its end; empty: the page's own origin. */
  readonly baseUrl?: string;
  readonly fetch?: typeof fetch;
}

export interface RequestOptions {
  readonly body?: unknown;
  /** Whoever asked does not want to know any more. */
  readonly signal?: AbortSignal | undefined;
  /** False where a 401 is an answer, not the end of a sign-in. */
  readonly signsInAgain?: boolean;
}

const TIMEOUT_MS = 15_000;
/** No Content, Reset Content (RFC 9110, 15.3.5 and 15.3.6). */
const NO_BODY: ReadonlySet<number> = new Set([204, 205]);

export class Http {
  /** Kept in memory only; the cookie carries sign-in over reloads. */
  token: string | null = null;
  /** Called once when a request is answered with 401; true: signed in again, try once more. */
  signInAgain: () => Promise<boolean> = async () => false;
  readonly #baseUrl: string;
  readonly #fetch: typeof fetch;

  constructor(deps: HttpDeps = {}) {
    this.#baseUrl = deps.baseUrl ?? "";
    this.#fetch = deps.fetch ?? ((input, init) => fetch(input, init));
  }

  /** The answer's JSON. Throws `ApiError`, for an aborted request too. */
  async json(method: string, path: string, options: RequestOptions = {}): Promise<unknown> {
    const deadline = deadlineOf(options.signal);
    try {
      const response = await this.#answer(method, path, options, deadline.signal);
      const data = await readJson(response);
      if (!response.ok) {
        throw new ApiError(response.status, detailOf(data) ?? response.statusText, retryAfter(response));
      }
      return data;
    } finally {
      deadline.lift();
    }
  }

  async #answer(method: string, path: string, options: RequestOptions, signal: AbortSignal) {
    const token = this.token;
    const response = await this.#send(method, path, options.body, signal);
    if (response.status !== 401 || options.signsInAgain === false) return response;
    // Refused for a token that another request has renewed meanwhile?
    const again = (this.token !== null && this.token !== token) || (await this.signInAgain());
    return again ? this.#send(method, path, options.body, signal) : response;
  }

  async #send(method: string, path: string, body: unknown, signal: AbortSignal): Promise<Response> {
    const headers: Record<string, string> = { Accept: "application/json" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    try {
      return await this.#fetch(this.#baseUrl + path, {
        method,
        headers,
        credentials: "include",
        signal,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    } catch {
      throw new ApiError(0, "network");
    }
  }
}

/** Ends by itself after a while, or with `outer`: `AbortSignal.any` is too new for the clients we know. */
function deadlineOf(outer: AbortSignal | undefined): { signal: AbortSignal; lift: () => void } {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, TIMEOUT_MS);
  if (outer?.aborted) abort();
  outer?.addEventListener("abort", abort);
  return {
    signal: controller.signal,
    lift: () => {
      clearTimeout(timer);
      outer?.removeEventListener("abort", abort);
    },
  };
}

/** Null where no body belongs to the answer, and where a refusal explains itself in no JSON. */
async function readJson(response: Response): Promise<unknown> {
  if (NO_BODY.has(response.status)) return null;
  try {
    return await response.json();
  } catch {
    // A page of a proxy, or cut off on its way: nobody knows whether it worked.
    if (response.ok) throw new ApiError(0, "network");
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
