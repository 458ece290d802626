import { readdir, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { MODEL_SUFFIX } from '../../../../src-shared/project/project-document.ts';
import { modelKind } from '../../../core/projects/documents/document-kinds.ts';
import { readDocument } from '../../../core/projects/documents/read-document.ts';
import { text } from '../options/arguments.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { earlierRun, earlierRunOptions } from '../options/earlier-run.ts';
import { withTraining } from '../options/follow-training.ts';
import { requireDocuments } from '../options/open-project.ts';
import { configurationOverrides, otherData, settingsOf, trainingOptions } from '../options/training-options.ts';
import { jsonReport, textReport } from '../terminal/training-report.ts';
import type { TrainingReport } from '../terminal/training-report.ts';
import { requireTable } from '../options/table-options.ts';

export const trainCommand: Command = {
  name: 'train',
  summary: "Trains a project's model and records the run.",
  usage: '<project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    ...trainingOptions,
    model: { type: 'string', placeholder: 'FILE', help: "Another model of the project's folder, for this run only." },
    ...earlierRunOptions,
    name: { type: 'string', placeholder: 'TEXT', help: 'A name for the run.' },
  },
  examples: [
    ['lamina train examples/spirals', 'Trains as the project says.'],
    [
      'lamina train examples/mnist --source ../shared/data/mnist --epochs 5 --seed 1',
      "With other files than the project's own; settings of columns that they have stay.",
    ],
    ['lamina train examples/xor --model one-layer.lamina.json', "Another model than the project's own."],
    [
      'lamina train examples/spirals --epochs 500 --set earlyStopping.patience=5',
      'Ends after 5 epochs without a better validation loss; the best weights are used.',
    ],
    [
      `lamina train examples/spirals --set 'phases=[{"epochs":4,"learningRate":0.001,"frozen":{"allButLast":1}},{"epochs":8,"learningRate":0.0001,"frozen":[]}]'`,
      'Four epochs of the last layer, then eight of all layers at a smaller learning rate.',
    ],
    ['lamina train examples/spirals --resume last --epochs 40', 'Trains the newest run on, to epoch 40.'],
    ['lamina train examples/spirals --repeat 3', 'Run 3 once more, with the same numbers.'],
    ['lamina train examples/spirals --json | jq .val_loss', 'For scripts; progress stays on stderr.'],
  ],

  async run([folder = '.'], options, output) {
    const report = options['json'] === true ? jsonReport(output) : textReport(output);
    try {
      return await train(folder, options, report);
    } catch (thrown) {
      const error = AppError.from(thrown);
      if (error.code !== 'cli/bad-arguments') report.failed(error);
      throw error;
    }
  },
};

/** @returns The exit status that follows from the run's final state. */
function train(folder: string, options: OptionValues, report: TrainingReport): Promise<number> {
  requireTable(options);
  const configuration = configurationOverrides(options);
  const settings = settingsOf(options);
  const source = text(options, 'source');
  return withTraining(folder, report, async (session, trainHere) => {
    const project = requireDocuments(session);
    const adopted = source === undefined ? undefined : await otherData(project, source, options, report);
    if (typeof adopted === 'number') return adopted;
    const model = await chosenModel(project, text(options, 'model'));
    const { store } = await session.openRuns();
    const request = { name: text(options, 'name'), ...earlierRun(store, options) };
    const now = options['now'] === true;
    const { status } = await trainHere(request, { model, dataset: adopted?.document, configuration, settings, now });
    return status;
  });
}

/** @throws AppError 'cli/no-model' or 'document/…' if the file that `--model` names cannot be read. */
async function chosenModel(
  { folder }: ProjectSnapshot,
  fileName: string | undefined,
): Promise<ProjectSnapshot['model'] | undefined> {
  if (fileName === undefined) return undefined;
  const file = await readFile(resolve(folder, fileName), 'utf8').catch(async () => {
    const names = (await readdir(folder)).filter((name) => name.endsWith(MODEL_SUFFIX));
    throw new AppError(
      'cli/no-model',
      `--model expected a model of ${folder} (${names.join(', ') || 'there is none'}); received '${fileName}'. Choose one of them.`,
      { fileName },
    );
  });
  const { document, problems } = readDocument(modelKind, fileName, file);
  if (document === null || problems.length > 0) throw AppError.from(problems[0]);
  return document;
}
