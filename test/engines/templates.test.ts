import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine, HostTensor } from '../../src-main/engines/interface/engine.ts';
import { findTensorFlow } from '../../src-main/engine-setup/cache.ts';
import { loadOnnxEngine } from '../../src-main/engines/onnx/engine.ts';
import { loadTensorFlowEngine } from '../../src-main/engines/tensorflow/engine.ts';
import { initialState } from '../../src-main/trainer/state/first-state.ts';
import { compileModel } from '../../src-shared/diagnostics/compile-model.ts';
import type { CompiledModel } from '../../src-shared/compiler/graph/compiled.ts';
import type { ModelFeatures } from '../../src-shared/compiler/graph/inputs.ts';
import { featureTensors } from '../../src-shared/data/feature-tensors.ts';
import { targetColumns } from '../../src-shared/data/target-columns.ts';
import { configurationWith } from '../support/documents.ts';
import { Dice } from '../support/dice.ts';
import { shareOf } from '../support/portion.ts';
import { begun, templateCases, templateOf } from '../support/template-cases.ts';
import { sessionData, type SplitArrays } from '../support/session-data.ts';
import { trainSteps } from '../../src-main/engines/interface/model-calls.ts';

/** Trains each template on each kind of data it is offered for. */
const folder = findTensorFlow()?.folder ?? null;
const BATCH = 4;
const STEPS = 3;

function split(features: ModelFeatures): SplitArrays {
  const { targets } = features;
  const dice = new Dice(1, 'templates');
  const tensors = featureTensors(features).map(({ input, shape }) => {
    const size = shape.reduce((product, length) => product * length, BATCH);
    const data = Float32Array.from({ length: size }, () => dice.normal());
    return [input, { dtype: 'float32', shape: [BATCH, ...shape], data }] as const;
  });
  const y = Float32Array.from({ length: BATCH * targets.length }, (_, place) => {
    const target = targets[place % targets.length]!;
    return target.kind === 'numeric' ? dice.normal() : dice.below(target.classes.length);
  });
  const shape = [BATCH, targets.length];
  return {
    x: tensors[0]![1],
    ...Object.fromEntries(tensors),
    y:
      targetColumns({ targets }).dtype === 'int32'
        ? { dtype: 'int32', shape, data: Int32Array.from(y) }
        : { dtype: 'float32', shape, data: y },
  };
}

/** Names of weights that the steps changed. */
function changed(before: ReadonlyMap<string, HostTensor>, after: ReadonlyMap<string, HostTensor>): string[] {
  return [...after].filter(([name, { data }]) => data.some((v, i) => v !== before.get(name)!.data[i])).map(([n]) => n);
}

async function train(engine: Engine, model: CompiledModel, features: ModelFeatures) {
  const session = await engine.createSession(model, { intraOpThreads: 1, stepsPerCall: [1] });
  try {
    const state = initialState(model, 1);
    await session.loadData(sessionData({ train: split(features) }));
    await session.writeState(state);
    const losses: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const indices = Int32Array.from({ length: BATCH }, (_, row) => row);
      const learningRates = Float32Array.of(0.001);
      const [loss] = await trainSteps(session, { split: 'train', indices, steps: 1, learningRates });
      losses.push(loss!);
    }
    return { losses, changed: changed(state, await session.readState(model.weights.map(({ name }) => name))) };
  } finally {
    await session.dispose();
  }
}

function trainsAll(place: 0 | 1, load: () => Promise<Engine>): void {
  let engine: Engine;
  beforeAll(async () => {
    engine = await load();
  });
  // The index also advances from one kind of data to the next, so that the engines alternate between templates.
  const cases = templateCases.map(({ suited, ...rest }, index) => {
    const turn = index % 2 === 0 ? place : place === 0 ? 1 : 0;
    return { ...rest, own: folder === null ? suited : shareOf(turn, suited) };
  });
  describe.each(cases.filter(({ own }) => own.length > 0))('$data', ({ features, own }) => {
    test.each(own)('%s', async (id) => {
      const configuration = configurationWith({ batchSize: BATCH });
      const compiled = compileModel(begun(templateOf(id), features), features, configuration);
      if (!compiled.ok) throw new Error(JSON.stringify(compiled.problems));
      const { model } = compiled;
      const result = await train(engine, model, features);
      expect(result.losses.every(Number.isFinite), result.losses.join()).toBe(true);
      const trained = model.weights.filter(({ trainable }) => trainable).map(({ name }) => name);
      const moving = result.changed.filter((name) => name.includes('/moving_'));
      expect(result.changed.toSorted()).toEqual([...trained, ...moving].toSorted());
    });
  });
}

describe('templates train on onnx', () => {
  trainsAll(0, () => loadOnnxEngine('cpu'));
});

describe.skipIf(folder === null)('templates train on tensorflow', () => {
  trainsAll(1, () => loadTensorFlowEngine(folder!, 1));
});
