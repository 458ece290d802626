import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Configuration } from 'electron-builder';
import { startProgram } from './application.ts';
import { buildForElectron9 } from './electron-9/lower.ts';

const root = join(import.meta.dirname, '../../..');

/** The oldest Electron that the shell supports; older ones get the transpiled build. */
const oldestMajor = 30;

export interface PackagedApplication {
  readonly executable: string;
  readonly electronVersion: string;
  /** The folder with package.json, out/ and node_modules. */
  readonly folder: string;
}

/**
 * Packages the built product with electron-builder around a given Electron.
 *
 * @param electron The executable of an unpacked Electron.
 * @param work An empty folder for all output.
 */
export async function packageApplication(electron: string, work: string): Promise<PackagedApplication> {
  const distribution = dirname(electron);
  const electronVersion = (await readFile(join(distribution, 'version'), 'utf8')).trim().replace(/^v/, '');
  const lowered = Number.parseInt(electronVersion, 10) < oldestMajor;
  if (lowered) await buildForElectron9(join(work, 'lowered'));
  const configuration: Configuration = {
    extends: join(root, 'electron-builder.yml'),
    electronDist: distribution,
    electronVersion,
    directories: { output: join(work, 'dist') },
    ...(lowered && {
      files: [{ from: join(work, 'lowered'), to: 'lowered' }],
      extraMetadata: { main: 'lowered/main/electron.cjs' },
    }),
  };
  const configurationFile = join(work, 'electron-builder.json');
  await writeFile(configurationFile, JSON.stringify(configuration));
  const builder = join(root, 'node_modules/electron-builder/cli.js');
  const packing = startProgram(
    process.execPath,
    [builder, '--dir', '--projectDir', root, '--config', configurationFile],
    // In a test runner electron-builder would link files instead of copying them.
    { VITEST: undefined },
  );
  if ((await packing.ended) !== 0) throw new Error(`electron-builder failed:\n${packing.output()}`);
  const unpacked = join(work, 'dist', 'linux-unpacked');
  return { executable: join(unpacked, 'lamina'), electronVersion, folder: join(unpacked, 'resources', 'app') };
}
