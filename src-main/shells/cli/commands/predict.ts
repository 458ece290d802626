import { resolve } from 'node:path';
import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import { openOutputFile } from '../../../system/output-file.ts';
import type { ProjectSession } from '../../../core/projects/project-session.ts';
import type { TrainingSupervisor } from '../../../core/training/supervisor.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { chooseRun, chooseWeights } from '../options/choose-run.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { text, wholeNumber } from '../options/arguments.ts';
import { describeRun, formatProgress, notesOn } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { cells, columnsOf, header, jsonLine } from '../terminal/prediction-lines.ts';
import { requireDocuments, trainedRunOptions, withProject, withTrainedRun } from '../options/open-project.ts';

/** Rows that cross to the trainer process at a time. */
const ROWS_AT_ONCE = 2_000;
const MAX_DRAWS = 10_000;
const NO_DRAWS =
  '--draws has no effect: the model has no Monte Carlo layer. Switch Monte Carlo on in a Dropout or noise layer and train again.';

export const predictCommand: Command = {
  name: 'predict',
  summary: 'Predicts for the rows of a file, or for pictures.',
  usage: '<project folder> <CSV file, picture, or folder of pictures or IDX files> [options]',
  positionals: { min: 1, max: 2 },
  options: {
    ...trainedRunOptions,
    tensors: {
      type: 'string',
      placeholder: 'FILE.npz',
      help: "Predicts for prepared inputs instead of a file of rows: an array for each Input, with the Input's name. --out is a .npz file with an array for each Output. '--run model' uses the weights that the project's model names, for example after an import. This is the default if no run has trained them.",
    },
    draws: {
      type: 'string',
      placeholder: 'N',
      help: 'Draws of each row where the model has Monte Carlo layers; 100 by default.',
    },
    out: { type: 'string', placeholder: 'FILE', help: 'Write to a file instead of printing.' },
    json: { ...jsonOption, help: 'One JSON object a line instead of CSV.' },
  },
  examples: [
    ['lamina predict examples/housing new-houses.csv', 'Prints one line a row.'],
    ['lamina predict examples/housing new-houses.csv --draws 200', 'Mean and spread (sd) of 200 draws.'],
    ['lamina predict examples/mnist ../data/digits --out digits.csv', 'Images of an IDX folder, into a file.'],
    ['lamina predict examples/pictures ../data/holiday', 'Pictures of a folder, each with its file.'],
    ['lamina predict bees --tensors x.npz --out y.npz', 'Predicts for NumPy arrays, without data preparation.'],
  ],

  async run([folder = '.', file], options, output) {
    const tensors = text(options, 'tensors');
    if (tensors !== undefined) return predictTensors(folder, file, tensors, options, output);
    if (file === undefined) {
      throw new AppError('cli/bad-arguments', "Expected a file of rows, or --tensors. See 'lamina predict --help'.");
    }
    const draws = wholeNumber(options, 'draws', 1, MAX_DRAWS);
    return withTrainedRun(folder, options, output, async ({ session, supervisor, run, weights, job }) => {
      const { rows, files } = await session.inputRows(run.id, file, job);
      output.note(`Predicting with ${describeRun(run)}, ${weightsText(weights)}`);
      const warn = warner(output);
      let columns: string[] | null = null;
      const out = text(options, 'out');
      const target = out === undefined ? null : await openOutputFile(out);
      const print = (line: string): void => (target === null ? output.line(line) : target.write(`${line}\n`));
      try {
        for (let start = 0; start < rows.length; start += ROWS_AT_ONCE) {
          output.progress(`Predicting with ${describeRun(run)}: ${start} of ${rows.length} rows`);
          const part = rows.slice(start, start + ROWS_AT_ONCE);
          const predictions = await supervisor.jobs.predict(run.id, weights.checkpoint, part, draws, {
            signal: job.signal,
          });
          const [first] = predictions;
          if (start === 0) for (const note of notesOn({ engine: first?.engine })) output.note(`Warning: ${note}`);
          if (start === 0 && draws !== undefined && first?.draws === undefined) output.note(NO_DRAWS);
          if (columns === null) {
            columns = columnsOf(predictions.find((each) => each.predictions.length > 0) ?? { predictions: [] });
            if (options['json'] !== true) print(header(columns, files !== null));
          }
          const { length } = columns;
          predictions.forEach((prediction, index) => {
            const row = start + index + 1;
            const picture = files?.[row - 1] ?? null;
            warn(row, prediction.warnings);
            print(
              options['json'] === true
                ? jsonLine(row, picture, prediction, weights)
                : cells(row, picture, prediction, length),
            );
          });
        }
        await target?.close();
        warn.end();
      } catch (error) {
        await target?.discard();
        throw error;
      }
      return EXIT.done;
    });
  },
};

/** @param file A file of rows, which does not go with tensors. @throws AppError 'cli/bad-arguments', 'predict/…'. */
async function predictTensors(
  folder: string,
  file: string | undefined,
  tensors: string,
  options: OptionValues,
  output: Output,
): Promise<number> {
  const out = text(options, 'out');
  const wrong = file !== undefined ? `'${file}'` : options['draws'] !== undefined ? '--draws' : null;
  if (wrong !== null || out === undefined) {
    const what = wrong === null ? '--tensors needs --out FILE.npz.' : `--tensors and ${wrong} do not go together.`;
    throw new AppError('cli/bad-arguments', `${what} See 'lamina predict --help'.`);
  }
  const action = (signal: AbortSignal): Promise<number> =>
    withProject(folder, async (session) => {
      const used = await weightsToUse(session, options);
      const { supervisor } = await session.openRuns();
      output.note(`Predicting with ${used.words}`);
      const onProgress = (progress: RequestProgress): void => output.progress(formatProgress(progress));
      const files = { input: resolve(tensors), output: resolve(out) };
      const result = await supervisor.jobs.predictTensors(used.weights, files, { signal, onProgress });
      for (const note of notesOn(result)) output.note(`Warning: ${note}`);
      if (options['json'] === true) output.json(result);
      else for (const { name, shape } of result.outputs) output.note(`${name}: [${shape.join(', ')}]`);
      return EXIT.done;
    });
  return untilStopped(action, (status) => {
    output.note('Cancelled.');
    return status;
  });
}

/**
 * The run that `--run` names. Without it, the weights of the project's model if the newest trained run did not start from
 * them, because they were imported or chosen later; otherwise that run.
 *
 * @throws AppError 'predict/no-weights', 'runs/…'.
 */
async function weightsToUse(
  session: ProjectSession,
  options: OptionValues,
): Promise<{ words: string; weights: Parameters<TrainingSupervisor['jobs']['predictTensors']>[0] }> {
  const { model } = requireDocuments(session);
  const asked = text(options, 'run');
  const ofModel = model.weights && {
    words: `the project's model, weights of ${model.weights.label}`,
    weights: { model, artifact: model.weights.artifact },
  };
  if (asked === 'model' || asked === undefined) {
    const newest =
      asked === 'model' ? undefined : (await session.listRuns()).find((run) => run.lastCheckpoint !== null);
    const trainedFrom = newest && (await session.openRuns()).store.get(newest.id).model.weights?.artifact;
    const isModel = newest === undefined || (ofModel !== undefined && trainedFrom !== model.weights?.artifact);
    if (isModel && ofModel !== undefined) return ofModel;
    if (isModel) {
      throw new AppError(
        'predict/no-weights',
        "Expected weights; the project's model names none, and no run has trained it. Train it with 'lamina train', or open a model file with 'lamina import'.",
      );
    }
  }
  const run = chooseRun((await session.openRuns()).store, asked);
  const weights = chooseWeights(run, options);
  return {
    words: `${describeRun(run)}, ${weightsText(weights)}`,
    weights: { runId: run.id, checkpoint: weights.checkpoint },
  };
}

/** Number of warnings that are printed; the others are counted. */
const WARNINGS_SHOWN = 10;

/** Prints values of rows that training did not have. */
function warner(output: Output): { (row: number, warnings: readonly string[] | undefined): void; end(): void } {
  let count = 0;
  const warn = (row: number, warnings: readonly string[] | undefined): void => {
    for (const warning of warnings ?? []) if (++count <= WARNINGS_SHOWN) output.note(`Row ${row}, ${warning}`);
  };
  return Object.assign(warn, {
    end: () => {
      if (count > WARNINGS_SHOWN) output.note(`${count - WARNINGS_SHOWN} more such values.`);
    },
  });
}
