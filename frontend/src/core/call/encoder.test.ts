import { expect, test } from "vitest";
import { Encoder } from "./encoder";

/** Takes parameters as browsers do: a moment later, and one set at a time. */
class Sender {
  active = true;
  refusals = 0;
  sets = 0;
  #setting = false;

  getParameters() {
    return { encodings: [{ active: this.active }] };
  }

  async setParameters({ encodings }: { encodings: { active: boolean }[] }): Promise<void> {
    expect(this.#setting).toBe(false);
    this.sets += 1;
    this.#setting = true;
    await Promise.resolve();
    this.#setting = false;
    if (this.refusals-- > 0) throw new Error("not now");
    this.active = encodings[0]?.active ?? true;
  }
}

const encoderOf = (sender: Sender) => new Encoder(sender as unknown as RTCRtpSender);

test("the newest wish wins, also while an older one is being carried out", async () => {
  const sender = new Sender();
  const encoder = encoderOf(sender);
  const off = encoder.want(false);
  const on = encoder.want(true);
  await Promise.all([off, on]);
  expect(sender.active).toBe(true);
  await encoder.want(false);
  expect(sender.active).toBe(false);
});

test("what is so already is left alone", async () => {
  const sender = new Sender();
  await encoderOf(sender).want(true);
  expect(sender.sets).toBe(0);
});

test("a refusal is tried again, but not for ever", async () => {
  const sender = new Sender();
  const encoder = encoderOf(sender);
  sender.refusals = 2;
  await encoder.want(false);
  expect(sender.active).toBe(false);
  sender.refusals = 100;
  sender.sets = 0;
  await encoder.want(true);
  expect(sender.sets).toBe(3);
  sender.refusals = 0;
  await encoder.want(true);
  expect(sender.active).toBe(true);
});

test("an engine that takes everything and changes nothing is left in peace", async () => {
  const sender = new Sender();
  sender.getParameters = () => ({ encodings: [{ active: true }] });
  await encoderOf(sender).want(false);
  expect(sender.sets).toBe(3);
});
