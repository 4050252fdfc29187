import type { ShownReaction } from "../core/call/state";
import { nameOf } from "../core/identity/colors";

/** What people feel, for a moment, over the tiles. */
export function Reactions({ reactions }: { reactions: readonly ShownReaction[] }) {
  return (
    <ul
      aria-live="polite"
      className="pointer-events-none absolute bottom-3 left-3 z-20 flex flex-col items-start gap-1.5"
    >
      {reactions.map(({ id, person, emoji }) => (
        <li
          key={id}
          data-testid={`reaction-${person.id}`}
          className="flex animate-rise items-center gap-2 rounded-full bg-call/80 px-3 py-1 text-[14px]"
        >
          <span className="text-[24px]">{emoji}</span>
          {nameOf(person)}
        </li>
      ))}
    </ul>
  );
}
