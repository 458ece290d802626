import type { RunSummary } from '../../../../src-shared/training/run/run.ts';
import { weightsOfResult, weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { formatNumber, formatPercent, formatQuantity } from '../terminal/format.ts';
import { withProject } from '../options/open-project.ts';

export const runsCommand: Command = {
  name: 'runs',
  summary: "Lists a project's runs, newest first.",
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    json: { ...jsonOption, help: 'Print one JSON object a line, with everything the list knows.' },
    'set-aside': {
      type: 'boolean',
      help: 'Rename a damaged runs.sqlite and begin a new history. Nothing is deleted.',
    },
  },
  examples: [
    ['lamina runs examples/mnist', 'A table of all runs.'],
    ['lamina runs examples/mnist --json', 'The same for a script.'],
  ],

  async run([folder = '.'], options, output) {
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

function table(rows: readonly (readonly string[])[]): string[] {
  const widths = header.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
