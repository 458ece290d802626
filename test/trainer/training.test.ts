import { afterEach, expect, it } from 'vitest';
import { defaultOptimizer } from '../../src-shared/training/configuration/optimizers.ts';
import { scheduleSchema } from '../../src-shared/training/schedules/schedule.ts';
import { exampleRun, moons } from '../runs/example-run.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

/**
 * Long enough to be stopped midway; a short last batch in every epoch; an optimizer with all kinds of state, including
 * averaged weights; a schedule that changes learning rate and momentum at every step.
 */
const longRun = (engine: 'onnx' | 'tensorflow', epochs = 3) => ({
  ...exampleRun({
    engine,
    epochs,
    batchSize: 4,
    optimizer: {
      ...defaultOptimizer('nadam'),
      clip: { by: 'globalNorm', limit: 1 },
      weightDecay: 0.01,
      gradientAccumulationSteps: 3,
      ema: { momentum: 0.9, overwriteFrequency: 50 },
    },
    schedule: scheduleSchema.parse({ kind: 'oneCycle', momentum: {}, warmUp: { length: 20 } }),
  }),
  dataset: moons(2603),
});

describeEngines('training', (engine) => {
  it('learns, is recorded, and emits events in order', async () => {
    bench = new TrainingBench();
    const end = await bench.train(
      exampleRun({
        engine,
        epochs: 12,
        optimizer: { kind: 'adam', learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-7 },
      }),
    );
    expect(end).toMatchObject({ state: 'completed', engine, epochsDone: 12, error: null });
    const record = bench.store.get(end.id);
    const stepsPerEpoch = Math.ceil(record.rowCounts!.train / 16);
    expect(end.stepsDone).toBe(12 * stepsPerEpoch);
    expect(bench.losses(end.id)).toHaveLength(end.stepsDone);
    expect(Object.keys(end.lastMetrics)).toEqual(['loss', 'accuracy', 'val_loss', 'val_accuracy']);
    expect(end.lastMetrics['val_accuracy']).toBeGreaterThan(0.8);
    const best = record.epochRecords.toSorted((a, b) => a.metrics['val_loss']! - b.metrics['val_loss']!)[0]!;
    expect(end.bestEpoch).toBe(best.epoch);
    expect(bench.store.requireCheckpoint(end.id, 'best').epoch).toBe(best.epoch);
    expect(bench.store.requireCheckpoint(end.id, 'last')).toMatchObject({ epoch: 12, step: end.stepsDone, batch: 0 });
    expect(end.test!.rows).toBe(record.rowCounts!.test);
    expect(end.test!.outputs[0]!.confusion!.flat().reduce((a, b) => a + b)).toBe(end.test!.rows);
    expect(record.versions).toHaveProperty(engine);
    expect(record.dataFingerprint).toMatch(/^[0-9a-f]{64}$/);

    const states = bench.of('run.changed').map(({ summary }) => summary.state);
    expect([...new Set(states)]).toEqual(['preparing', 'running', 'completed']);
    const running = bench.of('run.changed').filter(({ summary }) => summary.state === 'running');
    expect(Math.max(...running.map(({ summary }) => summary.epochsDone))).toBeGreaterThan(0);
    const seqs = bench.events.flatMap((e) =>
      e.name === 'run.progress' || e.name === 'run.epoch' ? [e.payload.seq] : [],
    );
    expect(seqs).toEqual(seqs.toSorted((a, b) => a - b));
    expect(new Set(seqs).size).toBe(seqs.length);
    expect(bench.of('run.epoch').map(({ record }) => record)).toEqual(record.epochRecords);
    expect(bench.store.series(end.id, 100).seq).toBeGreaterThanOrEqual(bench.of('run.epoch').at(-1)!.seq);
  });

  it('averages metrics like Keras, weighting a short last batch by its rows', async () => {
    bench = new TrainingBench();
    const run = exampleRun({ engine, epochs: 1, batchSize: 64, shuffle: false });
    const end = await bench.train(run);
    const { train } = bench.store.get(end.id).rowCounts!;
    const sizes = [64, 64, train - 128];
    const losses = bench.losses(end.id).map(([, loss]) => loss);
    expect(losses).toHaveLength(3);
    const mean = losses.reduce((sum, loss, i) => sum + loss * sizes[i]!, 0) / train;
    expect(end.lastMetrics['loss']).toBeCloseTo(mean, 6);
  });

  it('is deterministic by seed, bit for bit', async () => {
    bench = new TrainingBench();
    const one = await bench.train(exampleRun({ engine }));
    const two = await bench.train(exampleRun({ engine }));
    const other = await bench.train(exampleRun({ engine, seed: 2 }));
    expect(bench.losses(two.id)).toEqual(bench.losses(one.id));
    expect(learned(bench, two.id)).toEqual(learned(bench, one.id));
    expect(await bench.state(two.id)).toEqual(await bench.state(one.id));
    expect(two.test).toEqual(one.test);
    expect(bench.losses(other.id)).not.toEqual(bench.losses(one.id));
  });

  it('stops within an epoch, keeps its state, and resumes like an uninterrupted run', async () => {
    bench = new TrainingBench();
    const whole = await bench.train(longRun(engine));
    const { id } = bench.supervisor.start(longRun(engine));
    await bench.event((e) => e.name === 'run.progress' && e.payload.runId === id && e.payload.step > 10);
    await bench.supervisor.command(id, { kind: 'stop', when: 'now' });
    const stopped = await bench.supervisor.ended(id);
    expect(stopped.state).toBe('stopped');
    const last = bench.store.requireCheckpoint(id, 'last');
    expect(last.step).toBe(stopped.stepsDone);
    expect(bench.losses(id)).toEqual(bench.losses(whole.id).slice(0, last.step));
    expect(last.step).toBeLessThan(whole.stepsDone);

    const resumed = await bench.train({
      ...longRun(engine),
      continueFrom: { runId: id, checkpoint: 'last', mode: 'resume' },
    });
    expect(resumed).toMatchObject({ state: 'completed', stepsDone: whole.stepsDone, continuedFrom: id });
    expect(bench.losses(resumed.id)).toEqual(bench.losses(whole.id));
    expect(learned(bench, resumed.id)).toEqual(learned(bench, whole.id));
    expect(await bench.state(resumed.id)).toEqual(await bench.state(whole.id));
    expect(await bench.state(resumed.id, 'best')).toEqual(await bench.state(whole.id, 'best'));
    expect(resumed.bestEpoch).toBe(whole.bestEpoch);
    expect(resumed.test).toEqual(whole.test);
  });

  it('continues a finished run with more epochs', async () => {
    bench = new TrainingBench();
    // No epoch improves by this much, so the state of the schedule determines the rate after the third.
    const schedule = scheduleSchema.parse({ kind: 'performance', factor: 0.5, patience: 2, minDelta: 10 });
    const whole = await bench.train(exampleRun({ engine, epochs: 6, schedule }));
    const half = await bench.train(exampleRun({ engine, epochs: 3, schedule }));
    const continueFrom = { runId: half.id, checkpoint: 'last', mode: 'resume' } as const;
    const again = await bench.train({ ...exampleRun({ engine, epochs: 2, schedule }), continueFrom });
    expect(again).toMatchObject({ state: 'failed', error: { code: 'training/nothing-left' } });
    const rest = await bench.train({ ...exampleRun({ engine, epochs: 6, schedule }), continueFrom });
    expect(bench.losses(rest.id)).toEqual(bench.losses(whole.id));
    expect(await bench.state(rest.id)).toEqual(await bench.state(whole.id));
  });

  it('starts from weights with a new optimizer, keeps frozen layers, and lists layers with initial weights', async () => {
    bench = new TrainingBench();
    const first = await bench.train(exampleRun({ engine }));
    const run = exampleRun({ engine, epochs: 2 });
    const nodes = run.model.nodes.map((node) => {
      if (node.name === 'hidden') return { ...node, frozen: true };
      return node.name === 'classes' ? { ...node, name: 'classes_2' } : node;
    });
    const second = await bench.train({
      ...run,
      model: { ...run.model, nodes },
      continueFrom: { runId: first.id, checkpoint: 'best', mode: 'weights' },
    });
    expect(second).toMatchObject({ state: 'completed', epochsDone: 2 });
    const before = await bench.state(first.id, 'best');
    const after = await bench.state(second.id);
    expect(after.get('hidden/kernel')).toEqual(before.get('hidden/kernel'));
    expect(after.get('optimizer/step')!.data[0]).toBe(second.stepsDone);
    expect(bench.store.logLines(second.id).map(({ message }) => message)).toContainEqual(
      expect.stringContaining('classes_2'),
    );
    const changes = await bench.supervisor.jobs.weightChanges(second.id, 'last');
    for (const { layer, frozen, maxAbsoluteChange } of changes) {
      expect(frozen).toBe(layer === 'hidden');
      if (frozen) expect(maxAbsoluteChange).toBe(0);
      else expect(maxAbsoluteChange).toBeGreaterThan(0);
    }
    expect(changes.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['hidden/kernel', 'hidden/bias', 'classes_2/kernel']),
    );
  });

  it('tensor count and memory stay constant over 50 epochs', async () => {
    bench = new TrainingBench();
    const run = { ...exampleRun({ engine, epochs: 50 }), dataset: moons(2000) };
    const end = await bench.train(run);
    const lines = bench.store.logLines(end.id).flatMap(({ message }) => {
      const match = /^epoch (\d+): (\d+) tensors, ([\d.]+) MiB resident$/.exec(message);
      return match === null ? [] : [{ tensors: Number(match[2]), residentMiB: Number(match[3]) }];
    });
    expect(lines).toHaveLength(50);
    expect(new Set(lines.slice(2).map(({ tensors }) => tensors)).size).toBe(1);
    // A process has some 160 MiB, of which 12 vary with garbage collector and allocator: 200 epochs end like 20.
    const residents = lines.slice(2).map(({ residentMiB }) => residentMiB);
    expect(Math.max(...residents.slice(-10)) / Math.max(...residents.slice(0, 20))).toBeLessThan(1.15);
  });
});
