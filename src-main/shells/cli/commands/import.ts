import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { ImportedModelResult, ModelImportReport } from '../../../../src-shared/contract/import-results.ts';
import { isProject } from '../../../../src-shared/project/project-document.ts';
import { importModelFile } from '../../../core/projects/model-files.ts';
import type { ProjectSession } from '../../../core/projects/project-session.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import { unusablePath } from '../../../system/atomic-write.ts';
import { makeFolder } from '../../../system/make-folder.ts';
import { PRIVATE_FOLDER } from '../../../system/private-files.ts';
import { text } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command } from '../options/command.ts';
import { requireDocuments, withProject } from '../options/open-project.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { formatProgress } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

export const importCommand: Command = {
  name: 'import',
  summary: "Opens a model file of another program, with its weights, as a project's model.",
  usage: '<file> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    project: {
      type: 'string',
      placeholder: 'FOLDER',
      help: 'The project; the current folder by default. It is created if there is none.',
    },
    json: jsonOption,
  },
  examples: [
    ['lamina import efficientnet.keras --project bees', 'A Keras model, ready for training its last layers.'],
    [
      'lamina import web/model.json --project digits --json',
      'A TensorFlow.js layers model, with a report for a script.',
    ],
  ],

  async run([file = ''], options, output) {
    const folder = resolve(text(options, 'project') ?? '.');
    const open = async (signal: AbortSignal): Promise<number> => {
      const job: JobOptions = { signal, onProgress: (progress) => output.progress(formatProgress(progress)) };
      const path = resolve(file);
      const names = await readdir(folder).catch(() => []);
      const { report, kept } = isProject(names)
        ? await withProject(folder, (session) => importInto(session, () => session.importModel(path, job)))
        : await importIntoNew(folder, path, job);
      if (options['json'] === true) output.json(report);
      else printReport(report, output);
      if (kept !== null) output.note(`The project's earlier model is now ${kept}`);
      return EXIT.done;
    };
    return untilStopped(open, (status) => {
      output.note('Cancelled.');
      return status;
    });
  },
};

interface Imported {
  readonly report: ModelImportReport;
  /** Name of the file with the copy of the earlier model; null: that model was empty. */
  readonly kept: string | null;
}

async function importInto(session: ProjectSession, read: () => Promise<ImportedModelResult>): Promise<Imported> {
  requireDocuments(session);
  const { document, report } = await read();
  const kept = await session.project.keepModel();
  await session.saveModel(document, session.project.snapshot().modelRevision);
  return { report, kept };
}

/** Creates the project after the file is read. Removes the folders that it has created if the import fails. */
async function importIntoNew(folder: string, path: string, job: JobOptions): Promise<Imported> {
  const artifacts = join(folder, 'artifacts');
  const [outermost] = await makeFolder(artifacts, PRIVATE_FOLDER).catch((error: unknown) => {
    throw unusablePath(error, folder);
  });
  try {
    const imported = await importModelFile(path, artifacts, null, job);
    const action = (session: ProjectSession): Promise<Imported> =>
      importInto(session, async () => {
        await session.keepImported(imported);
        return imported;
      });
    return await withProject(folder, action, undefined, undefined, true);
  } catch (error) {
    if (outermost !== undefined) await rm(outermost, { recursive: true, force: true });
    throw error;
  }
}

function printReport(report: ModelImportReport, output: Output): void {
  const { file, writtenBy, layers, parameters, fileParameters, losses } = report;
  const count = parameters.toLocaleString('en');
  output.line(
    `${file} (${writtenBy}): ${layers} layers, ${fileParameters === null ? 'no weights' : `${count} parameters`}`,
  );
  for (const { severity, layer, message } of losses) {
    output.note(`${severity === 'note' ? 'Note' : 'Changed'}${layer === null ? '' : ` in '${layer}'`}: ${message}`);
  }
}
