import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import type { ModelDocument } from '../../src-shared/document/model-document.ts';
import { openCore, openWindow } from './core-window.ts';
import { temporaryFolder } from './temporary-folder.ts';

const appError = (code: string) => expect.objectContaining({ name: 'AppError', code });
const isRoot = process.getuid?.() === 0;

async function newProject(): Promise<{ folder: string; snapshot: ProjectSnapshot }> {
  const folder = join(temporaryFolder(), 'spiral');
  const { core, window } = openCore(folder, { create: true });
  const snapshot = await window.request('project.get', {});
  await core.close();
  return { folder, snapshot };
}

const renamed = (model: ModelDocument, name: string): ModelDocument => ({ ...model, name });
const read = (folder: string, name: string): string => readFileSync(join(folder, name), 'utf8');

describe('opening', () => {
  test('creates a project with its three documents only when asked', async () => {
    const folder = join(temporaryFolder(), 'new');
    const refused = openCore(folder);
    await expect(refused.window.request('project.get', {})).rejects.toEqual(appError('project/missing-folder'));
    mkdirSync(folder);
    await expect(openCore(folder).window.request('project.get', {})).rejects.toEqual(appError('project/not-a-project'));
    expect(readdirSync(folder)).toEqual([]);

    const snapshot = await openCore(folder, { create: true }).window.request('project.get', {});
    expect(snapshot).toMatchObject({ folder, name: 'new', warnings: [], modelRevision: 2 });
    expect(readdirSync(folder).sort()).toEqual(['data.dataset.json', 'lamina-project.json', 'model.lamina.json']);
  });

  test('of a file instead of a folder is refused', async () => {
    const file = join(temporaryFolder(), 'file.csv');
    writeFileSync(file, 'a,b\n');
    await expect(openCore(file).window.request('project.get', {})).rejects.toEqual(appError('project/not-a-folder'));
  });

  test('another folder leaves the present project in place where that fails', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const missing = window.request('project.open', { folder: join(folder, 'missing'), create: false });
    await expect(missing).rejects.toEqual(appError('project/missing-folder'));
    expect((await window.request('project.get', {})).folder).toBe(folder);
  });

  test('another folder tells the other windows', async () => {
    const [first, second] = [await newProject(), await newProject()];
    const { core, window } = openCore(first.folder);
    const changes: string[] = [];
    openWindow(core).on('project.changed', ({ what }) => changes.push(what));
    const snapshot = await window.request('project.open', { folder: second.folder, create: false });
    expect(snapshot.folder).toBe(second.folder);
    await expect.poll(() => changes).toEqual(['project']);
  });

  test('finds documents in a folder that has no project document', async () => {
    const { folder } = await newProject();
    rmSync(join(folder, 'lamina-project.json'));
    const { window } = openCore(folder);
    const snapshot = await window.request('project.get', {});
    expect(snapshot.modelFile).toBe('model.lamina.json');
    expect(snapshot.warnings).toMatchObject([{ code: 'project/missing-document' }]);
    expect(existsSync(join(folder, 'lamina-project.json'))).toBe(false);
    await window.request('project.saveModel', { document: renamed(snapshot.model, 'x'), baseRevision: 1 });
    expect((await window.request('project.get', {})).warnings).toEqual([]);
  });
});

describe('damaged and newer documents', () => {
  test('a model that is not JSON opens with a warning, stays as it is, and changes go beside it', async () => {
    const { folder } = await newProject();
    writeFileSync(join(folder, 'model.lamina.json'), '{"format": "lamina.mod');
    const { window } = openCore(folder);
    const snapshot = await window.request('project.get', {});
    expect(snapshot.warnings).toMatchObject([{ code: 'project/damaged-document' }]);
    expect(snapshot.warnings[0]?.message).toContain('model.lamina.json');
    await window.request('project.saveModel', {
      document: renamed(snapshot.model, 'new'),
      baseRevision: snapshot.modelRevision,
    });
    expect(read(folder, 'model.lamina.json')).toBe('{"format": "lamina.mod');
    const after = await openCore(folder).window.request('project.get', {});
    expect(after).toMatchObject({ modelFile: 'model-2.lamina.json', model: { name: 'new' }, warnings: [] });
  });

  test('of a model with one bad node the rest is shown', async () => {
    const { folder, snapshot } = await newProject();
    const nodes = [...snapshot.model.nodes, { id: 'broken' }];
    const text = JSON.stringify({ ...snapshot.model, nodes });
    writeFileSync(join(folder, 'model.lamina.json'), text);
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    expect(opened.model.nodes.map((node) => node.id)).toEqual(['input', 'output']);
    expect(opened.warnings[0]?.message).toMatch(/node 3/);
    await window.request('project.saveModel', { document: opened.model, baseRevision: opened.modelRevision });
    expect(read(folder, 'model.lamina.json')).toBe(text);
  });

  test('a dataset of a newer version is left alone', async () => {
    const { folder, snapshot } = await newProject();
    const text = JSON.stringify({ ...snapshot.dataset, version: 99 });
    writeFileSync(join(folder, 'data.dataset.json'), text);
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    expect(opened.warnings).toMatchObject([{ code: 'dataset/newer-version' }]);
    await window.request('project.saveDataset', { document: opened.dataset, baseRevision: opened.datasetRevision });
    expect(read(folder, 'data.dataset.json')).toBe(text);
  });

  test('a damaged project document keeps a copy, a newer one is not overwritten', async () => {
    const { folder } = await newProject();
    const path = join(folder, 'lamina-project.json');
    const whole = JSON.parse(read(folder, 'lamina-project.json')) as Record<string, unknown>;
    const damaged = JSON.stringify({ ...whole, configuration: { epochs: 'many' } });
    writeFileSync(path, damaged);
    const first = openCore(folder);
    const snapshot = await first.window.request('project.get', {});
    expect(snapshot.warnings).toMatchObject([{ code: 'project/damaged-document' }]);
    expect(snapshot.warnings[0]?.message).toContain('configuration');
    await first.window.request('project.saveConfiguration', {
      configuration: { ...snapshot.configuration, epochs: 3 },
      baseRevision: snapshot.configurationRevision,
    });
    expect(readdirSync(folder).some((name) => name.includes('damaged') && read(folder, name) === damaged)).toBe(true);

    const newer = JSON.stringify({ ...whole, version: 7 });
    writeFileSync(path, newer);
    const second = openCore(folder);
    const opened = await second.window.request('project.get', {});
    const save = second.window.request('project.saveConfiguration', {
      configuration: { ...opened.configuration, epochs: 4 },
      baseRevision: opened.configurationRevision,
    });
    await expect(save).rejects.toEqual(appError('project/newer-document'));
    expect(read(folder, 'lamina-project.json')).toBe(newer);
  });

  test('a project document cannot point outside its folder', async () => {
    const { folder } = await newProject();
    const whole = JSON.parse(read(folder, 'lamina-project.json')) as Record<string, unknown>;
    writeFileSync(
      join(folder, 'lamina-project.json'),
      JSON.stringify({ ...whole, modelFile: '../secret.lamina.json' }),
    );
    const snapshot = await openCore(folder).window.request('project.get', {});
    expect(snapshot.modelFile).toBe('model.lamina.json');
    expect(snapshot.warnings[0]?.message).toContain('modelFile');
  });
});

describe('saving', () => {
  test('grows the revision, leaves no temporary files, and writes nothing for an equal document', async () => {
    const { folder, snapshot } = await newProject();
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    const document = renamed(snapshot.model, 'second');
    const saved = await window.request('project.saveModel', { document, baseRevision: opened.modelRevision });
    expect(saved.revision).toBe(opened.modelRevision + 1);
    expect(await window.request('project.saveModel', { document, baseRevision: saved.revision })).toEqual(saved);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('on a stale revision is refused and overwrites nothing', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    await window.request('project.saveModel', { document: renamed(model, 'mine'), baseRevision: modelRevision });
    const stale = window.request('project.saveModel', {
      document: renamed(model, 'stale'),
      baseRevision: modelRevision,
    });
    await expect(stale).rejects.toEqual(appError('project/changed-elsewhere'));
    expect(JSON.parse(read(folder, 'model.lamina.json'))).toMatchObject({ name: 'mine' });
  });

  test('many at once from two cores loses none that was accepted', async () => {
    const { folder } = await newProject();
    const windows = [openCore(folder).window, openCore(folder).window];
    let accepted = 0;
    const work = windows.map(async (window, index) => {
      for (let turn = 0; turn < 15; turn += 1) {
        const { model, modelRevision } = await window.request('project.get', {});
        const name = `${model.name}|${index}.${turn}`;
        await window.request('project.saveModel', { document: { ...model, name }, baseRevision: modelRevision }).then(
          () => (accepted += 1),
          () => {},
        );
      }
    });
    await Promise.all(work);
    const name = (JSON.parse(read(folder, 'model.lamina.json')) as ModelDocument).name;
    expect(name.split('|').length - 1).toBe(accepted);
    expect(accepted).toBeGreaterThan(5);
  });

  test.skipIf(isRoot)('into a folder that allows no writing says so', async () => {
    const { folder } = await newProject();
    chmodSync(folder, 0o500);
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    const save = window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('files/unwritable'));
    chmodSync(folder, 0o700);
  });

  test('into a folder that is gone says so', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    rmSync(folder, { recursive: true });
    const save = window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('files/missing'));
  });
});

describe('a second window', () => {
  test('of the same core hears of changes, the one that made them does not', async () => {
    const { folder } = await newProject();
    const { core, window } = openCore(folder);
    const other = openWindow(core);
    const heard: string[] = [];
    window.on('project.changed', () => heard.push('own'));
    other.on('project.changed', ({ what, revision }) => heard.push(`${what} ${revision}`));
    const { dataset, datasetRevision } = await window.request('project.get', {});
    const { revision } = await window.request('project.saveDataset', {
      document: { ...dataset, name: 'other' },
      baseRevision: datasetRevision,
    });
    await expect.poll(() => heard).toEqual([`dataset ${revision}`]);
    expect((await other.request('project.get', {})).dataset.name).toBe('other');
  });

  test('of another core, or an edit by hand, is noticed', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    const heard: string[] = [];
    window.on('project.changed', ({ what }) => heard.push(what));

    const other = openCore(folder).window;
    const opened = await other.request('project.get', {});
    await other.request('project.saveModel', {
      document: renamed(model, 'from elsewhere'),
      baseRevision: opened.modelRevision,
    });
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['model']);
    const late = window.request('project.saveModel', { document: renamed(model, 'late'), baseRevision: modelRevision });
    await expect(late).rejects.toEqual(appError('project/changed-elsewhere'));
    expect((await window.request('project.get', {})).model.name).toBe('from elsewhere');

    const project = JSON.parse(read(folder, 'lamina-project.json')) as ProjectSnapshot;
    const configuration = { ...project.configuration, epochs: 77 };
    writeFileSync(join(folder, 'lamina-project.json'), JSON.stringify({ ...project, configuration }));
    await expect.poll(() => heard, { timeout: 5_000 }).toEqual(['model', 'configuration']);
    expect((await window.request('project.get', {})).configuration.epochs).toBe(77);
  });

  test('that swaps the model file makes the first read it anew, with revisions that go on', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const before = await window.request('project.get', {});
    writeFileSync(join(folder, 'other.lamina.json'), JSON.stringify(renamed(before.model, 'another')));
    const project = JSON.parse(read(folder, 'lamina-project.json')) as object;
    writeFileSync(join(folder, 'lamina-project.json'), JSON.stringify({ ...project, modelFile: 'other.lamina.json' }));
    const after = await window.request('project.get', {});
    expect(after.model.name).toBe('another');
    expect(after.modelRevision).toBeGreaterThan(before.modelRevision);
  });
});
