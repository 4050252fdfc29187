import { useState } from "react";
import type { Person } from "../core/call/state";
import { colorOf, initialsOf } from "../core/identity/colors";

/** A circle in the participant's own colour with initials, under the picture from Telegram if there is one. */
export function Avatar({ person, size }: { person: Person; size: number }) {
  const [broken, setBroken] = useState(false);
  const { from, to } = colorOf(person.id);
  return (
    <span
      aria-hidden="true"
      className="grid shrink-0 place-items-center overflow-hidden rounded-full font-semibold text-white select-none"
      style={{
        width: size,
        height: size,
        fontSize: size * 0.38,
        // Towards `to` only a little: white initials stay readable on it.
        background: `linear-gradient(150deg, color-mix(in srgb, ${from} 65%, ${to}), ${from})`,
      }}
    >
      {person.photo_url && !broken ? (
        <img
          src={person.photo_url}
          alt=""
          referrerPolicy="no-referrer"
          className="size-full object-cover"
          onError={() => setBroken(true)}
        />
      ) : (
        initialsOf(person)
      )}
    </span>
  );
}
