// Firefox over WebDriver BiDi for a test in Python. It says one JSON object a line, and gets one back:
//   {"open": "http://..."}                    -> {}          a page; what is under /mesh-client/ comes from here
//   {"evaluate": "(a) => ...", "argument": a} -> {"value"}   or {"error"}
// Errors of the page that nobody caught come with the next answer, as "problems". The end of
// the input is the end of the browser.

import { readFile } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import puppeteer from "puppeteer-core";

const [executablePath, clientFolder, toneHz, ...scripts] = process.argv.slice(2);
const CONTENT_TYPES = { ".html": "text/html", ".js": "text/javascript" };

const browser = await puppeteer.launch({
  browser: "firefox",
  executablePath,
  headless: true,
  extraPrefsFirefox: {
    "media.navigator.streams.fake": true,
    "media.navigator.permission.disabled": true,
    "media.navigator.audio.fake_frequency": Number(toneHz),
    "media.getusermedia.audio.processing.aec.enabled": false,
    "media.getusermedia.audio.processing.agc.enabled": false,
    "media.getusermedia.audio.processing.noise.enabled": false,
    "media.getusermedia.audio.processing.hpf.enabled": false,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.peerconnection.ice.loopback": true,
    "media.peerconnection.ice.obfuscate_host_addresses": false,
  },
});

async function serveClient(request) {
  const { pathname } = new URL(request.url());
  if (!pathname.startsWith("/mesh-client/")) return request.continue();
  const name = path.basename(pathname);
  const body = await readFile(path.join(clientFolder, name), "utf8");
  return request.respond({ status: 200, contentType: CONTENT_TYPES[path.extname(name)], body });
}

let page = null;
let problems = [];

async function open(url) {
  page = await browser.newPage();
  for (const script of scripts) await page.evaluateOnNewDocument(await readFile(script, "utf8"));
  await page.setRequestInterception(true);
  page.on("request", (request) => serveClient(request).catch((error) => console.error(error)));
  page.on("pageerror", (error) => problems.push(String(error)));
  await page.goto(url);
  return {};
}

async function evaluate(script, argument) {
  const value = await page.evaluate(`(${script})(${JSON.stringify(argument ?? null)})`);
  return { value: value ?? null };
}

try {
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    const work = command.open ? open(command.open) : evaluate(command.evaluate, command.argument);
    const answer = await work.catch((error) => ({ error: String(error) }));
    process.stdout.write(`${JSON.stringify({ ...answer, problems })}\n`);
    problems = [];
  }
} finally {
  await browser.close();
}
