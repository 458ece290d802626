import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders } from './support/project.ts';
import { Studio } from './support/studio.ts';

useBrowser();

/** A window on the spirals example; the given projects are the recent ones, newest first. */
async function openAfter(...projects: string[]) {
  const folders = newFolders('spirals');
  writeFileSync(join(folders.config, 'recent-projects.json'), JSON.stringify(projects));
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  return { folders, studio, page: studio.page, menu: studio.page.getByRole('menu', { name: 'Projects' }) };
}

test('the project menu lists recent projects by name and folder, by mouse and keyboard', async () => {
  const [housing, mnist] = [newFolders('housing').project, newFolders('mnist').project];
  const { folders, studio, page, menu } = await openAfter(housing, mnist);
  const button = studio.top.getByRole('button', { name: 'Spirals' });
  await button.click();
  const recent = menu.getByRole('group', { name: 'Recent projects' }).getByRole('menuitem');
  await expect
    .poll(async () => (await recent.allInnerTexts()).map((text) => text.split('\n')))
    .toEqual([
      ['California housing', housing],
      ['MNIST digits', mnist],
    ]);
  expect(await menu.getByRole('group', { name: 'Examples' }).getByRole('menuitem').count()).toBeGreaterThan(0);
  // A second click closes it.
  await button.click();
  await menu.waitFor({ state: 'detached' });

  await button.focus();
  await page.keyboard.press('Enter');
  await menu.waitFor();
  await page.keyboard.press('Escape');
  await menu.waitFor({ state: 'detached' });
  await expect.poll(() => button.evaluate((element) => element === document.activeElement)).toBe(true);
  await page.keyboard.press('ArrowDown');
  await menu.waitFor();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await studio.top.getByRole('button', { name: 'MNIST digits' }).click();
  expect((await recent.first().innerText()).split('\n')).toEqual(['Spirals', folders.project]);
  await recent.first().click();
  await button.waitFor();
  expect(studio.errors).toEqual([]);
});

test('the project menu opens the dialogs for another folder and a new project', async () => {
  const { folders, studio, menu, page } = await openAfter();
  const open = async (item: string) => {
    await studio.top.getByRole('button', { name: 'Spirals' }).click();
    await menu.getByRole('menuitem', { name: item }).click();
  };
  await open('Open project…');
  await studio.dialog.getByRole('heading', { name: 'Open a project' }).waitFor();
  await page.keyboard.press('Escape');
  await studio.dialog.waitFor({ state: 'detached' });
  await open('New project…');
  await studio.dialog.getByRole('heading', { name: 'New project' }).waitFor();
  const wanted = join(folders.files, 'fresh');
  await studio.typePath(wanted);
  await studio.dialog.getByRole('button', { name: 'New project here' }).click();
  await studio.top.getByRole('button', { name: 'fresh' }).waitFor();
  expect(existsSync(join(wanted, 'lamina-project.json'))).toBe(true);

  // A project without data offers the recent projects.
  const recent = page.getByRole('region', { name: 'Recent projects' });
  await recent.getByRole('button', { name: /^Spirals/ }).click();
  await studio.top.getByRole('button', { name: 'Spirals' }).waitFor();
  expect(studio.errors).toEqual([]);
});
