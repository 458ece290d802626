import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attribute } from '../../../src-main/engines/tensorflow/graph/graph-builder.ts';
import { DataType } from '../../../src-main/engines/tensorflow/graph/graph-def.ts';
import { loadTensorFlow } from '../../../src-main/engines/tensorflow/load.ts';
import { writeSavedModel } from '../../../src-main/engines/tensorflow/graph/write-saved-model.ts';
import { exportSavedModel } from '../../../src-main/interchange/savedmodel/export.ts';
import { compileModel } from '../../../src-shared/diagnostics/compile-model.ts';
import { servingModel } from '../../../src-shared/compiler/model-programs.ts';
import { initialWeights } from '../../../src-shared/compiler/forward/initial-weights.ts';
import { configurationWith, dense, sequentialDocument } from '../../support/documents.ts';
import { interpret } from '../../../src-shared/program/interpret/interpret.ts';
import { tensorOf } from '../../../src-shared/program/interpret/tensor.ts';
import { engineFolder } from '../../engines/tensorflow-harness.ts';
import type { HostTensor } from '../../../src-main/engines/interface/engine.ts';
import type { CompiledModel, ServingModel } from '../../../src-shared/compiler/graph/compiled.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';

const features: FeatureSpec = {
  columns: [{ type: 'image', name: 'image', shape: [6, 6, 2], offset: 0, scale: 255 }],
  inputShape: [6, 6, 2],
  targets: [{ kind: 'classes', name: 'label', classes: ['a', 'b', 'c'] }],
  weight: null,
};

function smallCnn(): { model: CompiledModel; serving: ServingModel; weights: Map<string, HostTensor> } {
  const document = sequentialDocument([
    { kind: 'Conv2D', params: { filters: 4, activation: 'relu', padding: 'same' } },
    { kind: 'MaxPooling2D' },
    { kind: 'Dropout', params: { rate: 0.5 } },
    { kind: 'Flatten' },
    dense(3, 'softmax'),
  ]);
  const result = compileModel(document, features, configurationWith({ seed: 5 }));
  if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
  const { model } = result;
  const values = initialWeights(model, 5);
  const weights = model.weights.map(({ name, shape }) => {
    const data = values.get(name)!;
    return [name, { dtype: 'float32', shape, data }] as const;
  });
  const serving = servingModel(document, features, configurationWith({ seed: 5 }));
  return { model, serving, weights: new Map<string, HostTensor>(weights) };
}

describe('SavedModel export', () => {
  let parent: string;
  let folder: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'lamina-export-'));
    folder = join(parent, 'digits');
  });
  afterEach(() => rm(parent, { recursive: true }));

  const { model, serving, weights } = smallCnn();
  const request = () => ({ folder, program: serving.program, weights, features });

  it.skipIf(engineFolder === null)('TensorFlow loads the export and predicts the same', async () => {
    await exportSavedModel(request());
    const { tf } = loadTensorFlow(engineFolder!, 1);
    const [metaGraph] = await tf.node.getMetaGraphsFromSavedModel(folder);
    const signature = metaGraph!.signatureDefs['serving_default']!;
    expect(Object.keys(signature.inputs)).toEqual(['input_0']);
    expect(Object.keys(signature.outputs)).toEqual(['output_6']);

    const data = Float32Array.from({ length: 4 * 72 }, (_, index) => Math.sin(index));
    const loaded = await tf.node.loadSavedModel(folder, ['serve'], 'serving_default');
    const x = tf.tensor(data, [4, 6, 6, 2]);
    const y = loaded.predict({ input_0: x }) as Record<string, typeof x>;
    const predicted = y['output_6']!.dataSync();
    expect(y['output_6']!.shape).toEqual([4, 3]);
    tf.dispose([x, y]);
    loaded.dispose();

    const feeds = new Map(
      [...weights].map(([name, { dtype, shape, data: values }]) => [name, tensorOf(dtype, shape, values)]),
    );
    const expected = interpret(model.programs.predict, feeds.set('x', tensorOf('float32', [4, 6, 6, 2], data)));
    const reference = expected.outputs.get('prediction')!.data;
    reference.forEach((value, index) => expect(Math.abs(predicted[index]! - value)).toBeLessThan(1e-6));
  });

  it('writes a sidecar with inputs, outputs and feature preparation', async () => {
    await exportSavedModel({
      ...request(),
      columns: new Map([['input_0', ['image']]]),
      targets: new Map([['output_6', ['label']]]),
    });
    expect(await readdir(parent)).toEqual(['digits']);
    expect((await readdir(folder)).sort()).toEqual(['assets.extra', 'saved_model.pb']);
    const sidecar: unknown = JSON.parse(await readFile(join(folder, 'assets.extra', 'lamina.json'), 'utf8'));
    expect(sidecar).toEqual({
      format: 'lamina.features',
      version: 2,
      signature: 'serving_default',
      inputs: [{ name: 'input_0', columns: ['image'] }],
      outputs: [{ name: 'output_6', targets: ['label'] }],
      features,
    });
  });

  it('replaces an earlier export', async () => {
    await exportSavedModel(request());
    await writeFile(join(folder, 'saved_model.pb'), 'old');
    await exportSavedModel(request());
    expect((await readFile(join(folder, 'saved_model.pb'))).length).toBeGreaterThan(1000);
    expect(await readdir(parent)).toEqual(['digits']);
  });

  it('rejects a folder with other files', async () => {
    await mkdir(folder);
    await writeFile(join(folder, 'thesis.tex'), 'years of work');
    await expect(exportSavedModel(request())).rejects.toMatchObject({ code: 'export/folder-in-use' });
    expect(await readdir(folder)).toEqual(['thesis.tex']);
  });

  const onLinux = it.skipIf(process.platform !== 'linux');

  onLinux('rejects a folder that cannot be created, and leaves no files', async () => {
    await writeFile(join(parent, 'file'), '');
    execFileSync('mkfifo', [join(parent, 'pipe')]);
    await symlink(join(parent, 'circle'), join(parent, 'circle'));
    const before = await readdir(parent);
    const places = [
      'file',
      'file/model',
      'file/a/b',
      'pipe',
      'pipe/model',
      'circle/model',
      'x'.repeat(300),
      `new/${'x'.repeat(300)}`,
      'nul\0',
      '/proc/lamina',
      '/proc/lamina/model',
      '/proc/self/model',
      '/dev/null',
      '/dev/null/model',
    ];
    for (const place of places) {
      const exported = exportSavedModel({ ...request(), folder: resolve(parent, place) });
      await expect(exported, place).rejects.toMatchObject({ code: 'export/folder-unusable' });
      expect(await readdir(parent), place).toEqual(before);
    }
  });

  onLinux('accepts a folder name of the maximum length', async () => {
    folder = join(parent, 'x'.repeat(255));
    await exportSavedModel(request());
    expect(await readdir(folder)).toContain('saved_model.pb');
  });

  it('rejects a missing weight and leaves no files', async () => {
    const missing = exportSavedModel({ ...request(), weights: new Map([...weights].slice(1)) });
    await expect(missing).rejects.toMatchObject({
      code: 'export/missing-weight',
      message: expect.stringContaining([...weights.keys()][0]!),
    });
    expect(existsSync(folder)).toBe(false);
    expect(await readdir(parent)).toEqual([]);
  });

  it('rejects a model above the 2 GB limit of the format', async () => {
    // One gigabyte used three times; the size is checked before anything is copied.
    const content = new Uint8Array(2 ** 30);
    const attributes = { value: attribute.tensor({ dtype: DataType.uint8, shape: [content.length], content }) };
    const nodes = ['a', 'b', 'c'].map((name) => ({ name, op: 'Const', inputs: [], attributes }));
    const written = writeSavedModel(folder, { nodes, functions: [], signatures: {} });
    await expect(written).rejects.toMatchObject({ code: 'export/too-large' });
    expect(await readdir(parent)).toEqual([]);
  });
});
