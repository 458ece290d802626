// `npm run test:peers`: the tests that compare with Python packages (Keras, TensorFlow and the like).
import { prepareBuild } from './prepare/build.mjs';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { prepareEngine } from './prepare/engine.mjs';
import { StepError } from './prepare/steps.mjs';
import { preparePeersPython } from './test/python.mjs';
import { addTo, conclude, emptyTally } from './test/tally.mjs';
import { runTests } from './test/vitest.mjs';

const tally = emptyTally();

try {
  await prepareDependencies();
  const engine = await prepareEngine({ tryAgain: true });
  if ('failed' in engine && process.env.CI === 'true') tally.failures.push(`TensorFlow engine: ${engine.failed}`);
  await prepareBuild();
  const python = await preparePeersPython();
  addTo(tally, await runTests('peers', { environment: { LAMINA_PEERS_PYTHON: python } }));
} catch (error) {
  if (!(error instanceof StepError)) console.error(error instanceof Error ? error.message : error);
  tally.failures.push(String(error));
}
conclude(tally);
