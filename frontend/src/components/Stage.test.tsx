// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Tile } from "../core/call/state";
import { startI18n } from "../i18n/setup";
import { Controls } from "./Controls";
import { Stage } from "./Stage";

const ids = (count: number) => Array.from({ length: count }, (_, i) => i + 1);

/** `id` 1 is the own one. */
function tile(id: number, more: Partial<Tile> = {}): Tile {
  return {
    key: `${id}-camera`,
    source: "camera",
    role: "participant",
    hand: false,
    v2: true,
    nextAudioStream: null,
    nextVideoStream: null,
    person: { id, username: null, first_name: `P${id}`, last_name: null, photo_url: null },
    self: id === 1,
    index: id,
    audio: true,
    video: false,
    speaking: false,
    weak: null,
    connecting: false,
    audioStream: null,
    videoStream: null,
    ...more,
  };
}

beforeAll(() => {
  startI18n("en");
  // jsdom lays nothing out: the stage then takes the size of a phone.
  vi.stubGlobal(
    "ResizeObserver",
    class {
      observe() {}
      disconnect() {}
    },
  );
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(390);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(690);
});
afterEach(cleanup);

describe("the stage", () => {
  it("keeps every participant's element from two to three and back", () => {
    const stage = (count: number) => <Stage tiles={ids(count).map((id) => tile(id))} onVisible={() => {}} />;
    const { rerender } = render(stage(2));
    const [own, video] = [screen.getByTestId("video-self"), screen.getByTestId("video-2")];
    rerender(stage(3));
    expect(screen.getByTestId("video-2")).toBe(video);
    expect(screen.getByTestId("video-self")).toBe(own);
    rerender(stage(2));
    expect(screen.getByTestId("video-2")).toBe(video);
    expect(screen.queryByTestId("tile-3")).toBeNull();
  });

  it("tells which other people are on the page", () => {
    const onVisible = vi.fn();
    render(<Stage tiles={ids(8).map((id) => tile(id))} onVisible={onVisible} />);
    const visible = onVisible.mock.lastCall?.[0] as { id: number; maxHeight: number }[];
    expect(visible.map(({ id }) => id)).toEqual([2, 3, 4, 5, 6]);
    expect(visible[0]?.maxHeight).toBe(230);
    screen.getByRole("button", { name: "Next page" });
  });

  it("puts a shared screen first, and a tile that is tapped twice before it", () => {
    const onVisible = vi.fn();
    const screenTile = tile(3, { key: "3-screen", source: "screen" });
    render(<Stage tiles={[tile(1), tile(2), tile(3), screenTile]} onVisible={onVisible} />);
    const asked = () => (onVisible.mock.lastCall?.[0] as { id: number; source: string }[] | undefined)?.[0];
    expect(asked()).toMatchObject({ id: 3, source: "screen" });
    fireEvent.doubleClick(screen.getByTestId("tile-2"));
    expect(asked()).toMatchObject({ id: 2, source: "camera" });
    expect(onVisible.mock.lastCall?.[1]).toBe(2);
  });

  it("says in words what a tile shows", () => {
    render(<Stage tiles={[tile(1), tile(2, { audio: false, video: true })]} onVisible={() => {}} />);
    expect(screen.getByRole("group", { name: "P2, microphone off, camera on" })).toBe(
      screen.getByTestId("tile-2"),
    );
  });
});

describe("the controls", () => {
  it("are named by what a tap does and say what is on", () => {
    const onMicrophone = vi.fn();
    render(
      <Controls
        microphone="on"
        camera="refused"
        onMicrophone={onMicrophone}
        onCamera={() => {}}
        onCopyLink={() => {}}
        unread={false}
        onMore={() => {}}
        onLeave={() => {}}
      />,
    );
    const microphone = screen.getByRole("button", { name: "Turn microphone off", pressed: true });
    expect(screen.getByRole("button", { name: "Turn camera on", pressed: false })).toBeTruthy();
    microphone.click();
    expect(onMicrophone).toHaveBeenCalledWith(false);
  });
});
