import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The Node programs Lamina consists of besides the window; 'pictures' is a thread of the others. */
export type Program = 'core' | 'trainer' | 'cli' | 'browser' | 'engines' | 'data' | 'pictures' | 'interchange';

const sources: Record<Program, string> = {
  core: 'core/main.ts',
  data: 'data/main.ts',
  interchange: 'interchange/main.ts',
  pictures: 'data/pictures/worker.ts',
  trainer: 'trainer/main.ts',
  cli: 'shells/cli/main.ts',
  browser: 'shells/browser/main.ts',
  engines: 'engine-setup/main.ts',
};

const here = import.meta.dirname;
/** Built, every chunk lies in out/main; under tests this file is the source itself, and Node runs TypeScript. */
const built = !import.meta.filename.endsWith('.ts');

/**
 * The entry file of a program, for `fork` or `spawn` with the project's Node 24. `npm test` names the folder of the
 * built programs in LAMINA_PROGRAMS: its tests start hundreds of them, and built ones start in a third of the time.
 */
export function programPath(program: Program): string {
  const folder = built ? here : process.env['LAMINA_PROGRAMS'];
  return folder === undefined ? join(here, sources[program]) : join(folder, `${program}.js`);
}

/** Folder of the built renderer (index.html and its assets). It exists once `npm run build` has run. */
export function rendererFolder(): string {
  return built ? join(here, '../renderer') : join(here, '../out/renderer');
}

/** The folder that holds package.json: a checkout, or the packaged application's root. */
export function packageRoot(): string {
  let folder = here;
  while (!existsSync(join(folder, 'package.json')) || !existsSync(join(folder, 'node_modules'))) {
    const parent = dirname(folder);
    if (parent === folder) return join(here, '..');
    folder = parent;
  }
  return folder;
}

/** The version in package.json. */
export function laminaVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8')) as { version: string };
  return version;
}
