/** The user's setting 'always via server': no other participant learns the own network address. */

const KEY = "telcall.alwaysViaServer";

export function alwaysViaServer(): boolean {
  try {
    return localStorage.getItem(KEY) === "on";
  } catch {
    return false;
  }
}

export function setAlwaysViaServer(on: boolean): void {
  try {
    if (on) localStorage.setItem(KEY, "on");
    else localStorage.removeItem(KEY);
  } catch {
    // The setting is lost where the frame may not store anything.
  }
}
