import { afterEach, expect, it } from 'vitest';
import { planRun } from '../../src-main/core/training/plan-run.ts';
import type { RequestedRun } from '../../src-main/core/training/plan-run.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { clearCache } from '../../src-main/data/cache/folder.ts';
import type { RecordedSettings } from '../../src-shared/training/commands/run-command.ts';
import { cachedUntil } from '../../src-shared/training/run/cached-features.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import type { LayerLine } from '../support/documents.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';
import { testInCi } from '../support/portion.ts';

/** Runs that compute their frozen part once, against the same runs without. */

let bench: TrainingBench;
afterEach(() => bench.close());

/** 2,100 train, 450 are validated. */
const ROWS = 3000;
const BATCH = 64;
const EPOCHS = 7;
const STEPS = Math.ceil(2100 / BATCH);
const frozen = (units: number, name: string): LayerLine => dense(units, 'relu', { name, frozen: true });
/** A frozen part that is worth computing once, also in a run of three epochs. */
const base: readonly LayerLine[] = [
  frozen(1200, 'one'),
  { kind: 'BatchNormalization', name: 'norm', frozen: true },
  frozen(1100, 'two'),
  frozen(8, 'three'),
];
const head: readonly LayerLine[] = [
  { kind: 'Dropout', params: { rate: 0.2 }, name: 'dropout' },
  dense(6, 'relu', { name: 'hidden' }),
  dense(2, 'softmax', { name: 'classes' }),
];

function runOf(lines: readonly LayerLine[], configuration: Partial<NewRun['configuration']> = {}): NewRun {
  const run = exampleRun({ epochs: EPOCHS, batchSize: BATCH, ...configuration });
  return { ...run, model: sequentialDocument(lines), dataset: moons(ROWS) };
}

const featuresOf = (id: string) => bench.store.get(id).cachedFeatures;
const epochsOf = (id: string) => bench.store.get(id).epochRecords.map(({ metrics }) => metrics);
const ask = (request: RequestedRun) =>
  bench.train({ ...planRun(bench.store, exampleRun({ epochs: 1, seed: 99 }), request), versions: {} });
/** Goes on with a run until `EPOCHS`. */
const resume = (runId: string) =>
  ask({ continueFrom: { runId, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: EPOCHS } });

const close = (actual: number, expected: number, relative: number): void =>
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(relative * Math.abs(expected));

describeEngines('a frozen part', (engine) => {
  it('that is computed once gives the losses and metrics of a run that computes it in each step', async () => {
    bench = new TrainingBench();
    const once = await bench.train(runOf([...base, ...head], { engine }));
    const always = await bench.train(runOf([...base, ...head], { engine, cachedFeatures: false }));
    expect(once.error).toBeNull();
    expect(featuresOf(once.id)).toMatchObject({
      used: true,
      layers: 4,
      stored: false,
      rows: 2550,
      sizeBytes: 4 * 8 * 2550,
    });
    expect(featuresOf(always.id)).toMatchObject({ used: false, reason: 'off' });
    const others = bench.losses(always.id);
    expect(bench.losses(once.id)).toHaveLength(EPOCHS * STEPS);
    bench
      .losses(once.id)
      .slice(0, STEPS)
      .forEach(([, loss], i) => close(loss, others[i]![1], 1e-5));
    const [ofOnce, ofAlways] = [epochsOf(once.id).at(-1)!, epochsOf(always.id).at(-1)!];
    expect(Object.keys(ofOnce)).toEqual(Object.keys(ofAlways));
    close(ofOnce['loss']!, ofAlways['loss']!, 1e-3);
    close(ofOnce['val_loss']!, ofAlways['val_loss']!, 1e-3);
    close(once.test!.metrics['loss']!, always.test!.metrics['loss']!, 1e-3);
  });

  it('is computed equally by a repeated and a resumed run, and read by another one', async () => {
    bench = new TrainingBench();
    await clearCache();
    const whole = await bench.train(runOf([...base, ...head], { engine }));
    expect(featuresOf(whole.id)).toMatchObject({ used: true, stored: false });
    await clearCache();
    const again = await ask({ repeat: whole.id });
    expect(featuresOf(again.id)).toMatchObject({ used: true, stored: false });
    expect(learned(bench, again.id)).toEqual(learned(bench, whole.id));
    expect(await bench.state(again.id)).toEqual(await bench.state(whole.id));
    const half = await bench.train(runOf([...base, ...head], { engine, epochs: 3 }));
    const resumed = await resume(half.id);
    expect(featuresOf(resumed.id)).toMatchObject({ used: true, stored: true });
    expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(resumed.test).toEqual(whole.test);
  });

  testInCi('has a lower cut from a live unfreezing on, equally in repeated and resumed runs', async () => {
    bench = new TrainingBench();
    const set = (seq: number, step: number, layer: string, isFrozen: boolean): RecordedSettings => ({
      ...{ seq, step, epoch: Math.floor(step / STEPS), at: '' },
      command: { kind: 'set', patch: { frozen: [{ layer, frozen: isFrozen }] } },
    });
    // A further layer is frozen, then the frozen part is unfrozen and frozen again.
    const commands = [set(1, 20, 'hidden', true), set(2, 110, 'three', false), set(3, 140, 'three', true)];
    const whole = await bench.train({ ...runOf([...base, ...head], { engine }), commands });
    const record = featuresOf(whole.id);
    expect(record?.used === true && cachedUntil(record)).toBe(110);
    expect(record).toMatchObject({ used: true, layers: 3, sizeBytes: 4 * 1100 * 2550, changedAt: [20, 110, 140] });
    expect(record?.used === true && record.values.map(({ fromStep, untilStep }) => [fromStep, untilStep])).toEqual([
      [undefined, 110],
      [undefined, 110],
      [110, null],
      [110, null],
    ]);
    const again = await ask({ repeat: whole.id });
    expect(await bench.state(again.id)).toEqual(await bench.state(whole.id));
    // Before the unfreezing, and after it.
    for (const epochs of engine === 'onnx' ? [3, 6] : [6]) {
      const half = await bench.train({ ...runOf([...base, ...head], { engine, epochs }), commands });
      const resumed = await resume(half.id);
      expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
      expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    }
  });

  testInCi('below which images change at random trains on variants in turn, equally in a resumed run', async () => {
    bench = new TrainingBench();
    await clearCache();
    const images: readonly LayerLine[] = [
      { kind: 'Reshape', params: { targetShape: [1, 2, 1] }, name: 'image' },
      { kind: 'RandomFlip', params: { mode: 'horizontal' }, name: 'flip' },
      { kind: 'Flatten', name: 'flat' },
    ];
    const run = (epochs: number): NewRun => runOf([...images, ...base, ...head], { engine, cachedVariants: 2, epochs });
    const whole = await bench.train(run(EPOCHS));
    const sizeBytes = 4 * 8 * (2 * 2100 + 450);
    expect(featuresOf(whole.id)).toMatchObject({ used: true, variants: 2, sizeBytes, stored: false });
    const half = await bench.train(run(5));
    expect(featuresOf(half.id)).toMatchObject({ used: true, stored: true });
    await clearCache();
    const resumed = await resume(half.id);
    expect(featuresOf(resumed.id)).toMatchObject({ used: true, variants: 2, stored: false });
    expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
  });
});
