// `npm test`: makes what is missing, then runs every check and test but the peers'.
// The last line counts them: `N passed, N failed[, N skipped]`.
import { prepareBrowser } from './test/browser.mjs';
import { runChecks } from './test/checks.mjs';
import { prepareElectronTest } from './test/electron.mjs';
import { addTo, closingLine, emptyTally } from './test/tally.mjs';
import { runTests } from './test/vitest.mjs';
import { prepareBuild } from './prepare/build.mjs';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { prepareEngine } from './prepare/engine.mjs';
import { StepError } from './prepare/steps.mjs';

const tally = emptyTally();
const isCi = process.env.CI === 'true';

/**
 * Something that this machine lacks: visible everywhere, a failure in CI.
 * @param {string} what @param {string} why
 */
function lacks(what, why) {
  console.log(`${isCi ? '✗' : '–'} ${what}: ${why}`);
  if (isCi) tally.failed++;
  else tally.skipped++;
}

async function main() {
  await prepareDependencies();
  const engine = await prepareEngine({ tryAgain: true });
  if ('failed' in engine) lacks('TensorFlow engine', engine.failed);

  addTo(tally, await runChecks());
  let built = true;
  await prepareBuild().catch((error) => {
    if (!(error instanceof StepError)) throw error;
    built = false;
    tally.failed++;
  });

  addTo(tally, await runTests('unit'));
  addTo(tally, await runTests('engines'));
  if (!built) return;

  const browser = await prepareBrowser();
  if ('executable' in browser) addTo(tally, await runTests('e2e', { LAMINA_CHROMIUM: browser.executable }));
  else lacks('end-to-end tests', browser.missing);

  const electron = await prepareElectronTest();
  if ('environment' in electron) addTo(tally, await runTests('electron', electron.environment));
  else lacks('Electron smoke test', electron.missing);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof StepError)) console.error(error);
  tally.failed++;
}
console.log(closingLine(tally));
process.exitCode = tally.failed > 0 ? 1 : 0;
