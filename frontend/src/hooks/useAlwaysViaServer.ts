import { useState } from "react";
import { alwaysViaServer, setAlwaysViaServer } from "../core/media/privacy";

/** The setting 'always via server', as the core reads it at the next join. */
export function useAlwaysViaServer(): [boolean, (on: boolean) => void] {
  const [on, setOn] = useState(alwaysViaServer);
  const set = (wanted: boolean) => {
    setOn(wanted);
    setAlwaysViaServer(wanted);
  };
  return [on, set];
}
