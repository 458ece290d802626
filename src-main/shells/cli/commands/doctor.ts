import { arch, availableParallelism, platform, release, totalmem } from 'node:os';
import type { EngineStatus } from '../../../../src-shared/contract/contract.ts';
import { NUMERICS_VERSION } from '../../../../src-shared/training/run/numerics.ts';
import { laminaVersion } from '../../../core/events/version.ts';
import { cacheFolder } from '../../../engine-setup/cache.ts';
import { findNvidiaDriver } from '../../../engine-setup/gpu.ts';
import { installTensorFlow } from '../../../engine-setup/install.ts';
import { probeEngines } from '../../../engine-setup/probe.ts';
import { text } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { formatNumber } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'Says which engines work here and what the others lack; installs them when asked.',
  usage: '[--install [--from PATH]] [--json]',
  positionals: { min: 0, max: 1 },
  options: {
    install: { type: 'boolean', help: 'Install the TensorFlow engine first.' },
    from: {
      type: 'string',
      placeholder: 'PATH',
      help: 'Install from a folder, wheel or archive prepared on another machine.',
    },
    json: jsonOption,
  },
  examples: [
    ['lamina doctor', 'Tries each engine and measures its speed.'],
    ['lamina doctor --install', 'Downloads and builds the TensorFlow engine, then tries it.'],
    ['lamina doctor --install engine.tar.gz', 'The same from a file, without a network.'],
  ],

  async run(positionals, options, output) {
    const from = text(options, 'from') ?? positionals[0];
    if (options['install'] === true || from !== undefined) await install(from, output);
    const engines = await probeEngines({ fresh: true });
    const machine = {
      lamina: laminaVersion(),
      numerics: NUMERICS_VERSION,
      node: process.versions.node,
      platform: `${platform()} ${release()} ${arch()}`,
      cpus: availableParallelism(),
      memoryBytes: totalmem(),
      gpu: findNvidiaDriver(),
      cacheFolder: cacheFolder(),
    };
    if (options['json'] === true) output.json({ machine, engines });
    else {
      const { gpu } = machine;
      output.line(`Lamina ${machine.lamina} on Node ${machine.node}, ${machine.platform}`);
      output.line(`${machine.cpus} processors, ${(machine.memoryBytes / 2 ** 30).toFixed(1)} GiB of memory`);
      output.line(gpu === null ? 'No NVIDIA driver found' : `${gpu.name ?? 'NVIDIA GPU'}, driver ${gpu.driver}`);
      output.line(`Engines are kept in ${machine.cacheFolder}`);
      for (const engine of engines) describeEngine(engine, output);
    }
    return engines.some((engine) => engine.state === 'ready') ? EXIT.done : EXIT.failed;
  },
};

function describeEngine(engine: EngineStatus, output: Output): void {
  const version = engine.version === null ? '' : ` ${engine.version}`;
  const speed = engine.gflops === null ? '' : `, ${formatNumber(engine.gflops)} GFLOP/s`;
  const device = engine.device === null ? '' : ` on ${engine.device}${speed}`;
  output.line('');
  output.line(`${engine.preferred ? '* ' : '  '}${engine.name}${version}: ${engine.state}${device}`);
  output.line(`    ${engine.reason}`);
}

async function install(from: string | undefined, output: Output): Promise<void> {
  let told = '';
  const onProgress = (step: string, fraction: number | null): void => {
    output.progress(fraction === null ? `${step} …` : `${step} ${Math.round(fraction * 100)} %`);
    if (step !== told && !output.isTerminal) output.note(step);
    told = step;
  };
  const abort = new AbortController();
  const onSignal = (): void => abort.abort();
  process.once('SIGINT', onSignal);
  try {
    const options = { signal: abort.signal, ...(from === undefined ? {} : { prepared: from }) };
    output.note(`Installed in ${await installTensorFlow(onProgress, options)}`);
  } finally {
    process.off('SIGINT', onSignal);
  }
}
