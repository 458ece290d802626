import { expect } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { traceTasks, type Task } from './support/main-thread.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

const WATCHED_MS = 5_000;
/** Limit of a task's CPU time, in multiples of the reference: 50 ms where the reference takes 5. */
const LONGEST = 10;

/**
 * Only CPU time counts, because the trainer uses all cores and tasks wait for one. The limit is relative to a reference
 * computation; limits in milliseconds belong to the benches.
 */
testInCi('training at hundreds of epochs per second has no long tasks in the window', async () => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const context = await openContext();
  const studio = await Studio.open(context, host);
  const { page } = studio;
  await studio.goTo('Train');
  await studio.fill('Epochs', '100000');
  await studio.saved();
  await studio.train();
  await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();

  const trace = (during: () => Promise<void>): Promise<Task[]> => traceTasks(context.browser()!, page, during);
  const yardsticks = await trace(async () => {
    for (let round = 0; round < 5; round++) await page.evaluate(compute);
  });
  const yardstickMs = yardsticks.map(({ cpuMs }) => cpuMs).toSorted((a, b) => b - a)[4]!;

  const watch = async (): Promise<Task[]> => {
    const tasks = await trace(() => page.waitForTimeout(WATCHED_MS));
    const computed = tasks.reduce((sum, { cpuMs }) => sum + cpuMs, 0);
    const longest = Math.max(...tasks.map(({ cpuMs }) => cpuMs));
    console.log(
      `${(await studio.statusBar.innerText()).replaceAll('\n', ', ')}: ${tasks.length} tasks, ` +
        `${Math.round(computed)} ms computed in ${WATCHED_MS} ms, longest ${longest.toFixed(1)} ms; ` +
        `yardstick ${yardstickMs.toFixed(1)} ms`,
    );
    // An empty trace would pass every check.
    expect(tasks.length).toBeGreaterThan(5);
    return tasks;
  };

  for (const screen of ['Train', 'Model'] as const) {
    await studio.goTo(screen);
    await page.getByRole('region', { name: 'Curve of accuracy' }).waitFor();
    const long = async () => (await watch()).filter(({ cpuMs }) => cpuMs > LONGEST * yardstickMs);
    const first = await long();
    // A full garbage collection or another process disturbs once; a slow window is slow every time.
    if (first.length > 0) expect(await long(), `${screen}: ${JSON.stringify(first)}`).toEqual([]);
  }
  await studio.top.getByRole('button', { name: 'Stop' }).click();
  await studio.ended(1, 'stopped');
  expect(studio.errors).toEqual([]);
});

/** Takes about 5 ms on a core of 2.5 GHz. Runs in the page. */
function compute(): number {
  let state = 1;
  for (let step = 0; step < 4_000_000; step++) state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return state;
}
