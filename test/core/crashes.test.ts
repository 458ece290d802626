import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, watch, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { programPath } from '../../src-main/programs.ts';
import type { ModelDocument, ModelNode } from '../../src-shared/document/schema/model-document.ts';
import { parseModelDocument } from '../../src-shared/document/reading/parse.ts';
import { createRandom } from '../document/random-edits.ts';
import { byPortion } from '../support/portion.ts';
import { forkCore } from './core-process.ts';
import { openCore } from './core-window.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const MODEL = 'model.lamina.json';
const SEED = 20_261_127;
const KILLS = byPortion({ quick: 8, ci: 25, soak: 400 });

/** Large enough that a save takes measurable time. */
const nodes = Array.from({ length: 4_000 }, (_, index): ModelNode => ({
  id: `n${index}`,
  kind: 'Dense',
  name: `dense_${index}`,
  params: { units: index + 1 },
  position: { x: 0, y: index * 112 },
  frozen: false,
}));

/** Temporary file of a save. */
const isHalfDocument = (name: string): boolean => /\.json\..+\.tmp$/.test(name);

function writingBegins(folder: string): Promise<void> {
  return new Promise((resolve) => {
    const watcher = watch(folder, (_event, name) => {
      if (name === null || !isHalfDocument(name)) return;
      watcher.close();
      resolve();
    });
  });
}

test(`a core killed while saving leaves a whole document, not older than the last acknowledged save, ${KILLS} times (seed ${SEED})`, async () => {
  const folder = join(temporaryFolder(), 'project');
  const made = openCore(folder, { create: true });
  const { model } = await made.window.request('project.get', {});
  await made.core.close();
  const random = createRandom(SEED);
  const onDisk = () => parseModelDocument(JSON.parse(readFileSync(join(folder, MODEL), 'utf8')));

  let sent = 0;
  let cutShort = 0;
  for (let turn = 0; turn < KILLS; turn += 1) {
    const { window, kill } = forkCore(folder);
    const opened = await window.request('project.get', {});
    expect(opened.warnings).toEqual([]);
    let revision = opened.modelRevision;
    let acknowledged = sent;
    const saveRepeatedly = async () => {
      for (;;) {
        const document: ModelDocument = { ...model, nodes, name: String((sent += 1)) };
        ({ revision } = await window.request('project.saveModel', { document, baseRevision: revision }));
        acknowledged = sent;
      }
    };
    const saving = saveRepeatedly().catch(() => {});
    await expect.poll(() => acknowledged, { interval: 5 }).toBeGreaterThan(0);
    if (turn % 2 === 0) await delay(random() * 120);
    else await writingBegins(folder);
    await kill();
    await saving;

    const { document, warnings } = onDisk();
    expect(warnings).toEqual([]);
    expect(document.nodes).toHaveLength(nodes.length);
    expect(Number(document.name)).toBeGreaterThanOrEqual(acknowledged);
    expect(Number(document.name)).toBeLessThanOrEqual(sent);
    sent = Number(document.name);
    if (readdirSync(folder).some(isHalfDocument)) cutShort += 1;
  }
  // Otherwise no kill hit a write.
  expect(cutShort).toBeGreaterThan(0);
});

test('the next save removes temporary files and the lock of a core that was killed while saving', async () => {
  const folder = join(temporaryFolder(), 'project');
  const made = openCore(folder, { create: true });
  const { model, modelRevision } = await made.window.request('project.get', {});
  const dead = fork(programPath('core'), ['--shell', 'cli', folder], { stdio: 'ignore' });
  const { pid } = dead;
  const exited = once(dead, 'exit');
  dead.kill('SIGKILL');
  await exited;
  writeFileSync(join(folder, `.${MODEL}.0123456789ab.tmp`), '{"format": "lam');
  writeFileSync(join(folder, '.notes.json.tmp'), 'of a person');
  writeFileSync(join(folder, '.lamina-saving'), JSON.stringify({ host: hostname(), pid, start: '1', key: 'k' }));
  await made.window.request('project.saveModel', { document: { ...model, name: 'next' }, baseRevision: modelRevision });
  expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual(['.notes.json.tmp']);
  expect(JSON.parse(readFileSync(join(folder, MODEL), 'utf8'))).toMatchObject({ name: 'next' });
});
