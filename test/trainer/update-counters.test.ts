import { afterEach, describe, expect, it } from 'vitest';
import { writeArtifact } from '../../src-main/runs/artifacts.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { ModelDocument } from '../../src-shared/document/schema/model-document.ts';
import { defaultOptimizer, optimizerSchema } from '../../src-shared/training/configuration/optimizers.ts';
import { scheduleSchema } from '../../src-shared/training/schedules/schedule.ts';
import { exampleRun, loadCheckpoint } from '../runs/example-run.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

/** Adam and its relatives count the updates of each weight. */

let bench: TrainingBench;
afterEach(() => bench.close());

const RATE = 0.001;
const counting = ['adam', 'adamw', 'adamax', 'nadam'] as const;
type Counting = (typeof counting)[number];

/** A run of one step an epoch. */
const steps = (
  engine: 'onnx' | 'tensorflow',
  kind: Counting,
  epochs: number,
  more: Readonly<Record<string, unknown>> = {},
): NewRun => {
  const weightDecay = kind === 'adamw' ? { weightDecay: 0 } : {};
  const optimizer = optimizerSchema.parse({ ...defaultOptimizer(kind), learningRate: RATE, ...weightDecay, ...more });
  return exampleRun({ engine, epochs, batchSize: 1000, optimizer });
};

const frozen = (model: ModelDocument, name: string, value: boolean): ModelDocument => ({
  ...model,
  nodes: model.nodes.map((node) => (node.name === name ? { ...node, frozen: value } : node)),
});

const difference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);

describeEngines('a layer that is unfrozen after 20 updates of the others', (engine) => {
  // TensorFlow has its own kernel for Adam.
  it.each(engine === 'onnx' ? counting : (['adam'] as const))(
    'is updated first by about the learning rate, not by a multiple of it: %s',
    async (kind) => {
      bench = new TrainingBench();
      const begun = steps(engine, kind, 20);
      const first = await bench.train({ ...begun, model: frozen(begun.model, 'hidden', true) });
      const before = await bench.state(first.id);
      expect(before.has('optimizer/hidden/kernel/updates')).toBe(false);
      const continueFrom = { runId: first.id, checkpoint: 'last', mode: 'resume' } as const;
      const second = await bench.train({ ...steps(engine, kind, 21), continueFrom });
      const after = await bench.state(second.id);
      const moved = difference(
        after.get('hidden/kernel')!.data as Float32Array,
        before.get('hidden/kernel')!.data as Float32Array,
      );
      expect(moved / RATE).toBeLessThan(1.3);
      expect(moved / RATE).toBeGreaterThan(0.2);
      const counts = (state: typeof after, layer: string) =>
        ['kernel', 'bias'].map((weight) => state.get(`optimizer/${layer}/${weight}/updates`)!.data[0]);
      expect([...counts(before, 'classes'), ...counts(after, 'classes'), ...counts(after, 'hidden')]).toEqual([
        20, 20, 21, 21, 1, 1,
      ]);
      // The counters of both groups are restored.
      const third = await bench.train({
        ...steps(engine, kind, 24),
        continueFrom: { runId: second.id, checkpoint: 'last', mode: 'resume' },
      });
      const whole = await bench.train({ ...steps(engine, kind, 24), continueFrom });
      expect(await bench.state(third.id)).toEqual(await bench.state(whole.id));
    },
  );
});

describe('a checkpoint without counters', () => {
  it.each([
    ['adam', {}],
    ['nadam', {}],
    ['nadam', { gradientAccumulationSteps: 2 }],
  ] as const)('is resumed with the number of all updates: %s %j', async (kind, more) => {
    bench = new TrainingBench();
    const run = (epochs: number) => {
      const made = steps('onnx', kind, epochs, more);
      const schedule = scheduleSchema.parse({ kind: 'oneCycle' });
      return { ...made, configuration: { ...made.configuration, batchSize: 30, schedule } };
    };
    const half = await bench.train(run(2));
    const { tensors, metadata } = await loadCheckpoint(bench.store, half.id, 'last');
    // As earlier versions wrote it: Nadam's product is not a slot of each weight.
    const counters = [...tensors.keys()].filter((name) => /^optimizer\/.+\/(updates|u_product)$/.test(name));
    expect(counters).toHaveLength(kind === 'nadam' ? 8 : 4);
    const product = tensors.get('optimizer/hidden/kernel/u_product');
    const older = new Map([...tensors].filter(([name]) => !counters.includes(name)));
    if (product !== undefined) older.set('optimizer/u_product', product);
    const file = await writeArtifact(bench.store.artifacts, older, metadata);
    const { epoch, step } = half.lastCheckpoint!;
    const recorded = { kind: 'last', epoch, step, batch: 0, metrics: {}, ...file } as const;
    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const expected = await bench.train({ ...run(4), continueFrom });
    bench.store.recordCheckpoints(half.id, [recorded]);
    const resumed = await bench.train({ ...run(4), continueFrom });
    expect(bench.store.logLines(resumed.id).filter(({ level }) => level === 'warning')).toEqual([]);
    expect(learned(bench, resumed.id)).toEqual(learned(bench, expected.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(expected.id));
  });
});
