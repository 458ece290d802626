import { parseArgs } from 'node:util';
import { createCore } from './core.ts';
import { defaultProjectFolder } from './projects/default-project.ts';
import { createProcessTransport } from './process-transport.ts';

/**
 * The core process: forked by a shell, speaks frames over process messages and ends with
 * that shell. Arguments: `[FOLDER] [--create] [--shell electron|browser|cli]`.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    create: { type: 'boolean', default: false },
    shell: { type: 'string', default: 'electron' },
  },
});

if (process.send === undefined) {
  console.error(
    "Lamina's core is started by its window and needs a message channel. " +
      "Start Lamina with 'npm start', or train without a window with 'lamina train'.",
  );
  process.exit(2);
}

const core = createCore({
  projectFolder: positionals[0] ?? (await defaultProjectFolder()),
  create: values.create,
  shell: values.shell === 'browser' || values.shell === 'cli' ? values.shell : 'electron',
});
core.connect(createProcessTransport(process));

let ending: Promise<never> | null = null;
function end(): void {
  ending ??= core.close().then(
    () => process.exit(0),
    () => process.exit(1),
  );
}
process.on('disconnect', end);
process.on('SIGTERM', end);
process.on('SIGINT', end);
