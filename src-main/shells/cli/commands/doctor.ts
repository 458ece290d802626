import type { EngineStatus, EventPayload } from '../../../../src-shared/contract/contract.ts';
import { EngineService } from '../../../core/engine-service.ts';
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
    ['lamina doctor', 'Tries each engine, measures its speed and checks its numbers.'],
    ['lamina doctor --install', 'Downloads and builds the TensorFlow engine, then tries it.'],
    ['lamina doctor --install engine.tar.gz', 'The same from a file, without a network.'],
  ],

  async run(positionals, options, output) {
    const from = text(options, 'from') ?? positionals[0];
    if (options['install'] === true || from !== undefined) await install(from, output);
    const service = new EngineService(() => {});
    const engines = await service.status(true);
    const machine = service.machine();
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
  if (engine.difference !== null) {
    output.line(
      `    In a test training its values differ from float64 by at most ${engine.difference.toExponential(1)} (relative).`,
    );
  }
}

async function install(from: string | undefined, output: Output): Promise<void> {
  let shown = '';
  const service = new EngineService((name, payload) => {
    if (name !== 'engines.installProgress') return;
    const { step, fraction, done } = payload as EventPayload<'engines.installProgress'>;
    if (done) return;
    output.progress(fraction === null ? `${step} …` : `${step} ${Math.round(fraction * 100)} %`);
    if (step !== shown && !output.isTerminal) output.note(step);
    shown = step;
  });
  const onSignal = (): void => void service.close();
  process.once('SIGINT', onSignal);
  try {
    output.note(`Installed in ${await service.install('tensorflow', from)}`);
  } finally {
    process.off('SIGINT', onSignal);
  }
}
