// `npm run bench:frozen -- [--engine NAME] [--part freezes|checkpoints]` (Linux)
//
// Freezes: trains a model of 20 million parameters and freezes and unfreezes half of it 20 times each. Prints the
// resident memory of the trainer and the time from the command until a later step is reported. Fails if memory grows
// by 5 % or more after the second freeze.
//
// Checkpoints: trains a small head on 500 MB of frozen weights, resumes and repeats the run. Prints what core and
// trainer write in each epoch, and their peak memory. Fails if the frozen weights are written more than once.
import { fork } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { createProcessTransport } from '../../src-main/core/process-transport.ts';
import { programPath } from '../../src-main/programs.ts';
import { createClient } from '../../src-shared/contract/client.ts';
import { defaultTrainingConfiguration } from '../../src-shared/training/configuration/configuration.ts';
import { hasEnded } from '../../src-shared/training/run/run-state.ts';
import { moons } from '../../test/runs/example-run.ts';
import { dense, sequentialDocument } from '../../test/support/documents.ts';
import { childProcesses } from '../../test/support/processes.ts';

const { values } = parseArgs({ options: { engine: { type: 'string' }, part: { type: 'string' } } });
const engines = values.engine === undefined ? ['tensorflow', 'onnx'] : [values.engine];

const FREEZES = 20;
const EPOCHS = 3;
/** Two layers of 10 million parameters. */
const halves = sequentialDocument([
  dense(3162, 'relu', { name: 'first' }),
  dense(3162, 'relu', { name: 'second' }),
  dense(3162, 'relu', { name: 'third' }),
  dense(2, 'softmax', { name: 'classes' }),
]);
/** 125 million float32. */
const frozenBase = sequentialDocument([
  dense(11_180, 'relu', { name: 'first', frozen: true }),
  dense(11_180, 'relu', { name: 'second', frozen: true }),
  dense(2, 'softmax', { name: 'classes' }),
]);
const FROZEN_BYTES = 4 * (2 * 11_180 + 11_180 + 11_180 ** 2 + 11_180);

const megabytes = (bytes) => Math.round(bytes / 1e6);
/** 0 if the process is ending and has no such entry. */
const entry = (pid, file, name) => {
  const text = readFileSync(`/proc/${pid}/${file}`, 'utf8');
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1] ?? 0);
};
const memory = (pid) => ({ now: entry(pid, 'status', 'VmRSS') * 1024, peak: entry(pid, 'status', 'VmHWM') * 1024 });
const bytesWritten = (pid) => entry(pid, 'io', 'write_bytes');
/** Starts another peak. */
const resetPeak = (pid) => writeFileSync(`/proc/${pid}/clear_refs`, '5');

/** A core with a project, in a separate process. */
class Project {
  folder = mkdtempSync(join(tmpdir(), 'lamina-bench-'));
  #settings = mkdtempSync(join(tmpdir(), 'lamina-bench-settings-'));
  #core = fork(programPath('core'), ['--shell', 'electron', '--create', join(this.folder, 'project')], {
    stdio: 'ignore',
    env: { ...process.env, LAMINA_CONFIG_FOLDER: this.#settings },
  });
  client = createClient(createProcessTransport(this.#core));

  async save(model, dataset, configuration) {
    const { client } = this;
    const { modelRevision, datasetRevision, configurationRevision } = await client.request('project.get', {});
    await client.request('project.saveModel', { document: model, baseRevision: modelRevision });
    await client.request('project.saveDataset', { document: dataset, baseRevision: datasetRevision });
    await client.request('project.saveConfiguration', {
      configuration: { ...defaultTrainingConfiguration, ...configuration },
      baseRevision: configurationRevision,
    });
  }

  get core() {
    return this.#core.pid;
  }

  get trainer() {
    return childProcesses(this.core).find(({ command }) => command.includes('trainer'))?.pid;
  }

  /** Sizes of the files of weights, by name. */
  get artifacts() {
    const folder = join(this.folder, 'project', 'artifacts');
    if (!existsSync(folder)) return new Map();
    const names = readdirSync(folder).filter((name) => name.endsWith('.safetensors'));
    return new Map(names.map((name) => [name, statSync(join(folder, name)).size]));
  }

  /** Resolves with the next event that `accepts` accepts. */
  next(name, accepts = () => true) {
    return new Promise((resolve) => {
      const end = this.client.on(name, (payload) => {
        if (!accepts(payload)) return;
        end();
        resolve(payload);
      });
    });
  }

  async close() {
    const exited = new Promise((resolve) => this.#core.once('exit', resolve));
    this.#core.disconnect();
    await exited;
    for (const folder of [this.folder, this.#settings]) rmSync(folder, { recursive: true, force: true });
  }
}

async function freezes(engine) {
  const project = new Project();
  try {
    await project.save(halves, moons(200_000), { engine, epochs: 100 });
    const trains = project.next('run.progress', ({ step }) => step > 20);
    const { runId } = await project.client.request('training.start', {});
    await trains;
    const { trainer } = project;
    const rows = [];
    for (let count = 0; count < 2 * FREEZES; count++) {
      const frozen = count % 2 === 0;
      resetPeak(trainer);
      const patch = { frozen: [{ layer: 'third', frozen }] };
      const startedAt = performance.now();
      const applied = project.next('run.command');
      const laterSteps = [];
      const end = project.client.on('run.progress', ({ step }) => laterSteps.push([step, performance.now()]));
      await project.client.request('runs.command', { runId, command: { kind: 'set', patch } });
      const { step } = (await applied).recorded;
      while (!laterSteps.some(([later]) => later > step)) await project.next('run.progress');
      end();
      const [, at] = laterSteps.find(([later]) => later > step);
      await project.next('run.progress', (progress) => progress.step > step + 5);
      const { now, peak } = memory(trainer);
      rows.push({ frozen, ms: Math.round(at - startedAt), now: megabytes(now), peak: megabytes(peak) });
    }
    await project.client.request('runs.command', { runId, command: { kind: 'stop', when: 'now' } });
    await project.next('run.changed', ({ summary }) => hasEnded(summary.state));
    console.log(`${engine}: time until training continues, resident memory then and at its peak`);
    console.table(
      rows.map(({ frozen, ms, now, peak }) => ({
        command: frozen ? 'freeze' : 'unfreeze',
        ms,
        'now MB': now,
        'peak MB': peak,
      })),
    );
    for (const frozen of [true, false]) {
      const same = rows.filter((row) => row.frozen === frozen);
      const growth =
        Math.max(...same.slice(2).map(({ now }) => now)) / Math.max(...same.slice(0, 2).map(({ now }) => now)) - 1;
      console.log(`growth after the second ${frozen ? 'freeze' : 'unfreeze'}: ${(growth * 100).toFixed(1)} %`);
      if (!(growth < 0.05)) process.exitCode = 1;
    }
  } finally {
    await project.close();
  }
}

/** What core and trainer write during a run, and the trainer's peak. */
class Watch {
  peak = 0;
  #project;
  #before;
  #trainer;
  #timer = setInterval(() => this.#read(), 20);

  constructor(project) {
    this.#project = project;
    this.#before = bytesWritten(project.core);
  }

  #read() {
    this.#trainer ??= this.#project.trainer;
    if (this.#trainer === undefined || !existsSync(`/proc/${this.#trainer}`)) return;
    this.peak = Math.max(this.peak, memory(this.#trainer).peak);
  }

  get written() {
    return bytesWritten(this.#project.core) - this.#before + bytesWritten(this.#trainer);
  }

  /** Resolves when the trainer has ended; Linux then adds what it wrote to its parent, core. */
  async end() {
    while (existsSync(`/proc/${this.#trainer}`)) await delay(20);
    clearInterval(this.#timer);
    return bytesWritten(this.#project.core) - this.#before;
  }
}

async function checkpoints(engine) {
  const project = new Project();
  const { client } = project;
  const rows = [];
  const train = async (what, request) => {
    const before = project.artifacts;
    const watch = new Watch(project);
    const startedAt = performance.now();
    const bytes = [];
    const endEpochs = client.on('run.epoch', () => bytes.push(watch.written));
    const ended = project.next('run.changed', ({ summary }) => hasEnded(summary.state));
    const { runId } = await client.request('training.start', request);
    const { summary } = await ended;
    if (summary.state !== 'completed') throw new Error(`The run is ${summary.state}: ${summary.error?.message}`);
    endEpochs();
    bytes.push(await watch.end());
    const files = [...project.artifacts].filter(([name]) => !before.has(name)).map(([, size]) => size);
    const frozen = files.filter((size) => size > FROZEN_BYTES / 2).length;
    rows.push({
      run: what,
      'written MB at the end of epochs, then of the run': bytes.map(megabytes).join(', '),
      'new files of frozen weights': frozen,
      'other new files kB': files
        .filter((size) => size <= FROZEN_BYTES / 2)
        .map((size) => Math.round(size / 1e3))
        .join(', '),
      'peak MB': megabytes(watch.peak),
      'peak / frozen weights': (watch.peak / FROZEN_BYTES).toFixed(2),
      s: Math.round((performance.now() - startedAt) / 1000),
    });
    const least = what === 'new' ? FROZEN_BYTES : 0;
    if (frozen !== Number(what === 'new') || bytes.at(-1) - least > FROZEN_BYTES / 2) process.exitCode = 1;
    return runId;
  };
  try {
    const configuration = { engine, epochs: EPOCHS, batchSize: 32 };
    await project.save(frozenBase, moons(300), configuration);
    const runId = await train('new', {});
    const continueFrom = { runId, checkpoint: 'last', mode: 'resume', settings: 'run', epochs: 2 * EPOCHS };
    await train('resumed', { continueFrom });
    await train('repeated', { repeat: runId });
    console.log(`${engine}: ${EPOCHS} epochs with ${megabytes(FROZEN_BYTES)} MB of frozen weights`);
    console.table(rows);
  } finally {
    await project.close();
  }
}

for (const engine of engines) {
  if (values.part !== 'checkpoints') await freezes(engine);
  if (values.part !== 'freezes') await checkpoints(engine);
}
