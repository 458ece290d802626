import { AxeBuilder } from '@axe-core/playwright';
import { expect, test } from 'vitest';
import { useBrowser } from './support/browser.ts';
import { openExample } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('while a run trains, a run with other settings is prepared by keyboard and waits; the first keeps its own', async () => {
  const { studio, page } = await openExample('spirals');
  await studio.goTo('Train');
  await studio.fill('Epochs', '1000000');
  await studio.train();
  const applies = studio.field('Changes apply to');
  await applies.focus();
  await page.keyboard.press('n');
  expect(await applies.inputValue()).toBe('new');
  await studio.fill('Epochs', '3');
  await studio.fill('Learning rate', '0.02');
  await page.getByText('Run 1 trains with 1,000,000.').waitFor();
  await page.keyboard.press('Control+Enter');
  await page.getByRole('region', { name: 'Queue' }).getByText('run 2').waitFor();
  expect(await page.getByRole('list', { name: 'Changes while it trained' }).count()).toBe(0);

  // From the palette, changes apply to the run in progress again.
  await page.keyboard.press('Control+k');
  await studio.type('apply changes to run 1');
  await page.keyboard.press('Enter');
  await expect.poll(() => applies.inputValue()).toBe('all');
  await studio.fill('Epochs', '1');
  await studio.ended(2, 'completed');
  const rows = page.getByRole('row');
  await studio.goTo('Runs');
  await rows.filter({ hasText: 'run 2' }).getByText('3 / 3').waitFor();
  await page
    .getByRole('article', { name: 'Run 2' })
    .getByText(/learning rate 0\.02/)
    .waitFor();
  expect(studio.errors).toEqual([]);
});

testInCi(
  'runs wait in the queue, are moved and removed by mouse and keyboard, and train in the order shown',
  async () => {
    const { studio, page } = await openExample('spirals');
    const queue = page.getByRole('region', { name: 'Queue' });
    const shown = (): Promise<string[]> =>
      queue.getByRole('listitem').evaluateAll((rows) => rows.map((row) => /run \d+/.exec(row.textContent)?.[0] ?? ''));

    await studio.goTo('Train');
    expect(await queue.count()).toBe(0);
    await studio.fill('Epochs', '1000000');
    await studio.train();
    await queue.getByText(/^No run waits/).waitFor();
    await queue.getByRole('button', { name: 'Add to queue' }).click();
    await expect.poll(shown).toEqual(['run 2']);
    await page.keyboard.press('Control+Enter');
    await expect.poll(shown).toEqual(['run 2', 'run 3']);
    await queue.getByRole('button', { name: 'Add to queue' }).click();
    await expect.poll(shown).toEqual(['run 2', 'run 3', 'run 4']);
    const { violations } = await new AxeBuilder({ page }).analyze();
    expect(violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')).toEqual([]);

    await queue.getByRole('button', { name: 'Move run 4 up' }).click();
    await expect.poll(shown).toEqual(['run 2', 'run 4', 'run 3']);
    // The button that was pressed keeps the focus.
    await page.keyboard.press('Enter');
    await expect.poll(shown).toEqual(['run 4', 'run 2', 'run 3']);
    await page.keyboard.press('Alt+ArrowDown');
    await expect.poll(shown).toEqual(['run 2', 'run 4', 'run 3']);
    await queue.getByRole('button', { name: 'Remove run 2 from the queue' }).click();
    await expect.poll(shown).toEqual(['run 4', 'run 3']);
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe(
      'Remove run 4 from the queue',
    );

    // The same list is on the screen of runs, whose table shows the states.
    await studio.goTo('Runs');
    await expect.poll(shown).toEqual(['run 4', 'run 3']);
    await page.getByRole('row', { name: /run 3/ }).getByText('queued').waitFor();
    await page.getByRole('row', { name: /run 2/ }).getByText('stopped').waitFor();
    await page.getByRole('row', { name: /run 3/ }).click();
    await page.getByRole('article', { name: 'Run 3' }).getByRole('button', { name: 'Remove from queue' }).click();
    await expect.poll(shown).toEqual(['run 4']);

    await studio.goTo('Train');
    const stop = studio.top.getByRole('button', { name: 'Stop', exact: true });
    await stop.click();
    await page.getByRole('region', { name: 'Run 4' }).getByText('training', { exact: true }).waitFor();
    await stop.click();
    await studio.ended(4, 'stopped');
    expect(await queue.count()).toBe(0);
    expect(studio.errors).toEqual([]);
  },
);
