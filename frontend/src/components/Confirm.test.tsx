// @vitest-environment jsdom
import { cleanup, fireEvent, screen } from "@testing-library/react";
import { afterEach, beforeAll, expect, test } from "vitest";
import { startI18n } from "../i18n/setup";
import { callState } from "../testing/callState";
import { show } from "../testing/show";
import { Confirm } from "./Confirm";
import { MoreSheet } from "./MoreSheet";

beforeAll(() => startI18n("en"));
afterEach(cleanup);

const nothing = () => {};
const yes = () => screen.getByTestId("confirm-yes").className;

test("what is lost for good is red, and leaving a call is not", () => {
  const texts = { question: "", yes: "", no: "", onYes: nothing, onNo: nothing };
  show(<Confirm {...texts} ground="page" />);
  expect(yes()).toContain("bg-call-red");
  cleanup();
  show(<Confirm {...texts} />);
  expect(yes()).not.toContain("bg-call-red");
});

test("ending the call for everybody is asked in red", () => {
  show(
    <MoreSheet
      state={callState()}
      unread={false}
      onReact={nothing}
      onHand={nothing}
      onScreen={nothing}
      onChat={nothing}
      onPeople={nothing}
      onEnd={nothing}
      onClose={nothing}
    />,
  );
  fireEvent.click(screen.getByTestId("end-for-all"));
  expect(yes()).toContain("bg-call-red");
});
