import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareDataset } from '../../src-main/data/prepared/prepare.ts';
import { checkIndices } from '../../src-main/trainer/preparation/check-indices.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import type { Column } from '../../src-shared/data/dataset-document.ts';
import { exampleRun } from '../runs/example-run.ts';
import { classFeatures, dense, sequentialDocument } from '../support/documents.ts';
import { TrainingBench } from './training-bench.ts';
import { allRows } from '../../src-main/engines/interface/example-rows.ts';

const model = sequentialDocument([
  { kind: 'Embedding', params: { inputDim: 4, outputDim: 2 }, name: 'words' },
  { kind: 'Flatten' },
  dense(2, 'softmax'),
]);

describe('checkIndices', () => {
  const column = (name: string) =>
    ({ type: 'numeric', name, offset: 0, scale: 1, fill: null, min: 0, max: 3 }) as const;
  const spec = { ...classFeatures([2], 2), columns: [column('first'), column('second')], weight: null };
  const check = (values: number[]) => () =>
    checkIndices(
      model,
      { ...spec, targets: [...spec.targets] },
      { x: allRows({ dtype: 'float32', shape: [values.length / 2, 2], data: Float32Array.from(values) }) },
      (row) => `row ${row + 1}`,
    );

  it('accepts indices in the table, also after truncation', () => {
    expect(check([0, 3, 3.9, -0.5])).not.toThrow();
  });

  const error = expect.objectContaining({ code: 'dataset/index-out-of-range' }) as Error;
  it.each([[4], [-1], [Number.NaN], [1e12]])('rejects %f, with column and row', (value) => {
    expect(check([0, 1, 2, value])).toThrow(error);
    expect(check([0, 1, 2, value])).toThrow(new RegExp(`'words'.*${Math.fround(value)}.*'second'.*row 2`));
  });
});

describe('indices in a run', () => {
  let bench: TrainingBench;
  beforeAll(() => {
    bench = new TrainingBench();
  });
  afterAll(() => bench.close());

  /** Words 0 to 2, and one row with word 9. */
  function wordsRun(inputDim: number, rowOfNine: number): NewRun {
    const lines = Array.from({ length: 60 }, (_, row) => {
      return `${row === rowOfNine ? 9 : row % 3},${row % 2 === 0 ? 'a' : 'b'}`;
    });
    const path = join(bench.folder, `words-${rowOfNine}.csv`);
    writeFileSync(path, `word,label\n${lines.join('\n')}\n`);
    const column = (name: string, more: Partial<Column>): Column => {
      return { name, role: 'feature', type: 'numeric', missing: 'drop-row', scaling: 'none', ...more };
    };
    const run = exampleRun({ engine: 'onnx', epochs: 1 });
    return {
      ...run,
      model: sequentialDocument([
        { kind: 'Embedding', params: { inputDim, outputDim: 2 }, name: 'words' },
        { kind: 'Flatten' },
        dense(2, 'softmax'),
      ]),
      dataset: {
        ...run.dataset,
        source: { kind: 'csv', path },
        columns: [column('word', {}), column('label', { role: 'target', type: 'categorical' })],
      },
    };
  }

  /** A row inside or outside the training split. */
  async function rowIn(training: boolean): Promise<number> {
    for (let row = 0; row < 60; row++) {
      const { spec } = await prepareDataset(wordsRun(1, row).dataset, bench.folder);
      const [word] = spec.columns;
      if (word?.type === 'numeric' && (word.max === 9) === training) return row;
    }
    throw new Error('Every row is in one split.');
  }

  it('too large in training rows are rejected by analysis', async () => {
    const run = await bench.train(wordsRun(5, await rowIn(true)));
    expect(run).toMatchObject({ state: 'failed', stepsDone: 0, error: { code: 'model/invalid' } });
    expect(run.error!.message).toMatch(/'word'/);
  });

  it('too large in other rows are rejected before training, unless the table is large enough', async () => {
    const row = await rowIn(false);
    const refused = await bench.train(wordsRun(5, row));
    expect(refused).toMatchObject({ state: 'failed', stepsDone: 0, error: { code: 'dataset/index-out-of-range' } });
    expect(refused.error!.message).toMatch(/\b9\b.*'word'.*(validation|test)/);
    expect(await bench.train(wordsRun(10, row))).toMatchObject({ state: 'completed' });
  });
});
