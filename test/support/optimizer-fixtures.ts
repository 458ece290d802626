import { readFixture } from './keras-fixtures.ts';
import type { EncodedArray, KerasFixture } from './keras-fixtures.ts';

/** Averages, layer learning rates and scheduled momenta on one small model, written by make_step_fixtures.py. */
export function stepFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { shared, cases } = readFixture<StepsFile>('steps.json');
  return cases.map((own) => ({ name: own.name, fixture: { ...shared, ...own } as KerasFixture }));
}

/** PyTorch's 1cycle, printed by torch_one_cycle.py. */
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

/** One small model trained by every optimizer, written by make_optimizer_fixtures.py. */
export function optimizerFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { shared, cases } = readFixture<OptimizersFile>('optimizers.json');
  return cases.map(({ name, ...own }) => ({ name, fixture: { ...shared, ...own } }));
}

/** Small models with regularizers and constraints, written by make_regularizer_fixtures.py. */
export function regularizerFixtures(): { readonly name: string; readonly fixture: KerasFixture }[] {
  const { cases } = readFixture<{ cases: readonly (KerasFixture & { readonly name: string })[] }>('regularizers.json');
  return cases.map((fixture) => ({ name: fixture.name, fixture }));
}
