import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { finished } from 'node:stream/promises';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import { sweepLeftovers, temporaryName } from '../../../system/temporary-name.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { text, wholeNumber } from '../options/arguments.ts';
import { describeRun, notesOn } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';
import { cells, columnsOf, header, jsonLine } from '../terminal/prediction-lines.ts';
import { trainedRunOptions, withTrainedRun } from '../options/open-project.ts';

/** Rows that cross to the trainer process at a time. */
const ROWS_AT_ONCE = 2_000;
const MAX_DRAWS = 10_000;
const NO_DRAWS =
  '--draws has no effect: the model has no Monte Carlo layer. Switch Monte Carlo on in a Dropout or noise layer and train again.';

export const predictCommand: Command = {
  name: 'predict',
  summary: 'Predicts for the rows of a file, or for pictures.',
  usage: '<project folder> <CSV file, picture, or folder of pictures or IDX files> [options]',
  positionals: { min: 2, max: 2 },
  options: {
    ...trainedRunOptions,
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
  ],

  async run([folder = '.', file = ''], options, output) {
    const draws = wholeNumber(options, 'draws', 1, MAX_DRAWS);
    return withTrainedRun(folder, options, output, async ({ session, supervisor, run, weights, job }) => {
      const { rows, files } = await session.inputRows(run.id, file, job);
      output.note(`Predicting with ${describeRun(run)}, ${weightsText(weights)}`);
      const warn = warner(output);
      let columns: string[] | null = null;
      const target = await openTarget(text(options, 'out'), (line) => output.line(line));
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
            if (options['json'] !== true) target.write(header(columns, files !== null));
          }
          const { length } = columns;
          predictions.forEach((prediction, index) => {
            const row = start + index + 1;
            const picture = files?.[row - 1] ?? null;
            warn(row, prediction.warnings);
            target.write(
              options['json'] === true
                ? jsonLine(row, picture, prediction, weights)
                : cells(row, picture, prediction, length),
            );
          });
        }
        await target.close();
        warn.end();
      } catch (error) {
        await target.discard();
        throw error;
      }
      return EXIT.done;
    });
  },
};

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

interface Target {
  write(line: string): void;
  /** Completes the file. */
  close(): Promise<void>;
  /** Removes the incomplete file; an existing file stays as it was. */
  discard(): Promise<void>;
}

const PARTIAL_PREFIX = '.lamina-predictions-';

/** The file gets its name once it is complete. @throws AppError 'files/unwritable'. */
async function openTarget(path: string | undefined, print: (line: string) => void): Promise<Target> {
  if (path === undefined) return { write: print, close: async () => {}, discard: async () => {} };
  const unwritable = (error: unknown): AppError => {
    const reason = error instanceof Error ? error.message : String(error);
    return new AppError('files/unwritable', `Cannot write '${path}': ${reason}. Choose another file with --out.`);
  };
  // A device or a pipe ('/dev/stdout') is written directly.
  const special = (await stat(path).catch(() => null))?.isFile() === false;
  const folder = dirname(path);
  if (!special) await sweepLeftovers(folder, PARTIAL_PREFIX);
  const temporary = special ? path : join(folder, temporaryName(PARTIAL_PREFIX));
  const stream = createWriteStream(temporary);
  const written = finished(stream);
  written.catch(() => {});
  await once(stream, 'open').catch((error: unknown) => {
    throw unwritable(error);
  });
  return {
    write: (line) => void stream.write(`${line}\n`),
    async close() {
      stream.end();
      try {
        await written;
        if (!special) await rename(temporary, path);
      } catch (error) {
        throw unwritable(error);
      }
    },
    async discard() {
      stream.destroy();
      await written.catch(() => {});
      if (!special) await rm(temporary, { force: true });
    },
  };
}
