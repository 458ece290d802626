import type { BrowserContext } from 'playwright';

/** Fixed values for what a run's record and progress report about machine and time. */
const FIXED: Readonly<Record<string, unknown>> = {
  createdAt: '2026-01-02T03:04:05.000Z',
  endedAt: '2026-01-02T03:04:06.000Z',
  durationMs: 200,
  stepsPerSecond: 1000,
  secondsLeft: 0,
  device: 'CPU (Example processor, 2 cores)',
  versions: { lamina: '0.1.0', tensorflow: '2.21.0', node: '24.0.0' },
  engine: 'tensorflow',
};

const ENGINES = [
  { name: 'tensorflow', version: '2.21.0', preferred: true, reason: 'It is the fastest here.', gflops: 40 },
  { name: 'onnx', version: '1.30.0', preferred: false, reason: 'It is ready too.', gflops: 20 },
].map((engine) => ({ ...engine, state: 'ready', device: FIXED['device'], difference: null }));

/**
 * Shows every window of the context the same machine and times, wherever the tests run. Core is unchanged; its messages
 * are modified on the way to the window.
 */
export async function fixMachine(context: BrowserContext): Promise<void> {
  await context.routeWebSocket(/\/contract/, (window) => {
    const core = window.connectToServer();
    core.onMessage((frame) => window.send(JSON.stringify(fixed(JSON.parse(String(frame))))));
  });
}

function fixed(value: unknown): unknown {
  if (Array.isArray(value)) return isEngines(value) ? ENGINES : value.map(fixed);
  if (typeof value !== 'object' || value === null) return value;
  const isConfiguration = 'optimizer' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => {
      // In a result, `engine` is an object with a name.
      if (key === 'engine' && typeof inner === 'object' && inner !== null) return [key, { name: FIXED[key] }];
      const varies = key in FIXED && inner !== null && !(isConfiguration && key === 'engine');
      return [key, varies ? FIXED[key] : fixed(inner)];
    }),
  );
}

const isEngines = (list: unknown[]): boolean =>
  list.length > 0 && list.every((item) => typeof item === 'object' && item !== null && 'gflops' in item);

/** For `startHost`: the host and its trainers detect a processor with this name. */
export function withProcessor(name: string): Record<string, string> {
  const script = [
    "import os from 'node:os'; import { syncBuiltinESMExports } from 'node:module';",
    `const cpus = os.cpus; os.cpus = () => cpus().map((cpu) => ({ ...cpu, model: ${JSON.stringify(name)} }));`,
    'syncBuiltinESMExports();',
  ].join('\n');
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(script)}` };
}
