// `npm run soak -- [--seed N]`: all random and enumerated cases; takes hours. The default seed comes from the commit.
import { parseArgs } from 'node:util';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { prepareEngine } from './prepare/engine.mjs';
import { StepError } from './prepare/steps.mjs';
import { commitSeed } from './test/seed.mjs';
import { addTo, conclude, emptyTally } from './test/tally.mjs';
import { runTests } from './test/vitest.mjs';

const { values } = parseArgs({ options: { seed: { type: 'string' } } });
const seed = values.seed === undefined ? commitSeed() : Number(values.seed);
const environment = { LAMINA_TESTS: 'soak', LAMINA_SEED: String(seed) };
const tally = emptyTally();
try {
  await prepareDependencies();
  await prepareEngine({ tryAgain: true });
  addTo(tally, await runTests('unit', { environment }));
  addTo(tally, await runTests('engines', { environment }));
} catch (error) {
  if (!(error instanceof StepError)) console.error(error);
  tally.failures.push(String(error));
}
conclude(tally);
