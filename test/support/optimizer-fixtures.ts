import { readFixture } from './keras-fixtures.ts';
import type { EncodedArray, KerasFixture } from './keras-fixtures.ts';

/** Averages, rates of layers and momenta by schedule on one small model, as make_step_fixtures.py wrote them. */
export function stepFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { shared, cases } = readFixture<StepsFile>('steps.json');
  return cases.map((own) => ({ name: own.name, fixture: { ...shared, ...own } as KerasFixture }));
}

/** PyTorch's 1cycle, as torch_one_cycle.py printed it. */
export function torchOneCycle(): StepsFile['oneCycle'] {
  return readFixture<StepsFile>('steps.json').oneCycle;
}

interface StepsFile {
  readonly shared: Partial<KerasFixture>;
  readonly cases: readonly (Partial<KerasFixture> & { readonly name: string })[];
  readonly oneCycle: {
    readonly total: number;
    readonly every: number;
    readonly learningRate: number;
    readonly rates: EncodedArray;
    readonly momenta: EncodedArray;
  };
}

type PerOptimizer = 'optimizer' | 'reports' | 'finalWeights' | 'evaluation' | 'finalPredictions';

interface OptimizersFile {
  readonly shared: Omit<KerasFixture, PerOptimizer>;
  readonly cases: readonly (Pick<KerasFixture, PerOptimizer> & { readonly name: string })[];
}

/** One small model trained by every optimizer, as make_optimizer_fixtures.py wrote it. */
export function optimizerFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { shared, cases } = readFixture<OptimizersFile>('optimizers.json');
  return cases.map(({ name, ...own }) => ({ name, fixture: { ...shared, ...own } }));
}

/** Small models with regularizers and constraints, as make_regularizer_fixtures.py wrote them. */
export function regularizerFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { cases } = readFixture<{ cases: readonly (KerasFixture & { readonly name: string })[] }>('regularizers.json');
  return cases.map((fixture) => ({ name: fixture.name, fixture }));
}
