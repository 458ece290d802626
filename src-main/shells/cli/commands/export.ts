import { join, resolve } from 'node:path';
import type { RequestResult } from '../../../../src-shared/contract/contract.ts';
import { exportFormats } from '../../../../src-shared/contract/run-results.ts';
import { weightsText } from '../../../../src-shared/training/run/run-weights.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { choice, text } from '../options/arguments.ts';
import { describeRun, notesOn } from '../terminal/format.ts';
import { trainedRunOptions, withTrainedRun } from '../options/open-project.ts';

export const exportCommand: Command = {
  name: 'export',
  summary: 'Writes a trained model for use elsewhere.',
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    ...trainedRunOptions,
    format: { type: 'string', placeholder: 'FORMAT', help: 'savedmodel: a TensorFlow SavedModel (the default).' },
    out: { type: 'string', placeholder: 'FOLDER', help: 'Where to; exports/run-NUMBER of the project by default.' },
    json: jsonOption,
  },
  examples: [
    ['lamina export examples/mnist', "The newest run, into the project's folder exports/."],
    ['lamina export examples/mnist --run 14 --out /models/digits/1', 'Run 14, where a model server looks for it.'],
  ],

  async run([folder = '.'], options, output) {
    const format = choice(options, 'format', exportFormats) ?? exportFormats[0];
    return withTrainedRun(folder, options, output, async ({ supervisor, run, weights, job }) => {
      const target = resolve(text(options, 'out') ?? `${folder}/exports/run-${run.number}`);
      output.progress(`Exporting ${describeRun(run)} …`);
      const result = await supervisor.jobs.export(run.id, weights.checkpoint, format, target, job);
      for (const note of notesOn(result)) output.note(`Compared with the run's predictions: ${note}`);
      if (options['json'] === true) output.json({ runId: run.id, format, ...weights, ...result });
      else {
        output.line(`${describeRun(run)}, ${weightsText(weights)}, is now a TensorFlow SavedModel in ${result.folder}`);
        const megabytes = (result.sizeBytes / 1e6).toFixed(1);
        output.line(`${result.files.length} files, ${megabytes} MB${differenceText(result)}`);
        const description = join(result.folder, 'assets.extra', 'lamina.json');
        output.line(`It reads prepared features (scaled, one-hot); how to prepare them is in ${description}`);
      }
      return EXIT.done;
    });
  },
};

function differenceText({ compared, maxDifference }: RequestResult<'runs.export'>): string {
  if (maxDifference === null) return '';
  const difference = `differ from the run's by at most ${maxDifference.toExponential(1)}`;
  if (compared === 'files') return `; its predictions ${difference}`;
  return `; its predictions in float64 ${difference} (TensorFlow is not ready here, so the files were not loaded)`;
}
