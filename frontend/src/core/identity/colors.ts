/** A participant's colour: the same on every screen, chosen by the user id. The only place that knows them. */

export interface PersonColor {
  /** Background of the avatar and of a tile without video, from and to. */
  readonly from: string;
  readonly to: string;
}

const COLORS: readonly PersonColor[] = [
  { from: "#1d4ed8", to: "#3b82f6" },
  { from: "#0f766e", to: "#14b8a6" },
  { from: "#7e22ce", to: "#a855f7" },
  { from: "#be185d", to: "#ec4899" },
  { from: "#b45309", to: "#f59e0b" },
  { from: "#15803d", to: "#22c55e" },
  { from: "#b91c1c", to: "#ef4444" },
  { from: "#0e7490", to: "#06b6d4" },
  { from: "#4338ca", to: "#818cf8" },
  { from: "#9a3412", to: "#fb923c" },
];

export function colorOf(userId: number): PersonColor {
  // Neighbouring ids meet in one call: a stride that is prime to the length keeps their colours apart.
  return COLORS[(userId * 7) % COLORS.length] as PersonColor;
}

/** One or two letters for an avatar. */
export function initialsOf(person: {
  first_name: string | null;
  last_name: string | null;
  username: string | null;
}): string {
  const letters = [person.first_name, person.last_name].map((name) => firstLetter(name)).join("");
  return letters || firstLetter(person.username) || "•";
}

/** How a person is called on the screen; null where nothing is known. */
export function nameOf(person: {
  first_name: string | null;
  last_name: string | null;
  username: string | null;
}): string | null {
  const full = [person.first_name, person.last_name].filter(Boolean).join(" ").trim();
  return full || person.username || null;
}

function firstLetter(name: string | null): string {
  const [letter] = name?.trim() ?? "";
  return letter?.toLocaleUpperCase() ?? "";
}
