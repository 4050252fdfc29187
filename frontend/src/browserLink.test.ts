import { expect, test, vi } from "vitest";
import { takeBrowserToken } from "./browserLink";

const taken = (hash: string) => {
  const replaceState = vi.fn();
  const token = takeBrowserToken({ hash, pathname: "/call/abc", search: "?x=1" }, { replaceState });
  return { token, replaceState };
};

test("the token is taken out of the address, which stays", () => {
  const { token, replaceState } = taken("#browser=eyJ.a-b_c.d");
  expect(token).toBe("eyJ.a-b_c.d");
  expect(replaceState.mock.calls).toEqual([[null, "", "/call/abc?x=1"]]);
});

test("a link that was cut off leaves nothing behind", () => {
  const { token, replaceState } = taken("#browser=");
  expect(token).toBeNull();
  expect(replaceState).toHaveBeenCalledOnce();
});

test.each(["", "#", "#tgWebAppData=browser&tgWebAppVersion=8.0"])("%j is left as it is", (hash) => {
  const { token, replaceState } = taken(hash);
  expect(token).toBeNull();
  expect(replaceState).not.toHaveBeenCalled();
});
