import type { ReactNode } from "react";
import type { Phase, Topology } from "../core/call/state";

interface Props {
  phase: Phase["kind"];
  topology: Topology;
  children: ReactNode;
}

/** The dark ground of everything in a call; says its phase to whoever watches from outside. */
export function CallFrame({ phase, topology, children }: Props) {
  return (
    <div
      data-testid="call-phase"
      data-phase={phase}
      data-topology={topology}
      className="fixed inset-0 flex flex-col bg-call text-call-ink [color-scheme:dark]"
      style={{ paddingTop: "var(--tc-top)", paddingBottom: "var(--tc-bottom)" }}
    >
      {children}
    </div>
  );
}
