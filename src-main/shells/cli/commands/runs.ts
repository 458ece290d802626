import { AppError } from '../../../../src-shared/errors/app-error.ts';
import {
  freezingCsv,
  freezingFault,
  freezingJson,
  freezingText,
  layerFreezing,
  noFreezingText,
  spansText,
} from '../../../../src-shared/training/run/freezing-proof.ts';
import type { FreezingProof } from '../../../../src-shared/training/run/freezing-proof.ts';
import type { RunRecord, RunSummary } from '../../../../src-shared/training/run/run.ts';
import { frozenWords } from '../../../../src-shared/training/commands/phase-commands.ts';
import { isSettings } from '../../../../src-shared/training/commands/run-command.ts';
import { phaseStarts } from '../../../../src-shared/training/configuration/phases.ts';
import { weightsOfResult, weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { text } from '../options/arguments.ts';
import { chooseRun } from '../options/choose-run.ts';
import { describeRun, formatNumber, formatPercent, formatQuantity } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { withProject } from '../options/open-project.ts';

export const runsCommand: Command = {
  name: 'runs',
  summary: "Lists a project's runs, newest first, or the frozen layers or phases of one run.",
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    json: { ...jsonOption, help: 'Print one JSON object a line, with everything the list knows.' },
    freezing: {
      type: 'string',
      placeholder: 'RUN',
      help: "Prints, instead of the list, which weights of a run (its number, its id, 'last' or 'best') training changed, with their sha256 before and after. The exit status is 1 if a frozen weight changed.",
    },
    phases: {
      type: 'string',
      placeholder: 'RUN',
      help: "Prints, instead of the list, the phases of a run (its number, its id, 'last' or 'best'): epochs, learning rate, frozen layers, first step.",
    },
    csv: { type: 'boolean', help: 'With --freezing: CSV, a line for each weight.' },
    'set-aside': {
      type: 'boolean',
      help: 'Rename a damaged runs.sqlite and begin a new history. Nothing is deleted.',
    },
  },
  examples: [
    ['lamina runs examples/mnist', 'A table of all runs.'],
    ['lamina runs examples/mnist --json', 'The same for a script.'],
    ['lamina runs examples/mnist --freezing 3', 'The frozen and the trained layers of run 3.'],
    ['lamina runs examples/mnist --phases last', 'The phases of the newest run.'],
  ],

  async run([folder = '.'], options, output) {
    const frozenRun = text(options, 'freezing');
    if (frozenRun !== undefined) return printFreezing(folder, frozenRun, options, output);
    const phasedRun = text(options, 'phases');
    if (phasedRun !== undefined) return printPhases(folder, phasedRun, options, output);
    if (options['csv'] === true) throw new AppError('cli/bad-arguments', '--csv expects --freezing RUN.');
    const runs = await withProject(folder, async (session) => {
      if (options['set-aside'] === true) {
        const aside = session.setRunsAside();
        output.note(aside === null ? 'There is no run history to set aside.' : `The previous history is now ${aside}`);
      }
      return session.listRuns();
    });
    if (options['json'] === true) for (const run of runs) output.json(withWeights(run));
    else if (runs.length === 0) output.note("No runs yet. Train one with 'lamina train'.");
    else for (const line of table([header, ...runs.map(row)])) output.line(line);
    for (const { unreadable } of runs) if (unreadable !== null) output.note(`lamina: ${unreadable}`);
    return EXIT.done;
  },
};

const header = ['run', 'name', 'state', 'engine', 'epochs', 'val_loss', 'test', 'weights', 'started', 'id'];

function row(run: RunSummary): string[] {
  return [
    String(run.number),
    run.name,
    run.state,
    run.engine ?? '',
    `${run.epochsDone}/${run.epochs}`,
    run.bestMetrics['val_loss'] === undefined ? '' : formatNumber(run.bestMetrics['val_loss']),
    testText(run),
    run.test === null ? '' : weightsText(weightsOfResult(run.test, run)),
    run.createdAt.slice(0, 16).replace('T', ' '),
    run.id,
  ];
}

/** Results of older versions do not say which weights they are of. */
function withWeights(run: RunSummary): RunSummary {
  return run.test === null ? run : { ...run, test: { ...run.test, ...weightsOfResult(run.test, run) } };
}

function testText({ test }: RunSummary): string {
  if (test === null) return '';
  const accuracy = test.metrics['accuracy'];
  if (accuracy !== undefined) return formatPercent(accuracy);
  const [only] = test.outputs;
  if (test.outputs.length === 1 && only?.rmseOriginal !== undefined) {
    return `RMSE ${formatQuantity(only.rmseOriginal, only.unit)}`;
  }
  return test.metrics['loss'] === undefined ? '' : `loss ${formatNumber(test.metrics['loss'])}`;
}

async function printFreezing(folder: string, asked: string, options: OptionValues, output: Output): Promise<number> {
  const run = await withProject(folder, async (session) => {
    const { store } = await session.openRuns();
    return store.get(chooseRun(store, asked).id);
  });
  const proof = requireFreezing(run);
  const layers = layerFreezing(proof);
  if (options['json'] === true) output.json({ runId: run.id, number: run.number, ...freezingJson(proof) });
  else if (options['csv'] === true) output.line(freezingCsv(proof).trimEnd());
  else {
    output.line(`${describeRun(run)}: ${freezingText(layers)}`);
    const rows = layers.map(({ layer, weights, frozen, spans, result, before, after }) => [
      layer,
      String(weights.length),
      frozen === 'always' ? 'all steps' : spansText(spans),
      result === 'fault' ? 'CHANGED WHILE FROZEN' : result,
      before === after ? before.slice(0, 12) : `${before.slice(0, 12)} -> ${after.slice(0, 12)}`,
    ]);
    for (const line of table([['layer', 'weights', 'frozen', 'result', 'sha256'], ...rows])) output.line(line);
  }
  const fault = freezingFault(layers);
  if (fault === null) return EXIT.done;
  output.note(`lamina: ${fault}`);
  return EXIT.failed;
}

async function printPhases(folder: string, asked: string, options: OptionValues, output: Output): Promise<number> {
  const run = await withProject(folder, async (session) => {
    const { store } = await session.openRuns();
    return store.get(chooseRun(store, asked).id);
  });
  const { phases } = run.configuration;
  if (phases === undefined) {
    const remedy = 'Add phases on the Train screen, or train with --set phases=LIST.';
    throw new AppError('runs/no-phases', `Run ${run.number} has no phases. ${remedy}`, { runId: run.id });
  }
  const planned = run.commands.filter(isSettings);
  const all = phaseStarts(phases).map(({ phase, start }, index) => {
    const command = planned.findLast((each) => each.command.phase === index + 1);
    return {
      phase: index + 1,
      firstEpoch: start + 1,
      lastEpoch: start + phase.epochs,
      learningRate: phase.learningRate ?? null,
      frozen: phase.frozen ?? null,
      /** Resolved; null before the run has read its data. */
      layers: command?.command.patch.frozen ?? null,
      step: command?.step ?? null,
    };
  });
  if (options['json'] === true) {
    output.json({ runId: run.id, number: run.number, phases: all });
    return EXIT.done;
  }
  const rows = all.map(({ phase, firstEpoch, lastEpoch, learningRate, frozen, layers, step }) => [
    String(phase),
    `${firstEpoch}-${lastEpoch}`,
    learningRate === null ? 'as before' : formatNumber(learningRate),
    frozen === null ? 'as before' : layers === null ? 'not known yet' : frozenWords(layers, run.model.blocks),
    step === null ? '' : String(step),
  ]);
  output.line(describeRun(run));
  for (const line of table([['phase', 'epochs', 'learning rate', 'layers', 'first step'], ...rows])) output.line(line);
  return EXIT.done;
}

/** @throws AppError 'runs/no-freezing'. */
function requireFreezing({ id, number, state, freezing }: RunRecord): FreezingProof {
  if (freezing !== null) return freezing;
  throw new AppError('runs/no-freezing', `Run ${number} is ${state}. ${noFreezingText(state)}`, { runId: id });
}
