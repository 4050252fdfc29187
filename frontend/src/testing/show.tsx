/** For tests of components and pages: shows them as the app does, with services that a test names. */

import { render } from "@testing-library/react";
import { type ReactNode, useLayoutEffect } from "react";
import { MemoryRouter, useLocation } from "react-router";
import { type Services, ServicesContext } from "../hooks/services";

const OUTSIDE = { inside: false, showBack: () => () => {} };

interface Options {
  readonly services?: object;
  /** Where the router begins. */
  readonly at?: string | { readonly pathname: string; readonly state: unknown };
}

/** jsdom knows the element, and not what makes it a modal one. */
function teachModal(): void {
  HTMLDialogElement.prototype.showModal ??= function (this: HTMLDialogElement) {
    this.open = true;
  };
  HTMLDialogElement.prototype.close ??= function (this: HTMLDialogElement) {
    this.open = false;
  };
}

function Watch({ onPath }: { onPath: (path: string) => void }) {
  const { pathname } = useLocation();
  useLayoutEffect(() => onPath(pathname));
  return null;
}

/** `at()`: the path that the router shows now. */
export function show(element: ReactNode, { services = {}, at = "/" }: Options = {}) {
  teachModal();
  const known = { telegram: OUTSIDE, ...services } as unknown as Services;
  let path = "";
  const rendered = render(
    <ServicesContext value={known}>
      <MemoryRouter initialEntries={[at]}>
        {element}
        <Watch
          onPath={(now) => {
            path = now;
          }}
        />
      </MemoryRouter>
    </ServicesContext>,
  );
  return { ...rendered, at: () => path };
}
