// `npm run bench:editor -- [--layers 500,2000] [--chromium FILE]`
//
// Measures a large model in the window, in Chromium: opening it; panning, zooming, zooming through
// all levels of detail to single cards and back ('near'), and dragging, as main-thread milliseconds
// of computing a frame, a move of the mouse or wheel (of which some frames have none), and the longest
// task, from Chromium's own trace; an edit until its shapes are on screen; shape inference alone. Ends
// with 1 where a model of 500 layers misses a target.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { prepareBuild } from '../../scripts/prepare/build.mjs';
import { projectNode, root } from '../../scripts/prepare/paths.mjs';
import { analyze } from '../../src-shared/diagnostics/analyze.ts';
import { traceTasks } from '../../test/e2e/support/main-thread.ts';
import { largeModel, largeProject } from './large-model.mjs';

const { values } = parseArgs({
  options: {
    layers: { type: 'string', default: '500,2000' },
    chromium: { type: 'string', default: process.env.LAMINA_CHROMIUM ?? '/usr/bin/chromium' },
  },
});
/** Milliseconds that 500 layers may take. */
const targets = { frame: 8, task: 50, edit: 100, open: 1000, inference: 20 };
const MOVES = 60;

function startHost(project, config) {
  const options = [join(root, 'out', 'main', 'browser.js'), '--project', project, '--no-open'];
  const host = spawn(projectNode, options, { env: { ...process.env, LAMINA_CONFIG_FOLDER: config } });
  return new Promise((resolve, reject) => {
    let text = '';
    const read = (chunk) => {
      text += chunk;
      const link = /Lamina is ready: (\S+)/.exec(text)?.[1];
      if (link !== undefined) resolve({ host, link });
    };
    host.stdout.on('data', read);
    host.stderr.on('data', read);
    host.on('exit', () => reject(new Error(text)));
  });
}

/** Main-thread milliseconds a frame and a move, and the longest task, while the mouse makes `MOVES` moves. */
async function gesture(browser, page, act) {
  await page.evaluate(() => {
    window.frames_ = 0;
    const count = () => {
      window.frames_++;
      window.counting = requestAnimationFrame(count);
    };
    count();
  });
  const tasks = await traceTasks(browser, page, async () => {
    for (let move = 0; move < MOVES; move++) await act(move);
    await page.waitForTimeout(200);
  });
  const frames = await page.evaluate(() => {
    cancelAnimationFrame(window.counting);
    return window.frames_;
  });
  const longest = tasks.reduce((most, task) => (task.cpuMs > most.cpuMs ? task : most));
  const sum = tasks.reduce((ms, { cpuMs }) => ms + cpuMs, 0);
  return { frame: sum / frames, move: sum / MOVES, task: longest.cpuMs, did: longest.did };
}

const milliseconds = (value) => value.toFixed(value < 10 ? 1 : 0).padStart(6);

function median(count, measure) {
  const times = Array.from({ length: count }, () => {
    const began = performance.now();
    measure();
    return performance.now() - began;
  });
  return times.sort((a, b) => a - b)[Math.floor(count / 2)];
}

async function measure(browser, layers) {
  const project = largeProject(layers);
  const config = mkdtempSync(join(tmpdir(), 'lamina-bench-config-'));
  const { host, link } = await startHost(project, config);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  const cards = page.locator('.svelte-flow__node');
  try {
    await page.goto(link);
    await cards.first().waitFor();
    // Opened a second time, so that the start of the browser is not measured.
    const began = Date.now();
    await page.goto(new URL(link).origin);
    await cards.first().waitFor();
    const open = Date.now() - began;
    const area = await page.getByRole('application').boundingBox();
    const [x, y] = [area.x + area.width / 2, area.y + area.height / 2];
    await page.mouse.move(x, y);
    const zoom = await gesture(browser, page, (move) => page.mouse.wheel(0, move % 20 < 10 ? -60 : 60));
    // From the whole graph to single cards and back, through every level of detail.
    const near = await gesture(browser, page, (move) => page.mouse.wheel(0, move < MOVES / 2 ? -60 : 60));
    await page.keyboard.down('Space');
    await page.mouse.down();
    const pan = await gesture(browser, page, (move) => page.mouse.move(x + 3 * (move % 30), y + 2 * (move % 30)));
    await page.mouse.up();
    await page.keyboard.up('Space');
    const card = await cards.nth(3).boundingBox();
    await page.mouse.move(card.x + card.width / 2, card.y + card.height / 2);
    await page.mouse.down();
    const drag = await gesture(browser, page, (move) => page.mouse.move(card.x + 40 + 2 * move, card.y + move));
    await page.mouse.up();
    await page.waitForTimeout(300);
    await page.keyboard.press('0');
    const edit = await editToScreen(page);
    const document = largeModel(layers);
    const inference = median(20, () => analyze(document, null));
    return { open, pan, zoom, near, drag, edit, inference };
  } finally {
    await context.close();
    const ended = once(host, 'exit');
    host.kill();
    await ended;
    for (const folder of [project, config]) rmSync(folder, { recursive: true, force: true });
  }
}

/** Time from a key press in the units of the first Dense layer to the new shape on its card. */
async function editToScreen(page) {
  await page.locator('.svelte-flow__node[aria-label^="stem, "]').first().focus();
  await page.keyboard.press('Enter');
  const units = page.getByLabel('Units');
  await units.first().waitFor();
  return units.first().evaluate(async (input) => {
    const shown = () => document.querySelector('.svelte-flow__node[aria-label^="stem, "]').getAttribute('aria-label');
    const before = shown();
    const began = performance.now();
    input.value = '48';
    input.dispatchEvent(new Event('input', { bubbles: true }));
    while (shown() === before) await new Promise((resolve) => requestAnimationFrame(resolve));
    return performance.now() - began;
  });
}

await prepareBuild();
const browser = await chromium.launch({
  executablePath: values.chromium,
  args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
});
for (const layers of values.layers.split(',').map(Number)) {
  const { open, edit, inference, ...gestures } = await measure(browser, layers);
  console.log(`\n${layers} layers, milliseconds`);
  console.log(`  open       ${milliseconds(open)}`);
  for (const [name, { frame, move, task, did }] of Object.entries(gestures)) {
    const spent = `${milliseconds(frame)} a frame, ${milliseconds(move)} a move, longest task ${milliseconds(task)}`;
    console.log(`  ${name.padEnd(10)} ${spent}  ${did}`);
    if (layers === 500 && (frame > targets.frame || task > targets.task)) process.exitCode = 1;
  }
  console.log(`  edit       ${milliseconds(edit)}`);
  console.log(`  inference  ${milliseconds(inference)}`);
  const missed = open > targets.open || edit > targets.edit || inference > targets.inference;
  if (layers === 500 && missed) process.exitCode = 1;
}
await browser.close();
