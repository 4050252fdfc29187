/** For tests of components and pages: shows them as the app does, with services that a test names. */

import { act, render } from "@testing-library/react";
import { type ReactNode, useLayoutEffect } from "react";
import { MemoryRouter, type NavigateFunction, useLocation, useNavigate } from "react-router";
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

interface Router {
  readonly path: string;
  readonly state: unknown;
  readonly go: NavigateFunction;
}

function Watch({ onRouter }: { onRouter: (router: Router) => void }) {
  const { pathname, state } = useLocation();
  const go = useNavigate();
  useLayoutEffect(() => onRouter({ path: pathname, state, go }));
  return null;
}

/** `at()`: the path that the router shows now. `state()`: what came with it. `go`: to another path. */
export function show(element: ReactNode, { services = {}, at = "/" }: Options = {}) {
  teachModal();
  const known = { telegram: OUTSIDE, ...services } as unknown as Services;
  let router: Router | undefined;
  const rendered = render(
    <ServicesContext value={known}>
      <MemoryRouter initialEntries={[at]}>
        {element}
        <Watch
          onRouter={(now) => {
            router = now;
          }}
        />
      </MemoryRouter>
    </ServicesContext>,
  );
  return {
    ...rendered,
    at: () => router?.path,
    state: () => router?.state,
    go: (path: string) => act(() => void router?.go(path)),
  };
}
