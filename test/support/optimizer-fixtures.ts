import { readFixture } from './keras-fixtures.ts';
import type { KerasFixture } from './keras-fixtures.ts';

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
