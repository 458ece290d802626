import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { importModel } from '../../../src-main/interchange/import-model.ts';
import { readNpz, writeNpz } from '../../../src-main/interchange/npz/npz.ts';
import { relativeDifference } from '../../../src-main/engines/interface/relative-difference.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';
import { copyExample } from '../../support/example-project.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { jsonLines, lamina } from './lamina.ts';
import { testInCi } from '../../support/portion.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/model-files');
const WEIGHT_FIXTURES = join(import.meta.dirname, '../../fixtures/weight-files');
const unpacked = (name: string): Buffer => gunzipSync(readFileSync(join(FIXTURES, `${name}.gz`)));

interface Encoded {
  readonly shape: number[];
  readonly data: string;
}

const floats = ({ data }: Encoded): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(data, 'base64')).buffer);

let folder = '';
beforeAll(() => {
  folder = temporaryFolder();
  for (const name of ['several.keras3.keras', 'sequential.keras2.h5', 'dense.keras3.keras']) {
    writeFileSync(join(folder, name), unpacked(name));
  }
});

describe('lamina import', () => {
  test('makes a project; its model predicts as in Keras, inputs and outputs by name', async () => {
    const project = join(folder, 'wide');
    const opened = await lamina('import', join(folder, 'several.keras3.keras'), '--project', project, '--json');
    expect(opened.status).toBe(0);
    expect(jsonLines(opened.stdout)).toEqual([
      expect.objectContaining({
        format: 'keras',
        layers: 6,
        operations: 0,
        parameters: 45,
        losses: [],
        fileParameters: 45,
      }),
    ]);
    expect(readdirSync(join(project, 'artifacts'))).toHaveLength(1);
    const expected = (
      JSON.parse(unpacked('several.json').toString()) as Record<
        string,
        { inputs: Record<string, Encoded>; outputs: Encoded[] }
      >
    )['keras3']!;
    const inputs = Object.entries(expected.inputs).map(
      ([name, given]) => [name, { shape: given.shape, data: floats(given) }] as const,
    );
    await writeNpz(join(folder, 'x.npz'), new Map(inputs));
    const predicted = await lamina(
      'predict',
      project,
      '--tensors',
      join(folder, 'x.npz'),
      '--out',
      join(folder, 'y.npz'),
      '--json',
    );
    expect(predicted.stderr).toContain('several.keras3.keras');
    expect(predicted.status).toBe(0);
    const found = await readNpz(join(folder, 'y.npz'));
    expect([...found.keys()]).toEqual(['main_output', 'aux_output']);
    // Results are files to share; projects are private.
    if (process.platform !== 'win32') {
      expect(statSync(join(folder, 'y.npz')).mode & 0o777).toBe(0o666 & ~process.umask());
    }
    [...found.values()].forEach(({ shape, data }, index) => {
      expect(shape).toEqual(expected.outputs[index]!.shape);
      expect(relativeDifference([...data], floats(expected.outputs[index]!), 0)).toBeLessThan(1e-5);
    });
  });

  test('an ONNX file: channels come last, which it says; predicts by the names of the file', async () => {
    const project = join(folder, 'onnx');
    const path = join(folder, 'two.onnx');
    writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, '../onnx-files/two.opset17.onnx.gz'))));
    const opened = await lamina('import', path, '--project', project, '--json');
    expect(jsonLines(opened.stdout)).toEqual([
      expect.objectContaining({
        format: 'onnx',
        layers: 10,
        operations: 0,
        parameters: 295,
        fileParameters: 295,
        losses: [expect.objectContaining({ code: 'onnx/layout', layer: 'x' })],
      }),
    ]);
    const inputs = { x: [2, 6, 8, 1], z: [2, 4] };
    const arrays = Object.entries(inputs).map(([name, shape]) => {
      return [name, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(0.5) }] as const;
    });
    const [given, made] = [join(folder, 'two-x.npz'), join(folder, 'two-y.npz')];
    await writeNpz(given, new Map(arrays));
    expect((await lamina('predict', project, '--tensors', given, '--out', made)).status).toBe(0);
    expect([...(await readNpz(made)).values()].map(({ shape }) => shape)).toEqual([
      [2, 3],
      [2, 1],
    ]);
  });

  test("--optimizer-state: new runs continue from the state of the file's optimizer", async () => {
    const [path, project] = [join(folder, 'adam.keras'), join(folder, 'adam')];
    writeFileSync(path, gunzipSync(readFileSync(join(FIXTURES, '../optimizer-states/adam.keras3.keras.gz'))));
    const opened = await lamina('import', path, '--project', project, '--optimizer-state');
    expect(opened.status).toBe(0);
    const model = JSON.parse(readFileSync(join(project, 'model.lamina.json'), 'utf8')) as ModelDocument;
    expect(model.weights?.optimizer).toBeDefined();
  });

  testInCi('an earlier model of the project stays in another file', async () => {
    const project = join(folder, 'twice');
    await lamina('import', join(folder, 'several.keras3.keras'), '--project', project);
    const again = await lamina('import', join(folder, 'sequential.keras2.h5'), '--project', project, '--json');
    expect(jsonLines(again.stdout)[0]).toMatchObject({ format: 'keras-h5', layers: 6 });
    const earlier = readFileSync(join(project, 'model-before.lamina.json'), 'utf8');
    const now = readFileSync(join(project, 'model.lamina.json'), 'utf8');
    expect([earlier.includes('"wide"'), now.includes('"wide"')]).toEqual([true, false]);
    expect(readdirSync(join(project, 'artifacts'))).toHaveLength(2);
  });

  test('weights only: prints the table and changes nothing, and puts them onto the model with --yes', async () => {
    const project = join(folder, 'weights');
    for (const name of ['table.config.json', 'table.torch.safetensors']) {
      writeFileSync(join(folder, name), gunzipSync(readFileSync(join(WEIGHT_FIXTURES, `${name}.gz`))));
    }
    const weights = join(folder, 'table.torch.safetensors');
    expect((await lamina('import', weights, '--project', project)).status).toBe(1);
    expect(existsSync(project)).toBe(false);
    await lamina('import', join(folder, 'table.config.json'), '--project', project);
    const modelOf = (): string => readFileSync(join(project, 'model.lamina.json'), 'utf8');
    const before = modelOf();
    const table = await lamina('import', weights, '--project', project);
    expect(table.status).toBe(0);
    expect(table.stdout).toMatch(/first\.weight +4 × 5 +→ first kernel +by name, axes reordered/);
    expect(table.stderr).toContain('--yes');
    const json = await lamina('import', weights, '--project', project, '--json');
    expect(jsonLines(json.stdout)[0]).toMatchObject({ format: 'safetensors', applied: false, fileParameters: 54 });
    expect([modelOf(), readdirSync(join(project, 'artifacts'))]).toEqual([before, []]);
    const applied = await lamina('import', weights, '--project', project, '--json', '--yes');
    expect(jsonLines(applied.stdout)[0]).toMatchObject({
      applied: true,
      matches: expect.arrayContaining([
        { tensor: 'last.weight', shape: [2, 4], layer: 'last', weight: 'kernel', by: 'name', reordered: true },
      ]) as unknown,
    });
    const artifacts = readdirSync(join(project, 'artifacts'));
    expect(artifacts).toHaveLength(1);
    expect(modelOf()).toContain(artifacts[0]!.replace('.safetensors', ''));
  });

  test('what is refused changes nothing', async () => {
    writeFileSync(join(folder, 'cut.h5'), unpacked('sequential.keras2.h5').subarray(0, 9_000));
    const refused = await lamina('import', join(folder, 'cut.h5'), '--project', join(folder, 'new'));
    expect([refused.status, existsSync(join(folder, 'new'))]).toEqual([1, false]);
    mkdirSync(join(folder, 'empty'));
    expect((await lamina('import', join(folder, 'cut.h5'), '--project', join(folder, 'empty'))).status).toBe(1);
    expect(readdirSync(join(folder, 'empty'))).toEqual([]);
    const project = join(folder, 'kept');
    await lamina('import', join(folder, 'several.keras3.keras'), '--project', project);
    const before = readFileSync(join(project, 'model.lamina.json'), 'utf8');
    expect((await lamina('import', join(folder, 'missing.h5'), '--project', project)).status).toBe(1);
    expect(readFileSync(join(project, 'model.lamina.json'), 'utf8')).toBe(before);
    expect(readdirSync(project).toSorted()).toEqual(
      ['artifacts', 'data.dataset.json', 'lamina-project.json', 'model.lamina.json', 'runs.sqlite'].toSorted(),
    );
  });
});

describe('lamina import of another project', () => {
  test("the model with imported weights predicts as in its project, and a run's weights are those of the run", async () => {
    const [from, to] = [join(folder, 'original'), join(folder, 'copy')];
    await lamina('import', join(folder, 'several.keras3.keras'), '--project', from);
    const opened = await lamina('import', from, '--project', to, '--json');
    expect([opened.stderr, opened.status]).toEqual(['', 0]);
    expect(jsonLines(opened.stdout)).toEqual([
      expect.objectContaining({ format: 'lamina-project', layers: 6, parameters: 45, fileParameters: 45, losses: [] }),
    ]);
    const array = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)).fill(1) });
    const x = join(folder, 'ones.npz');
    await writeNpz(x, new Map(Object.entries({ wide: array(2, 3), deep: array(2, 5) })));
    const predictions = [];
    for (const project of [from, to]) {
      const y = join(project, 'y.npz');
      expect((await lamina('predict', project, '--tensors', x, '--out', y)).status).toBe(0);
      predictions.push(await readNpz(y));
    }
    expect(predictions[1]).toEqual(predictions[0]);
  });

  testInCi('--run and --checkpoint choose weights of a run; the project itself is refused', async () => {
    const from = copyExample('spirals');
    expect((await lamina('train', from, '--epochs', '2', '--engine', 'onnx')).status).toBe(0);
    const to = join(folder, 'of-run');
    const opened = await lamina('import', from, '--run', '1', '--checkpoint', 'last', '--project', to, '--json');
    expect([opened.stderr, opened.status]).toEqual(['', 0]);
    const { weights } = JSON.parse(readFileSync(join(to, 'model.lamina.json'), 'utf8')) as ModelDocument;
    expect(weights?.label).toContain('run 1, last weights, epoch 2');
    const names = readdirSync(join(to, 'artifacts'));
    expect(names).toContain(`${weights?.artifact}.safetensors`);
    expect(readdirSync(join(from, 'artifacts'))).toEqual(expect.arrayContaining(names));

    const refusals = [
      [from, '--project', from],
      [from, '--run', '9', '--project', join(folder, 'none')],
      [join(folder, 'several.keras3.keras'), '--run', '1', '--project', join(folder, 'none')],
    ];
    for (const args of refusals) expect((await lamina('import', ...args)).status).toBe(1);
    expect((await lamina('import', from, '--checkpoint', 'last', '--project', to)).status).toBe(2);
    expect(existsSync(join(folder, 'none'))).toBe(false);
  });
});

test('lamina import: Python code is read as a model without weights; a line that cannot be read is named', async () => {
  const file = join(folder, 'model.py');
  const project = join(folder, 'of-code');
  const code = 'import keras\nmodel = keras.Sequential([keras.Input((3,)), keras.layers.Dense(2, name="code")])\n';
  writeFileSync(file, `${code}for x in y:\n    pass\n`);
  const refused = await lamina('import', file, '--project', project);
  expect([refused.status, existsSync(project)]).toEqual([1, false]);
  expect(refused.stderr).toContain('Line 3');
  writeFileSync(file, code);
  const opened = await lamina('import', file, '--project', project, '--json');
  expect(jsonLines(opened.stdout)).toEqual([
    expect.objectContaining({ format: 'keras-code', layers: 2, parameters: 0, fileParameters: null, losses: [] }),
  ]);
  const { nodes, weights } = JSON.parse(readFileSync(join(project, 'model.lamina.json'), 'utf8')) as ModelDocument;
  expect([nodes.map(({ name }) => name), weights]).toEqual([expect.arrayContaining(['code']), undefined]);
});

test('lamina import: a file as the project is refused with one line', async () => {
  writeFileSync(join(folder, 'file.txt'), '');
  const refused = await lamina('import', join(folder, 'several.keras3.keras'), '--project', join(folder, 'file.txt'));
  expect(refused.status).toBe(1);
  expect(refused.stderr.trim().split('\n')).toHaveLength(1);
});

describe('lamina predict --tensors', () => {
  let project = '';
  beforeAll(async () => {
    project = join(folder, 'predicts');
    mkdirSync(project);
    const params = { path: join(folder, 'several.keras3.keras'), artifacts: join(project, 'artifacts'), onto: null };
    const { document } = await importModel(params, { signal: new AbortController().signal, onProgress: () => {} });
    writeFileSync(join(project, 'model.lamina.json'), JSON.stringify(document));
    const array = (...shape: number[]) => ({ shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) });
    const [wide, deep] = [array(2, 3), array(2, 5)];
    await writeNpz(join(project, 'x.npz'), new Map(Object.entries({ wide, deep })));
    await writeNpz(join(project, 'wrong.npz'), new Map(Object.entries({ wide, deep: array(2, 4) })));
    await writeNpz(join(project, 'rows.npz'), new Map(Object.entries({ wide, deep: array(3, 5) })));
    await writeNpz(join(project, 'unnamed.npz'), new Map(Object.entries({ a: wide, b: deep })));
    mkdirSync(join(folder, 'untrained'));
    const housing = join(import.meta.dirname, '../../../examples/housing/housing.lamina.json');
    writeFileSync(join(folder, 'untrained', 'housing.lamina.json'), readFileSync(housing));
  });

  test.each([
    ['without --out', 'predicts', ['--tensors', 'x.npz'], 2],
    ['with a file of rows', 'predicts', ['rows.csv', '--tensors', 'x.npz', '--out', 'y.npz'], 2],
    ['with an array of another shape', 'predicts', ['--tensors', 'wrong.npz', '--out', 'y.npz'], 1],
    ['with arrays of different rows', 'predicts', ['--tensors', 'rows.npz', '--out', 'y.npz'], 1],
    ['with arrays of other names', 'predicts', ['--tensors', 'unnamed.npz', '--out', 'y.npz'], 1],
    ['of a project without weights', 'untrained', ['--tensors', 'x.npz', '--out', 'y.npz'], 1],
  ])('%s: refused', async (_, name, args, status) => {
    const placed = args.map((arg) => (arg.startsWith('--') ? arg : join(project, arg)));
    expect((await lamina('predict', join(folder, name), ...placed)).status).toBe(status);
    expect(existsSync(join(project, 'y.npz'))).toBe(false);
  });

  test.each([
    ['of the name that numpy.savez gives', 'arr_0', 0],
    ['of another name', 'other', 1],
  ])('the only array for the only Input, %s', async (_, name, status) => {
    const one = join(folder, `one-${name}`);
    await lamina('import', join(folder, 'dense.keras3.keras'), '--project', one);
    await writeNpz(join(one, 'x.npz'), new Map([[name, { shape: [3, 5], data: new Float32Array(15) }]]));
    const files = ['--tensors', join(one, 'x.npz'), '--out', join(one, 'y.npz')];
    expect((await lamina('predict', one, ...files)).status).toBe(status);
  });
});
