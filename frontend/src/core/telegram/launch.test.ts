import { expect, test } from "vitest";
import { clientOf, launchOf, NO_LAUNCH } from "./launch";

const data = new URLSearchParams({
  auth_date: "1",
  user: JSON.stringify({ id: 7, language_code: "ru" }),
  start_param: "Abc123_-XyZ45678",
  hash: "00",
}).toString();

test("a client that sends no signature is understood", () => {
  const raw = new URLSearchParams({ tgWebAppData: data, tgWebAppVersion: "6.0" }).toString();
  expect(launchOf(raw)).toEqual({ initData: data, startParam: "Abc123_-XyZ45678", languageCode: "ru" });
});

test("the address's own start parameter comes first", () => {
  const raw = new URLSearchParams({ tgWebAppData: data, tgWebAppStartParam: "new" }).toString();
  expect(launchOf(raw).startParam).toBe("new");
});

test("what is missing or broken is nothing", () => {
  expect(launchOf("")).toEqual(NO_LAUNCH);
  for (const user of ["{", "7", "null", "{}", '{"language_code":7}']) {
    expect(
      launchOf(new URLSearchParams({ tgWebAppData: `user=${user}` }).toString()).languageCode,
    ).toBeNull();
  }
});

test("the client's version and colours are taken where they are of their form", () => {
  const theme = JSON.stringify({ bg_color: "#17212b", text_color: "javascript:", hint_color: 7 });
  const raw = new URLSearchParams({ tgWebAppVersion: "8.0", tgWebAppThemeParams: theme }).toString();
  expect(clientOf(raw)).toEqual({ version: "8.0", themeParams: { bg_color: "#17212b" }, isInline: false });
  expect(clientOf("tgWebAppVersion=x&tgWebAppThemeParams={")).toEqual({
    version: "6.0",
    themeParams: {},
    isInline: false,
  });
});
