// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { show } from "../testing/show";
import { Toast } from "./Toast";

afterEach(() => {
  cleanup();
  vi.restoreAllMocks();
});

/** jsdom lays nothing out: the toast is 40 px high at 64, the field has this place. */
function layOut(field: { top: number; bottom: number }) {
  vi.spyOn(Element.prototype, "getBoundingClientRect").mockImplementation(function (this: Element) {
    if (this.matches("input")) return { ...field } as DOMRect;
    return { top: 64, height: 40 } as DOMRect;
  });
}
const shift = () => screen.getByText("Hello").style.marginTop;

function open(input: object = {}) {
  show(
    <>
      <input data-testid="field" {...input} />
      <Toast text="Hello" />
    </>,
  );
}

test("it comes under the field that is typed in, once that has the focus", () => {
  layOut({ top: 80, bottom: 128 });
  open();
  expect(shift()).toBe("0px");
  screen.getByTestId("field").focus();
  fireEvent.focusIn(screen.getByTestId("field"));
  expect(shift()).toBe("72px");
});

test("it follows a field that is scrolled away", () => {
  const field = { top: 80, bottom: 128 };
  layOut(field);
  open({ autoFocus: true });
  expect(shift()).toBe("72px");
  Object.assign(field, { top: 280, bottom: 328 });
  fireEvent.scroll(document.body);
  expect(shift()).toBe("0px");
});

test.each([{ readOnly: true }, { type: "checkbox" }])("what is not typed in may be covered: %o", (input) => {
  layOut({ top: 80, bottom: 128 });
  open(input);
  screen.getByTestId("field").focus();
  fireEvent.focusIn(screen.getByTestId("field"));
  expect(shift()).toBe("0px");
});
