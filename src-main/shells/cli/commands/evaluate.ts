import { splitNames } from '../../../../src-shared/data/dataset-document.ts';
import { jsonOption, EXIT } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { choice } from '../options/arguments.ts';
import { confusions, describeRun, describeTest, flatTest, notesOn } from '../terminal/format.ts';
import { trainedRunOptions, withTrainedRun } from '../options/open-project.ts';

export const evaluateCommand: Command = {
  name: 'evaluate',
  summary: 'Measures a trained model on a split of its data.',
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    ...trainedRunOptions,
    split: { type: 'string', placeholder: 'SPLIT', help: 'train, validation or test (the default).' },
    json: jsonOption,
  },
  examples: [
    ['lamina evaluate examples/mnist', 'The newest run on the test split.'],
    ['lamina evaluate examples/mnist --run best --split validation', 'The best run on the validation split.'],
  ],

  async run([folder = '.'], options, output) {
    const split = choice(options, 'split', splitNames) ?? 'test';
    return withTrainedRun(folder, options, output, async ({ supervisor, run, weights, job }) => {
      output.progress(`Evaluating ${describeRun(run)} on the ${split} split …`);
      const result = await supervisor.jobs.evaluate(run.id, weights.checkpoint, split, job);
      for (const note of notesOn(result)) output.note(`Warning: ${note}`);
      if (options['json'] === true) {
        output.json({ runId: run.id, split, ...flatTest(result, run), ...confusions(result) });
      } else {
        output.line(describeRun(run));
        for (const line of describeTest(result, split, run)) output.line(line);
      }
      return EXIT.done;
    });
  },
};
