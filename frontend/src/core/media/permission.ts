/** Whether the user has let this page have its devices before. */

/** False also where a browser does not say. */
export async function allowedAlready(wanted: { microphone: boolean; camera: boolean }): Promise<boolean> {
  const names = (["microphone", "camera"] as const).filter((name) => wanted[name]);
  try {
    const found = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return found.every(({ state }) => state === "granted");
  } catch {
    return false;
  }
}
