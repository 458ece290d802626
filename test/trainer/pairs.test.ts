import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { detectDataset } from '../../src-main/data/formats/find-source.ts';
import { picturesPage } from '../../src-main/data/prepared/pictures-page.ts';
import type { NewRun } from '../../src-main/runs/types.ts';
import { withPairs } from '../../src-shared/data/pairs.ts';
import { sharedData } from '../data/support.ts';
import { exampleRun } from '../runs/example-run.ts';
import { pairDifference } from '../support/feature-tensors.ts';
import { describeEngines, learned, TrainingBench } from './training-bench.ts';

const antsBees = join(sharedData, 'ants-bees');

let bench: TrainingBench | undefined;
afterEach(() => bench?.close());

describeEngines('pairs of ants and bees', (engine) => {
  it.skipIf(!existsSync(antsBees))('train, repeat, evaluate and predict with both pictures', async () => {
    bench = new TrainingBench();
    const detected = await detectDataset(antsBees);
    const small = detected.columns.map((column) =>
      column.picture === undefined ? column : { ...column, picture: { ...column.picture, width: 16, height: 16 } },
    );
    const dataset = withPairs({ ...detected, columns: small }, { perPicture: 2, seed: 1 });
    const run: NewRun = { ...exampleRun({ engine, epochs: 2, batchSize: 32 }), model: pairDifference(), dataset };
    const end = await bench.train(run);
    expect(end).toMatchObject({ state: 'completed', error: null });
    const record = bench.store.get(end.id);
    expect(record.rowCounts).toEqual({ train: 490, validation: 306, test: 0, dropped: 0 });
    const again = await bench.train(run);
    expect(learned(bench, again.id)).toEqual(learned(bench, end.id));

    const { outputs } = await bench.supervisor.jobs.evaluate(end.id, 'last', 'validation');
    const counts = outputs[0]!.confusion!.map((row) => row.reduce((sum, count) => sum + count));
    expect(counts).toEqual([153, 153]);

    // The pixels of pairs and the paths of their pictures give the same predictions.
    const samples = await bench.supervisor.jobs.samples(end.id, 'validation', 4, 0);
    const { pictures } = await picturesPage(dataset, bench.folder, { offset: 0, count: 4, split: 'validation' });
    const named = pictures.map(({ name, second }) => ({
      first: join(antsBees, name),
      second: join(antsBees, second!.name),
    }));
    const predicted = await bench.supervisor.jobs.predict(end.id, 'last', named);
    const given = samples.map(({ row }) => row);
    expect(predicted).toEqual(await bench.supervisor.jobs.predict(end.id, 'last', given));
    expect(predicted.map(({ predictions }) => predictions[0]!.classes)).toEqual(named.map(() => ['different', 'same']));
    expect(samples.map(({ targets }) => targets['same'])).toEqual(
      pictures.map(({ className, second }) => (className === second!.className ? 'same' : 'different')),
    );
  });
});
