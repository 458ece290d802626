// `npm start [-- FOLDER] [--browser] [--port N]`: installs and builds what is missing, then opens Lamina.
// Needs Node 20 or newer and uses only its built-in modules, because it runs before packages are installed.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { prepareBuild } from './prepare/build.mjs';
import { prepareDependencies } from './prepare/dependencies.mjs';
import { prepareEngine } from './prepare/engine.mjs';
import { StepError } from './prepare/steps.mjs';
import { findElectron } from './start/electron.mjs';
import { openInBrowser, openInElectron } from './start/shells.mjs';

const usage = `Usage: npm start -- [FOLDER] [--browser] [--port N] [--no-open]

  FOLDER     A project folder. Without it the bundled example is opened.
  --browser  In the browser, even where Electron is found.
  --port N   The browser host's port; any free one without it.
  --no-open  Only print the link.
`;

function readArguments() {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        browser: { type: 'boolean', default: false },
        port: { type: 'string' },
        'no-open': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    if (positionals.length > 1) throw new Error(`Expected one project folder; received ${positionals.length}.`);
    return { ...values, folder: positionals[0] === undefined ? undefined : resolve(positionals[0]) };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${usage}`);
    return null;
  }
}

async function main() {
  const wanted = readArguments();
  if (!wanted) return 2;
  if (wanted.help) {
    process.stdout.write(usage);
    return 0;
  }
  await prepareDependencies();
  await prepareEngine();
  await prepareBuild();
  const electron = wanted.browser || wanted.port !== undefined ? null : findElectron();
  if (electron) {
    const status = await openInElectron(electron, wanted.folder);
    if (status !== 'did not start') return status;
    process.stderr.write('! Electron did not start here; Lamina opens in the browser instead.\n');
  }
  return openInBrowser(wanted);
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  process.exitCode = 1;
}
