import { randomUUID } from 'node:crypto';
import type { ProjectSnapshot } from '../../../../src-shared/contract/contract.ts';
import { headAt } from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import type { NewHead } from '../../../../src-shared/starting-points/templates/reuse-variants.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import type { RequestProgress } from '../../../../src-shared/contract/transport.ts';
import { layerNamed, text } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { preparedData } from '../options/prepared-data.ts';
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

/** @throws AppError 'cli/bad-arguments', 'model/no-new-head', 'dataset/…'. */
async function newHead(snapshot: ProjectSnapshot, options: OptionValues, call: JobOptions): Promise<NewHead> {
  const { model } = snapshot;
  const end = layerNamed(model.nodes, 'at', text(options, 'at'), 'the last layer to keep');
  return headAt({ model, ...(await preparedData(snapshot, options, call)) }, end, randomUUID);
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
