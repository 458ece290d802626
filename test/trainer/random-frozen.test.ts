import { afterEach, expect, it } from 'vitest';
import type { NewRun } from '../../src-main/runs/types.ts';
import { exampleRun } from '../runs/example-run.ts';
import { dense, sequentialDocument } from '../support/documents.ts';
import { TrainingBench } from './training-bench.ts';

let bench: TrainingBench;
afterEach(() => bench.close());

const run = (units: number, frozen: boolean): NewRun => ({
  ...exampleRun({ engine: 'onnx', epochs: 1 }),
  model: sequentialDocument([
    dense(units, 'relu', { name: 'hidden', frozen }),
    dense(2, 'softmax', { name: 'classes' }),
  ]),
});

it('a run with random weights in frozen layers warns, a run that starts from weights does not', async () => {
  bench = new TrainingBench();
  const first = await bench.train(run(16, false));
  const random = await bench.train(run(16, true));
  const weights = { runId: first.id, checkpoint: 'best', mode: 'weights' } as const;
  const given = await bench.train({ ...run(16, true), continueFrom: weights });
  const other = await bench.train({ ...run(8, true), continueFrom: weights });
  const again = await bench.train({ ...run(16, true), repeats: random.id });
  for (const { state } of [first, random, given, other, again]) expect(state).toBe('completed');

  const warned = bench.of('run.warning').filter(({ message }) => message.includes("'hidden'"));
  expect(warned.map(({ runId }) => runId)).toEqual([random.id, other.id, again.id]);
  expect(bench.store.logLines(random.id)).toContainEqual(
    expect.objectContaining({ level: 'warning', message: warned[0]!.message }),
  );
});
