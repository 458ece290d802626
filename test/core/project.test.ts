import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ProjectSnapshot } from '../../src-shared/contract/contract.ts';
import type { JsonValue, ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { openCore, openWindow } from './core-window.ts';
import { appError } from '../support/app-error.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

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

describe('opening a project', () => {
  test('creates its three documents only with create', async () => {
    const folder = join(temporaryFolder(), 'new');
    const refused = openCore(folder);
    await expect(refused.window.request('project.get', {})).rejects.toEqual(appError('project/missing-folder'));
    const other = await refused.window.request('project.open', { folder: join(folder, '..', 'other'), create: true });
    expect((await refused.window.request('project.get', {})).folder).toBe(other.folder);
    mkdirSync(folder);
    await expect(openCore(folder).window.request('project.get', {})).rejects.toEqual(appError('project/not-a-project'));
    expect(readdirSync(folder)).toEqual([]);

    const snapshot = await openCore(folder, { create: true }).window.request('project.get', {});
    expect(snapshot).toMatchObject({ folder, name: 'new', warnings: [], modelRevision: 2 });
    expect(readdirSync(folder).sort()).toEqual(['data.dataset.json', 'lamina-project.json', 'model.lamina.json']);
  });

  test('that is aborted leaves the open one open; the other can be opened later', async () => {
    const [first, second] = [await newProject(), await newProject()];
    const { window } = openCore(first.folder);
    await window.request('project.get', {});
    const changes: string[] = [];
    window.on('project.changed', ({ what }) => changes.push(what));
    const controller = new AbortController();
    const asked = { folder: second.folder, create: false };
    const opening = window.request('project.open', asked, { signal: controller.signal });
    controller.abort();
    await expect(opening).rejects.toEqual(appError('request/cancelled'));
    expect((await window.request('project.get', {})).folder).toBe(first.folder);
    expect(changes).toEqual([]);
    expect((await window.request('project.open', asked)).folder).toBe(second.folder);
    expect(changes).toEqual(['project']);
  });

  test('rejects a file instead of a folder', async () => {
    const file = join(temporaryFolder(), 'file.csv');
    writeFileSync(file, 'a,b\n');
    await expect(openCore(file).window.request('project.get', {})).rejects.toEqual(appError('project/not-a-folder'));
  });

  test.each(['model.lamina.json', 'data.dataset.json', 'lamina-project.json'])(
    'reports a %s nested 3,000 deep as damaged and keeps the file',
    async (name) => {
      const { folder } = await newProject();
      const document = JSON.parse(read(folder, name)) as Record<string, unknown>;
      for (const deep of ['['.repeat(3_000) + ']'.repeat(3_000), '{"a":'.repeat(3_000) + '1' + '}'.repeat(3_000)]) {
        const params = {
          kind: 'Dense',
          id: 'a',
          name: 'a',
          position: { x: 0, y: 0 },
          frozen: false,
          params: { units: '@' },
        };
        const changed = { ...document, nodes: [params], source: '@', configuration: '@' };
        const text = JSON.stringify(changed).replaceAll('"@"', deep);
        writeFileSync(join(folder, name), text);
        const { core, window } = openCore(folder);
        await core.ready();
        const { warnings } = await window.request('project.get', {});
        expect(warnings.map(({ code, details }) => [code, details['fileName']])).toEqual([
          ['project/damaged-document', name],
        ]);
        await core.close();
        expect(read(folder, name)).toBe(text);
      }
    },
  );

  test('project.saveModel rejects a value nested too deep to be read again', async () => {
    const { folder, snapshot } = await newProject();
    const before = read(folder, 'model.lamina.json');
    const { window } = openCore(folder);
    const { model } = snapshot;
    for (const depth of [300, 3_000]) {
      const units = JSON.parse('['.repeat(depth) + ']'.repeat(depth)) as JsonValue;
      const document = { ...model, nodes: model.nodes.map((node) => ({ ...node, params: { units } })) };
      const saved = window.request('project.saveModel', { document, baseRevision: 1 });
      await expect(saved).rejects.toEqual(
        depth === 300 ? appError('document/too-deep') : expect.objectContaining({ name: 'AppError' }),
      );
    }
    expect(read(folder, 'model.lamina.json')).toBe(before);
    expect((await window.request('project.get', {})).warnings).toEqual([]);
  });

  test('keeps the current project when opening another folder fails', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const missing = window.request('project.open', { folder: join(folder, 'missing'), create: false });
    await expect(missing).rejects.toEqual(appError('project/missing-folder'));
    expect((await window.request('project.get', {})).folder).toBe(folder);
  });

  test('another folder emits project.changed in all windows, including the requesting one', async () => {
    const [first, second] = [await newProject(), await newProject()];
    const { core, window } = openCore(first.folder);
    const changes: string[] = [];
    openWindow(core).on('project.changed', ({ what }) => changes.push(`other ${what}`));
    window.on('project.changed', ({ what }) => changes.push(`own ${what}`));
    const snapshot = await window.request('project.open', { folder: second.folder, create: false });
    expect(snapshot.folder).toBe(second.folder);
    await expect.poll(() => changes.toSorted()).toEqual(['other project', 'own project']);
  });

  test('finds documents in a folder without a project document', async () => {
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

describe('damaged documents', () => {
  const damaged = '{"format": "lamina.mod';

  test('a model that is not JSON opens with a warning and is renamed before the first save', async () => {
    const { folder } = await newProject();
    writeFileSync(join(folder, 'model.lamina.json'), damaged);
    const { window } = openCore(folder);
    const snapshot = await window.request('project.get', {});
    expect(snapshot.warnings).toMatchObject([
      { code: 'project/damaged-document', details: { fileName: 'model.lamina.json' } },
    ]);
    expect(read(folder, 'model.lamina.json')).toBe(damaged);
    const saved = await window.request('project.saveModel', {
      document: renamed(snapshot.model, 'new'),
      baseRevision: snapshot.modelRevision,
    });
    expect(saved.setAside).toEqual(['model.lamina.json.damaged-1']);
    expect(read(folder, 'model.lamina.json.damaged-1')).toBe(damaged);
    const after = await openCore(folder).window.request('project.get', {});
    expect(after).toMatchObject({ modelFile: 'model.lamina.json', model: { name: 'new' }, warnings: [] });
  });

  test('a model damaged repeatedly is renamed with increasing numbers', async () => {
    const { folder } = await newProject();
    for (const [turn, text] of ['', 'null', damaged].entries()) {
      writeFileSync(join(folder, 'model.lamina.json'), text);
      const { window, core } = openCore(folder);
      const { model, modelRevision } = await window.request('project.get', {});
      const document = renamed(model, `turn ${turn}`);
      await window.request('project.saveModel', { document, baseRevision: modelRevision });
      await core.close();
    }
    expect([1, 2, 3].map((number) => read(folder, `model.lamina.json.damaged-${number}`))).toEqual([
      '',
      'null',
      damaged,
    ]);
    expect(JSON.parse(read(folder, 'model.lamina.json'))).toMatchObject({ name: 'turn 2' });
  });

  test('a folder named like the model is set aside', async () => {
    const { folder } = await newProject();
    const path = join(folder, 'model.lamina.json');
    rmSync(path);
    mkdirSync(path);
    writeFileSync(join(path, 'precious'), 'x');
    const { window } = openCore(folder);
    const { model, modelRevision, warnings } = await window.request('project.get', {});
    expect(warnings).toMatchObject([{ code: 'files/unreadable' }]);
    const saved = await window.request('project.saveModel', { document: model, baseRevision: modelRevision });
    expect(saved.setAside).toEqual(['model.lamina.json.damaged-1']);
    expect(read(folder, 'model.lamina.json.damaged-1/precious')).toBe('x');
    expect(JSON.parse(read(folder, 'model.lamina.json'))).toEqual(model);
  });

  test('the valid nodes of a damaged model are opened, and the original file is kept', async () => {
    const { folder, snapshot } = await newProject();
    const nodes = [...snapshot.model.nodes, { id: 'broken' }];
    const text = JSON.stringify({ ...snapshot.model, nodes });
    writeFileSync(join(folder, 'model.lamina.json'), text);
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    expect(opened.model.nodes.map((node) => node.id)).toEqual(['input', 'output']);
    expect(opened.warnings[0]?.message).toMatch(/node 3/);
    await window.request('project.saveModel', { document: opened.model, baseRevision: opened.modelRevision });
    expect(read(folder, 'model.lamina.json.damaged-1')).toBe(text);
  });

  test('a damaged project document is set aside on save', async () => {
    const { folder } = await newProject();
    const whole = JSON.parse(read(folder, 'lamina-project.json')) as Record<string, unknown>;
    const text = JSON.stringify({ ...whole, configuration: { epochs: 'many' } });
    writeFileSync(join(folder, 'lamina-project.json'), text);
    const { window } = openCore(folder);
    const snapshot = await window.request('project.get', {});
    expect(snapshot.warnings).toMatchObject([{ code: 'project/damaged-document' }]);
    expect(snapshot.warnings[0]?.message).toContain('configuration');
    const { setAside } = await window.request('project.saveConfiguration', {
      configuration: { ...snapshot.configuration, epochs: 3 },
      baseRevision: snapshot.configurationRevision,
    });
    expect(setAside).toEqual(['lamina-project.json.damaged-1']);
    expect(read(folder, 'lamina-project.json.damaged-1')).toBe(text);
  });

  test.skipIf(isRoot)('a damaged file that cannot be set aside is not replaced', async () => {
    const { folder } = await newProject();
    writeFileSync(join(folder, 'model.lamina.json'), damaged);
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    chmodSync(folder, 0o500);
    const save = window.request('project.saveModel', { document: model, baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('files/unwritable'));
    chmodSync(folder, 0o700);
    expect(read(folder, 'model.lamina.json')).toBe(damaged);
  });
});

describe('documents of a newer version', () => {
  const files = { model: 'model.lamina.json', dataset: 'data.dataset.json', project: 'lamina-project.json' } as const;

  /** A project with one document of version 99 with unknown content. */
  async function newerProject(what: keyof typeof files): Promise<{ folder: string; text: string }> {
    const { folder } = await newProject();
    const whole = JSON.parse(read(folder, files[what])) as Record<string, unknown>;
    const text = JSON.stringify({ ...whole, version: 99, name: 'from tomorrow', hologram: { depth: 3 } });
    writeFileSync(join(folder, files[what]), text);
    return { folder, text };
  }

  test.each(['model', 'dataset', 'project'] as const)(
    'a newer %s document is opened read-only, and no request writes to it',
    async (what) => {
      const { folder, text } = await newerProject(what);
      const { window } = openCore(folder);
      const opened = await window.request('project.get', {});
      expect(opened.readOnly).toMatchObject({ code: 'document/newer-version', details: { version: 99 } });
      expect(opened.readOnly?.message).toContain(files[what]);
      expect({ model: opened.model.name, dataset: opened.dataset.name, project: opened.name }[what]).toBe(
        'from tomorrow',
      );
      const before = Object.values(files).map((name) => read(folder, name));
      const refused = appError('document/newer-version');
      const { model, modelRevision, dataset, datasetRevision, configuration, configurationRevision } = opened;
      await expect(
        window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision }),
      ).rejects.toEqual(refused);
      await expect(
        window.request('project.saveDataset', { document: { ...dataset, name: 'x' }, baseRevision: datasetRevision }),
      ).rejects.toEqual(refused);
      await expect(
        window.request('project.saveConfiguration', {
          configuration: { ...configuration, epochs: 9 },
          baseRevision: configurationRevision,
        }),
      ).rejects.toEqual(refused);
      await expect(window.request('training.start', {})).rejects.toEqual(refused);
      expect(Object.values(files).map((name) => read(folder, name))).toEqual(before);
      expect(read(folder, files[what])).toBe(text);
    },
  );

  test('project.saveCopy writes a copy of this version that reads the same data', async () => {
    const { folder, text } = await newerProject('model');
    const dataset = JSON.parse(read(folder, files.dataset)) as { source: object };
    writeFileSync(
      join(folder, files.dataset),
      JSON.stringify({ ...dataset, source: { kind: 'csv', path: '../birds.csv' } }),
    );
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    const copy = join(folder, '..', 'copies', 'copy');
    expect(await window.request('project.saveCopy', { folder: copy })).toEqual({ folder: copy });
    expect(read(folder, files.model)).toBe(text);
    const copied = await openCore(copy).window.request('project.get', {});
    expect(copied).toMatchObject({ readOnly: null, warnings: [], model: opened.model });
    expect(copied.dataset.source).toEqual({ kind: 'csv', path: join(folder, '..', 'birds.csv') });
  });

  test('project.saveCopy rejects a folder that is not empty', async () => {
    const { folder } = await newerProject('model');
    const { window } = openCore(folder);
    const filled = temporaryFolder();
    writeFileSync(join(filled, 'model.lamina.json'), 'mine');
    for (const taken of [folder, filled, join(filled, 'model.lamina.json')]) {
      await expect(window.request('project.saveCopy', { folder: taken })).rejects.toEqual(appError('files/not-empty'));
    }
    expect(readdirSync(filled)).toEqual(['model.lamina.json']);
    expect(read(filled, 'model.lamina.json')).toBe('mine');
  });

  test('a newer document written while the project is open makes the project read-only', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    const text = JSON.stringify({ ...model, version: 99, name: 'from tomorrow' });
    writeFileSync(join(folder, files.model), text);
    const save = window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('document/newer-version'));
    expect(read(folder, files.model)).toBe(text);
    expect((await window.request('project.get', {})).model.name).toBe('from tomorrow');
  });
});

describe('file names in a project document', () => {
  test('cannot point outside the project folder', async () => {
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
  test('increments the revision, leaves no temporary files, and skips an equal document', async () => {
    const { folder, snapshot } = await newProject();
    const { window } = openCore(folder);
    const opened = await window.request('project.get', {});
    const document = renamed(snapshot.model, 'second');
    const saved = await window.request('project.saveModel', { document, baseRevision: opened.modelRevision });
    expect(saved.revision).toBe(opened.modelRevision + 1);
    expect(await window.request('project.saveModel', { document, baseRevision: saved.revision })).toEqual(saved);
    expect(readdirSync(folder).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('rejects a stale revision and overwrites nothing', async () => {
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

  test('concurrent saves of two cores lose no accepted save', async () => {
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

  test.skipIf(isRoot)('fails with files/unwritable in a read-only folder', async () => {
    const { folder } = await newProject();
    chmodSync(folder, 0o500);
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    const save = window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('files/unwritable'));
    chmodSync(folder, 0o700);
  });

  test('fails with files/missing when the folder was deleted', async () => {
    const { folder } = await newProject();
    const { window } = openCore(folder);
    const { model, modelRevision } = await window.request('project.get', {});
    rmSync(folder, { recursive: true });
    const save = window.request('project.saveModel', { document: renamed(model, 'x'), baseRevision: modelRevision });
    await expect(save).rejects.toEqual(appError('files/missing'));
  });
});

describe('changes from elsewhere', () => {
  test('reach other windows of the same core, but not the window that made them', async () => {
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

  test('by another core or an editor reach the window', async () => {
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
    await expect.poll(() => heard).toEqual(['model']);
    const late = window.request('project.saveModel', { document: renamed(model, 'late'), baseRevision: modelRevision });
    await expect(late).rejects.toEqual(appError('project/changed-elsewhere'));
    expect((await window.request('project.get', {})).model.name).toBe('from elsewhere');

    const project = JSON.parse(read(folder, 'lamina-project.json')) as ProjectSnapshot;
    const configuration = { ...project.configuration, epochs: 77 };
    writeFileSync(join(folder, 'lamina-project.json'), JSON.stringify({ ...project, configuration }));
    await expect.poll(() => heard).toEqual(['model', 'configuration']);
    expect((await window.request('project.get', {})).configuration.epochs).toBe(77);
  });

  test('to the name of the model file make the core read that file, with a higher revision', async () => {
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
