import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportSavedModel } from '../../src-main/interchange/savedmodel/export.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import { servingModel } from '../../src-shared/compiler/model-programs.ts';
import { initialWeights } from '../../src-shared/compiler/forward/initial-weights.ts';
import { uniform } from '../../src-shared/program/random/philox.ts';
import {
  classFeatures,
  cnnDocument,
  configurationWith,
  dense,
  mlpDocument,
  sequentialDocument,
} from '../support/documents.ts';
import { interpret } from '../../src-shared/program/interpret/interpret.ts';
import { sizeOf, tensorOf } from '../../src-shared/program/interpret/tensor.ts';
import type { HostTensor } from '../../src-main/engines/interface/engine.ts';

const python = process.env['LAMINA_PEERS_PYTHON'];
const run = promisify(execFile);

const ROWS = 2;
const DRAW = 3;

describe.skipIf(python === undefined)('exported SavedModel in TensorFlow for Python', () => {
  let parent: string;
  beforeEach(async () => {
    parent = await mkdtemp(join(tmpdir(), 'lamina-peers-'));
  });
  afterEach(() => rm(parent, { recursive: true }));

  const inputShape = [28, 28, 1];
  const noisy = sequentialDocument([
    { kind: 'Flatten' },
    { kind: 'Dropout', params: { rate: 0.3, monteCarlo: true } },
    dense(20, 'relu'),
    { kind: 'GaussianNoise', params: { stddev: 0.5, monteCarlo: true } },
    dense(10, 'softmax'),
  ]);
  for (const [name, document] of Object.entries({ mlp: mlpDocument(), cnn: cnnDocument(), noisy })) {
    it(`predicts the same as the exported ${name}`, async () => {
      const [features, configuration] = [classFeatures(inputShape, 10), configurationWith({ seed: 2 })];
      const result = compileModel(document, features, configuration);
      if (!result.ok) throw new Error(result.problems.map((problem) => problem.message).join('\n'));
      const values = initialWeights(result.model, 2);
      const weights = new Map<string, HostTensor>();
      for (const { name: weight, shape } of result.model.weights) {
        weights.set(weight, { dtype: 'float32', shape, data: values.get(weight)! });
      }
      const folder = join(parent, name);
      await exportSavedModel({
        folder,
        program: servingModel(document, features, configuration).program,
        weights,
      });

      const shape = [ROWS, ...inputShape];
      const x = uniform([1, 2], 0, sizeOf(shape));
      const file = join(parent, 'x.bin');
      await writeFile(file, new Uint8Array(x.buffer));
      const script = join(import.meta.dirname, 'predict_savedmodel.py');
      const { stdout } = await run(python!, [script, folder, file, shape.join(), String(DRAW)]);
      const answer = JSON.parse(stdout) as { input: string; output: string; prediction: number[] };
      expect([answer.input, answer.output]).toEqual([document.nodes[0]!.name, document.nodes.at(-1)!.name]);

      const feeds = [...weights].map(
        ([weight, tensor]) => [weight, tensorOf('float32', tensor.shape, tensor.data)] as const,
      );
      const inputs = new Map(feeds).set('x', tensorOf('float32', shape, x)).set('draw', tensorOf('int32', [], [DRAW]));
      const reference = interpret(result.model.programs.predict, inputs);
      const expected = reference.outputs.get('prediction')!.data;
      expect(answer.prediction).toHaveLength(expected.length);
      expected.forEach((value, index) => expect(Math.abs(answer.prediction[index]! - value)).toBeLessThan(1e-5));
    });
  }
});
