import { useEffect, useState } from "react";
import type { Named } from "../core/api/types";
import { nameOf } from "../core/identity/colors";
import { useServices, useSession } from "./services";

/** Somebody of whom only the id is known, from one's last calls; undefined: not among them, or nobody has answered. */
export function useMetPerson(id: number): Named | undefined {
  const { api } = useServices();
  const signedIn = useSession().kind === "signed_in";
  const [person, setPerson] = useState<Named>();
  useEffect(() => {
    if (!signedIn) return;
    const request = new AbortController();
    api.pastCalls(null, request.signal).then(
      ({ calls }) => {
        if (request.signal.aborted) return;
        setPerson(calls.flatMap(({ others }) => others).find((other) => other.id === id && nameOf(other)));
      },
      () => {}, // Without the name it works as well.
    );
    return () => request.abort();
  }, [api, id, signedIn]);
  return person;
}
