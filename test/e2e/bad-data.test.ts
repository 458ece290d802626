import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openContext, useBrowser } from './support/browser.ts';
import { startHost } from './support/host.ts';
import { IMAGES, writeIdxFolder } from './support/idx.ts';
import { newFolders, readProject } from './support/project.ts';
import { Studio } from './support/studio.ts';
import { writeBirds } from './support/tables.ts';

useBrowser();

test('unreadable data is rejected with position and remedy, and the current data stays', async () => {
  const folders = newFolders('spirals');
  const at = (name: string) => join(folders.files, name);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { dialog, page } = studio;
  const before = readProject(folders.project);
  /** Chooses a path and expects an alert, then closes the dialog. */
  const refused = async (path: string, words: RegExp) => {
    await studio.openData(path);
    const use = dialog.getByRole('button', { name: 'Use this folder' });
    const alert = dialog.getByRole('alert');
    await use.or(alert).first().waitFor();
    if ((await alert.count()) === 0) await use.click();
    await alert.waitFor();
    expect(await alert.innerText()).toMatch(words);
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  };

  writeFileSync(at('ragged.csv'), 'a,b,species\n1,2,x\n3,4,y\n5,6\n');
  await refused(at('ragged.csv'), /ragged\.csv, line 4\b/);
  await refused(at('nowhere.csv'), /nowhere\.csv/);
  writeFileSync(at('empty.csv'), '');
  await refused(at('empty.csv'), /empty\.csv/);

  writeIdxFolder(at('magic'), (images) => Buffer.concat([Buffer.from([9, 9, 8, 3]), images.subarray(4)]));
  await refused(at('magic'), new RegExp(`${IMAGES}.*0x09090803.*byte 0\\b`, 's'));
  writeIdxFolder(at('truncated'), (images) => images.subarray(0, images.length - 100));
  await refused(at('truncated'), new RegExp(`${IMAGES}.*656.*byte 556\\b`, 's'));

  expect(readProject(folders.project)).toEqual(before);
  await page.getByRole('heading', { level: 1, name: 'Spirals' }).waitFor();
  await page.getByRole('row', { name: /^Train .*1,050/ }).waitFor();

  writeIdxFolder(at('whole'));
  await studio.openData(at('whole'));
  await dialog.getByRole('button', { name: 'Use this folder' }).click();
  await page.getByRole('heading', { name: /40 rows/ }).waitFor();
  expect(studio.errors).toEqual([]);
});

test('a missing data file is reported, documents are unchanged, and restoring the file restores the data', async () => {
  const folders = newFolders('spirals');
  const csv = join(folders.files, 'birds.csv');
  writeBirds(csv, 90);
  const host = await startHost(folders.project, folders.config);
  const studio = await Studio.open(await openContext(), host);
  const { page } = studio;
  await studio.openData(csv);
  await page.getByRole('heading', { name: /90 rows/ }).waitFor();
  await studio.saved();
  const before = readProject(folders.project);

  rmSync(csv);
  await page.reload();
  await studio.ready();
  await studio.goTo('Data');
  const alert = page.getByRole('alert').filter({ hasText: csv });
  await alert.getByRole('button', { name: 'Choose other data' }).waitFor();
  await studio.goTo('Train');
  await page.getByRole('alert').filter({ hasText: csv }).waitFor();
  expect(readProject(folders.project)).toEqual(before);

  writeBirds(csv, 90);
  await page.reload();
  await studio.ready();
  await studio.goTo('Data');
  await page.getByRole('heading', { name: /90 rows/ }).waitFor();
  expect(studio.errors).toEqual([]);
});
