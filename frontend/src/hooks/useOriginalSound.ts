import { useState } from "react";
import { originalSound, setOriginalSound } from "../core/media/constraints";

/** The setting 'original sound', as the core reads it at the next join. */
export function useOriginalSound(): [boolean, (on: boolean) => void] {
  const [original, setOriginal] = useState(originalSound);
  const set = (on: boolean) => {
    setOriginal(on);
    setOriginalSound(on);
  };
  return [original, set];
}
