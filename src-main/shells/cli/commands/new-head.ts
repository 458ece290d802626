import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { adoptSource } from '../../../../src-shared/data/adopt-source.ts';
import type { FeatureSpec } from '../../../../src-shared/data/prepared.ts';
import { analyze } from '../../../../src-shared/diagnostics/analyze.ts';
import { applyChange } from '../../../../src-shared/document/history/operations.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import { dataForModel } from '../../../../src-shared/starting-points/data-for-model.ts';
import { fitTo } from '../../../../src-shared/starting-points/fit.ts';
import { baseUpTo, headRefusal, withNewHead } from '../../../../src-shared/starting-points/templates/new-head.ts';
import { DataProcesses } from '../../../core/data-processes.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import { layerNamed, text } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { requireDocuments, withProject } from '../options/open-project.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { formatProgress } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

export const newHeadCommand: Command = {
  name: 'new-head',
  summary: "Keeps and freezes a model up to a layer, and adds a head for the data's targets.",
  usage: '<project folder> --at LAYER [options]',
  positionals: { min: 1, max: 1 },
  options: {
    at: { type: 'string', placeholder: 'LAYER', help: 'Name of the last layer to keep. Required.' },
    source: {
      type: 'string',
      placeholder: 'PATH',
      help: "Another data file or folder, which becomes the project's data.",
    },
    json: jsonOption,
  },
  examples: [
    [
      'lamina new-head bees --at pool --source ants-bees',
      "Keeps the model up to 'pool' for classes of other pictures; their size and pixels become those that it expects.",
    ],
  ],

  async run([folder = ''], options, output) {
    const open = (signal: AbortSignal): Promise<number> =>
      withProject(folder, async (session) => {
        const snapshot = requireDocuments(session);
        const onProgress = (progress: RequestProgress): void => output.progress(formatProgress(progress));
        const { model, dataset, report } = await newHead(snapshot, options, { signal, onProgress });
        const kept = await session.project.keepModel();
        await session.saveModel(model, snapshot.modelRevision);
        await session.project.saveDataset(dataset, snapshot.datasetRevision);
        printReport(report, kept, options, output);
        return EXIT.done;
      });
    return untilStopped(open, (status) => {
      output.note('Cancelled.');
      return status;
    });
  },
};

interface NewHead {
  readonly model: ProjectSnapshot['model'];
  readonly dataset: ProjectSnapshot['dataset'];
  readonly report: {
    readonly at: string;
    readonly frozen: number;
    readonly added: string[];
    readonly notes: readonly string[];
  };
}

/** @throws AppError 'cli/bad-arguments', 'model/no-new-head', 'dataset/…'. */
async function newHead(snapshot: ProjectSnapshot, options: OptionValues, call: JobOptions): Promise<NewHead> {
  const { model } = snapshot;
  const end = layerNamed(model.nodes, 'at', text(options, 'at'), 'the last layer to keep');
  const { dataset, features } = await dataOf(snapshot, text(options, 'source'), call);
  const analyzed = analyze(model, features).nodes;
  const refusal = headRefusal(model, end, analyzed);
  if (refusal !== null) throw new AppError('model/no-new-head', refusal, { layer: end.name });
  const base = baseUpTo(model, end, analyzed)!;
  const changed = applyChange(model, withNewHead(model, base, fitTo(features), randomUUID));
  const fitted = dataForModel(dataset, changed, features);
  const before = new Set(model.nodes.map(({ id }) => id));
  const added = changed.nodes.filter(({ id }) => !before.has(id)).map(({ name }) => name);
  const report = { at: end.name, frozen: base.frozen.size, added, notes: fitted.notes };
  return { model: changed, dataset: fitted.dataset, report };
}

/** The project's data set, with another source if one is given, and the features that models of it receive. */
async function dataOf(
  { folder, dataset }: ProjectSnapshot,
  source: string | undefined,
  options: JobOptions,
): Promise<{ dataset: ProjectSnapshot['dataset']; features: FeatureSpec }> {
  const processes = new DataProcesses();
  try {
    const detect = async (path: string): Promise<ProjectSnapshot['dataset']> => {
      const call = { path: resolve(path), replaced: dataset.source, projectFolder: folder };
      return adoptSource(dataset, await processes.call('detect', call, options)).document;
    };
    const document = source === undefined ? dataset : await detect(source);
    const { spec } = await processes.call('prepare', { document, projectFolder: folder }, options);
    return { dataset: document, features: spec };
  } finally {
    await processes.close();
  }
}

function printReport(report: NewHead['report'], kept: string | null, options: OptionValues, output: Output): void {
  if (options['json'] === true) output.json(report);
  else {
    const { at, frozen, added, notes } = report;
    output.line(`Kept up to '${at}', ${frozen} ${frozen === 1 ? 'layer' : 'layers'} frozen; added ${added.join(', ')}`);
    for (const note of notes) output.note(note);
  }
  if (kept !== null) output.note(`The project's earlier model is now ${kept}`);
}
