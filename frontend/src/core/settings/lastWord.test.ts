import { expect, test } from "vitest";
import { LastWord } from "./lastWord";

function told() {
  const words: string[] = [];
  const answers: ((answer: string) => void)[] = [];
  const last = new LastWord<string, string>((word) => {
    words.push(word);
    return new Promise((resolve) => answers.push(resolve));
  });
  return { words, answers, last };
}
const settled = () => new Promise<void>((done) => setTimeout(done));

test("one word at a time is told, the last of those that came meanwhile", async () => {
  const { words, answers, last } = told();
  const said = ["ru", "en", "ru", "auto"].map((word) => last.say(word));
  await settled();
  expect(words).toEqual(["auto"]);
  answers[0]?.("done");
  expect(await Promise.all(said)).toEqual([null, null, null, "done"]);
});

test("what is said while one is on its way waits for it, and its answer is no longer of interest", async () => {
  const { words, answers, last } = told();
  const first = last.say("ru");
  await settled();
  const second = last.say("en");
  await settled();
  expect(words).toEqual(["ru"]);
  answers[0]?.("failed");
  await settled();
  expect(words).toEqual(["ru", "en"]);
  answers[1]?.("done");
  expect(await Promise.all([first, second])).toEqual([null, "done"]);
  const third = last.say("ru");
  await settled();
  answers[2]?.("done");
  expect(await third).toBe("done");
});
