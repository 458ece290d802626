import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { root } from './support/paths.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';
import { testInCi } from '../support/portion.ts';

useBrowser();

/** Drags files with the content of those at the paths over the window, then drops them. */
async function drop({ page }: Studio, ...paths: string[]): Promise<void> {
  const files = paths.map((path) => ({ name: basename(path), base64: readFileSync(path).toString('base64') }));
  const data = await page.evaluateHandle((files) => {
    const transfer = new DataTransfer();
    for (const { name, base64 } of files) {
      transfer.items.add(new File([Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0))], name));
    }
    return transfer;
  }, files);
  await page.dispatchEvent('body', 'dragover', { dataTransfer: data });
  await page.getByRole('heading', { name: 'Drop to open' }).waitFor();
  await page.dispatchEvent('body', 'drop', { dataTransfer: data });
  await page.getByRole('heading', { name: 'Drop to open' }).waitFor({ state: 'detached' });
}

async function open(): Promise<{ studio: Studio; folders: ReturnType<typeof newFolders> }> {
  const folders = newFolders('spirals');
  const host = await startHost(folders.project, folders.config);
  return { folders, studio: await Studio.open(await openContext(), host) };
}

test('a dropped model opens on the canvas from any screen; one step undoes it', async () => {
  const { folders, studio } = await open();
  const before = readProject(folders.project).model;
  await studio.goTo('Runs');
  await drop(studio, join(root, 'examples', 'housing', 'housing.lamina.json'));
  const housing = readProject(join(root, 'examples', 'housing')).model;
  await expect.poll(() => readProject(folders.project).model.nodes).toEqual(housing.nodes);
  await studio.page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project).model).toEqual(before);
  expect(studio.errors).toEqual([]);
});

testInCi('a dropped table of unknown path is proposed where name and size are equal; undo takes it back', async () => {
  const { folders, studio } = await open();
  const { dialog, page } = studio;
  const before = readProject(folders.project).dataset;
  writeBirds(join(folders.project, 'birds.csv'), 90);
  await drop(studio, join(folders.project, 'birds.csv'));
  await dialog.getByRole('option', { name: /^birds/, selected: true }).waitFor();
  expect(readProject(folders.project).dataset).toEqual(before);
  await dialog.getByRole('button', { name: 'Use this file' }).click();
  await page.getByRole('heading', { name: /90 rows/ }).waitFor();
  await page.keyboard.press('Control+z');
  await expect.poll(() => readProject(folders.project).dataset).toEqual(before);
  expect(studio.errors).toEqual([]);
});

testInCi('a file of another size is not proposed', async () => {
  const { folders, studio } = await open();
  const { dialog } = studio;
  writeBirds(join(folders.project, 'birds.csv'), 90);
  mkdirSync(join(folders.files, 'other'));
  writeBirds(join(folders.files, 'other', 'birds.csv'), 30);
  await drop(studio, join(folders.files, 'other', 'birds.csv'));
  await dialog.getByRole('listbox').waitFor();
  expect(await dialog.getByRole('option', { selected: true }).filter({ hasText: 'birds' }).count()).toBe(0);
  expect(studio.errors).toEqual([]);
});

test('files that Lamina cannot open and several files change nothing and are refused', async () => {
  const { folders, studio } = await open();
  const before = readProject(folders.project);
  const weights = join(folders.files, 'weights.pt');
  writeFileSync(weights, Uint8Array.of(0x50, 0x4b, 0x03, 0x04, 0, 0, 0x80, 0x02));
  const list = join(folders.files, 'list.json');
  writeFileSync(list, '[1, 2]');
  await drop(studio, weights);
  await studio.page.getByText("'weights.pt'").waitFor();
  await drop(studio, list);
  await studio.page.getByText("'list.json'").waitFor();
  await drop(studio, weights, list);
  await studio.page.getByText('received 2').waitFor();
  expect(readProject(folders.project)).toEqual(before);
  expect(studio.errors).toEqual([]);
});
