import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { newFolders, readProject } from './support/project.ts';
import { openExample, Studio } from './support/studio.ts';

useBrowser();

test('opening another project or creating one saves the edits of the first', async () => {
  const folders = newFolders('spirals');
  const other = newFolders('housing').project;
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page, dialog } = studio;
  const open = async (folder: string, button: string) => {
    await page.keyboard.press('Control+o');
    const path = dialog.getByRole('textbox', { name: /^Path/ });
    await studio.typePath(folder);
    await path.press('Enter');
    await dialog.getByRole('button', { name: button, exact: true }).click();
    await dialog.waitFor({ state: 'detached' });
  };
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  await studio.fill('Units', '7');
  // Not saved yet: opening another project saves it.
  await open(other, 'Open');
  await studio.top.getByRole('button', { name: 'California housing' }).waitFor();
  expect(readProject(folders.project).model.nodes.find(({ name }) => name === 'hidden_1')?.params['units']).toBe(7);

  await open(folders.files, 'New project here');
  await studio.top.getByRole('button', { name: 'files' }).waitFor();
  expect(existsSync(join(folders.files, 'lamina-project.json'))).toBe(true);
  await open(folders.project, 'Open');
  await page.getByRole('group', { name: /^hidden_1, / }).click();
  expect(await studio.field('Units').inputValue()).toBe('7');
  expect(studio.errors).toEqual([]);
});

test('the buttons act on the typed path, and recent projects are offered', async () => {
  const { folders, studio, page } = await openExample('spirals');
  const { dialog } = studio;
  const press = (name: string) => dialog.getByRole('button', { name, exact: true }).click();
  const type = async (path: string) => {
    await page.keyboard.press('Control+o');
    await studio.typePath(path);
  };
  const wanted = join(folders.files, 'titanic');
  await type(wanted);
  await dialog.getByRole('status').getByText(wanted).waitFor();
  await press('Open');
  await dialog.getByRole('alert').filter({ hasText: wanted }).waitFor();
  await press('New project here');
  await studio.top.getByRole('button', { name: 'titanic' }).waitFor();
  expect(existsSync(join(wanted, 'lamina-project.json'))).toBe(true);
  expect(existsSync(join(folders.files, 'lamina-project.json'))).toBe(false);
  // Without data the first step is to choose it.
  await page.getByRole('heading', { name: 'No data yet' }).waitFor();

  // The open project is not opened again: its history remains.
  await studio.goTo('Model');
  await page.getByRole('group', { name: /^input, / }).click();
  await page.keyboard.press('Delete');
  await type(wanted);
  await press('New project here');
  const inProject = dialog.getByRole('group', { name: 'This folder contains a project' });
  await inProject.getByText(/the open project/).waitFor();
  await dialog.getByRole('button', { name: 'Close' }).click();
  await page.keyboard.press('Control+z');
  await page.getByRole('group', { name: /^input, / }).waitFor();

  // A folder with a project offers two actions: open it, or create a sibling folder.
  await type(folders.project);
  await press('New project here');
  await inProject.getByRole('button', { name: 'Open it' }).click();
  await studio.top.getByRole('button', { name: 'Spirals' }).waitFor();
  await page.keyboard.press('Control+o');
  await press('New project here');
  const siblingName = dialog.getByRole('textbox', { name: 'Name of the new folder' });
  expect(await siblingName.inputValue()).toBe('new-project');
  await siblingName.fill('files');
  await inProject.getByRole('button', { name: 'New project there' }).click();
  await dialog.getByRole('alert').waitFor();
  await siblingName.fill('fresh');
  await siblingName.press('Enter');
  await studio.top.getByRole('button', { name: 'fresh' }).waitFor();
  expect(existsSync(join(folders.files, '..', 'fresh', 'lamina-project.json'))).toBe(true);

  await page.keyboard.press('Control+o');
  await press('New folder');
  await dialog.getByRole('textbox', { name: 'Name of the new folder' }).fill('inside');
  await page.keyboard.press('Enter');
  await dialog.getByRole('button', { name: 'inside', exact: true }).waitFor();
  await dialog.getByRole('group', { name: 'Recent' }).getByRole('button', { name: 'Spirals' }).click();
  await studio.top.getByRole('button', { name: 'Spirals' }).waitFor();
  expect(studio.errors).toEqual([]);
});
