import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { Canvas } from './support/canvas.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

test('two windows on one project share edits and runs, and a conflict asks before it discards an edit', async () => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const context = await openContext();
  const first = await Studio.open(context, host);
  const second = await Studio.open(context, host);
  const units = async (value: string) => {
    await expect
      .poll(() => readProject(folders.project).model.nodes.find(({ name }) => name === 'hidden_1')?.params['units'])
      .toBe(Number(value));
  };

  await new Canvas(first.page).card('hidden_1').click();
  await first.fill('Units', '24');
  await second.page.getByRole('group', { name: /^hidden_1, Dense 24/ }).waitFor();
  await new Canvas(second.page).card('hidden_1').click();
  await second.fill('Units', '20');
  await first.page.getByRole('group', { name: /^hidden_1, Dense 20/ }).waitFor();
  await units('20');
  await first.page.getByRole('tab', { name: 'History' }).click();
  for (const step of ["Set units of 'hidden_1'", 'Take over changes made elsewhere']) {
    await first.page.getByRole('tabpanel').getByRole('button', { name: step }).waitFor();
  }

  // Concurrent edits: while core is paused, no window receives the other's edit.
  host.pause();
  await first.fill('Units', '28');
  await first.statusBar.getByText('Saving').waitFor();
  await second.fill('Units', '12');
  await second.statusBar.getByText('Saving').waitFor();
  host.resume();
  const conflicts = () => Promise.all([first, second].map(({ dialog }) => dialog.count()));
  await expect.poll(async () => (await conflicts()).reduce((sum, count) => sum + count, 0)).toBe(1);
  const [kept, replaced] = (await first.dialog.count()) === 1 ? (['28', '12'] as const) : (['12', '28'] as const);
  const [asked, other] = kept === '28' ? [first, second] : [second, first];
  await asked.dialog.getByRole('heading', { name: 'The model was changed elsewhere' }).waitFor();
  await units(replaced);
  await asked.dialog.getByRole('button', { name: 'Keep mine' }).click();
  await units(kept);
  await other.page.getByRole('group', { name: new RegExp(`^hidden_1, Dense ${kept}`) }).waitFor();

  await first.goTo('Train');
  await first.fill('Epochs', '3');
  await first.saved();
  await first.train();
  await first.ended(1, 'completed');
  await second.ended(1, 'completed');
  expect(first.errors).toEqual([]);
  expect(second.errors).toEqual([]);
});

testInCi('a window left open reconnects to a restarted host and saves its edits', async () => {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  const left = await Studio.open(await openContext(), host);
  await host.kill();
  await left.page
    .getByRole('alert')
    .filter({ hasText: /connection/i })
    .waitFor();
  await left.page.getByRole('group', { name: /^hidden_1, / }).click();
  await left.fill('Units', '7');
  const next = await startHost(folders.project, folders.config);
  // The link authenticates the browser, including the window left open.
  await Studio.openByLink(left.page.context(), next);
  await left.page
    .getByRole('alert')
    .filter({ hasText: /connection/i })
    .waitFor({ state: 'detached' });
  await left.saved();
  expect(readProject(folders.project).model.nodes.find(({ name }) => name === 'hidden_1')?.params['units']).toBe(7);
});
