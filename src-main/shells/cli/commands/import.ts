import { readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type {
  ImportedModelResult,
  ImportPart,
  ModelImportReport,
} from '../../../../src-shared/contract/import-results.ts';
import { AppError } from '../../../../src-shared/errors/app-error.ts';
import type { WeightMatch } from '../../../../src-shared/interchange/import-report.ts';
import { isProject } from '../../../../src-shared/project/project-document.ts';
import { importModel } from '../../../core/projects/model-files.ts';
import type { ImportChoices } from '../../../core/projects/model-files.ts';
import type { ProjectSession } from '../../../core/projects/project-session.ts';
import type { JobOptions } from '../../../core/training/run-jobs.ts';
import { unusablePath } from '../../../system/atomic-write.ts';
import { makeFolder } from '../../../system/make-folder.ts';
import { PRIVATE_FOLDER } from '../../../system/private-files.ts';
import { choice, text } from '../options/arguments.ts';
import { EXIT, jsonOption } from '../options/command.ts';
import type { Command, OptionValues } from '../options/command.ts';
import { requireDocuments, withProject } from '../options/open-project.ts';
import { untilStopped } from '../options/stop-signal.ts';
import { formatProgress } from '../terminal/format.ts';
import type { Output } from '../terminal/output.ts';

export const importCommand: Command = {
  name: 'import',
  summary: "Opens a model file, or a model of another project, with its weights, as a project's model.",
  usage: '<file or project folder> [options]',
  positionals: { min: 1, max: 1 },
  options: {
    project: {
      type: 'string',
      placeholder: 'FOLDER',
      help: 'The project; the current folder by default. It is created if there is none.',
    },
    run: {
      type: 'string',
      placeholder: 'RUN',
      help: 'Of another project: the run whose model and weights are opened, by number, name or id; its model by default.',
    },
    checkpoint: {
      type: 'string',
      placeholder: 'WEIGHTS',
      help: "Which weights of that run: 'best' (the default where epochs were validated) or 'last'.",
    },
    'optimizer-state': {
      type: 'boolean',
      help: 'New runs continue from the state of the optimizer in a Keras file, where it can be read.',
    },
    yes: { type: 'boolean', help: "Puts weights onto the project's model; without it only the table is printed." },
    json: jsonOption,
  },
  examples: [
    ['lamina import efficientnet.keras --project bees', 'A Keras model, ready for training its last layers.'],
    [
      'lamina import weights.safetensors --project digits',
      "Prints which tensor each weight of the project's model would get; --yes puts them onto it.",
    ],
    [
      'lamina import web/model.json --project digits --json',
      'A TensorFlow.js layers model, with a report for a script.',
    ],
    ['lamina import ../digits --run 3 --project letters', 'The model that run 3 of another project trained.'],
  ],

  async run([file = ''], options, output) {
    const folder = resolve(text(options, 'project') ?? '.');
    const part = partOf(options);
    const open = async (signal: AbortSignal): Promise<number> => {
      const job: JobOptions = { signal, onProgress: (progress) => output.progress(formatProgress(progress)) };
      const path = resolve(file);
      const names = await readdir(folder).catch(() => []);
      const matchOnly = options['yes'] !== true;
      const optimizerState = options['optimizer-state'] === true;
      const { report, applied, kept } = isProject(names)
        ? await withProject(folder, (session) =>
            importInto(session, matchOnly, () =>
              session.importModel(path, part, { ...job, matchOnly, optimizerState }),
            ),
          )
        : await importIntoNew(folder, path, part, { ...job, optimizerState });
      if (options['json'] === true) output.json({ ...report, applied });
      else printReport(report, output);
      if (!applied) output.note("Nothing was changed. Add --yes to put these weights onto the project's model.");
      if (kept !== null) output.note(`The project's earlier model is now ${kept}`);
      return EXIT.done;
    };
    return untilStopped(open, (status) => {
      output.note('Cancelled.');
      return status;
    });
  },
};

/** @throws AppError 'cli/bad-arguments'. */
function partOf(options: OptionValues): ImportPart | undefined {
  const run = text(options, 'run');
  const checkpoint = choice(options, 'checkpoint', ['best', 'last'] as const);
  if (run !== undefined) return { run, ...(checkpoint === undefined ? {} : { checkpoint }) };
  if (checkpoint === undefined) return undefined;
  throw new AppError('cli/bad-arguments', '--checkpoint goes with --run: it names weights of a run.');
}

interface Imported {
  readonly report: ModelImportReport;
  /** False: the weights were matched only. */
  readonly applied: boolean;
  /** Name of the file with the copy of the earlier model; null: that model was empty. */
  readonly kept: string | null;
}

async function importInto(
  session: ProjectSession,
  matchOnly: boolean,
  read: () => Promise<ImportedModelResult>,
): Promise<Imported> {
  requireDocuments(session);
  const { document, report } = await read();
  if (matchOnly && report.matches !== null) return { report, applied: false, kept: null };
  const kept = await session.project.keepModel();
  await session.saveModel(document, session.project.snapshot().modelRevision);
  return { report, applied: true, kept };
}

/** Creates the project after the file is read. Removes the folders that it has created if the import fails. */
async function importIntoNew(
  folder: string,
  path: string,
  part: ImportPart | undefined,
  job: JobOptions & ImportChoices,
): Promise<Imported> {
  const artifacts = join(folder, 'artifacts');
  const [outermost] = await makeFolder(artifacts, PRIVATE_FOLDER).catch((error: unknown) => {
    throw unusablePath(error, folder);
  });
  try {
    const imported = await importModel(path, part, artifacts, null, job);
    const action = (session: ProjectSession): Promise<Imported> =>
      importInto(session, true, async () => {
        await session.keepImported(imported.kept);
        return imported;
      });
    return await withProject(folder, action, undefined, undefined, true);
  } catch (error) {
    if (outermost !== undefined) await rm(outermost, { recursive: true, force: true });
    throw error;
  }
}

function printReport(report: ModelImportReport, output: Output): void {
  const { file, writtenBy, layers, operations, parameters, fileParameters, losses, rows, matches } = report;
  const count = parameters.toLocaleString('en');
  const parts = operations === 0 ? '' : ` and ${operations} Operations nodes`;
  output.line(
    `${file} (${writtenBy}): ${layers} layers${parts}, ${fileParameters === null ? 'no weights' : `${count} parameters`}`,
  );
  const other = rows.filter(({ outcome }) => outcome !== 'taken');
  if (matches === null && other.length === 0) output.line('  Every layer computes what the file says.');
  for (const { layer, className, outcome } of matches === null ? other : []) {
    output.line(`  ${layer} (${className}): ${outcome === 'changed' ? 'changed' : 'cannot be taken'}`);
  }
  for (const row of alignedColumns((matches ?? []).map(matchCells))) output.line(`  ${row}`);
  for (const { severity, layer, message } of losses) {
    output.note(`${severity === 'note' ? 'Note' : 'Changed'}${layer === null ? '' : ` in '${layer}'`}: ${message}`);
  }
}

/** Tensor of the file, its shape, where it goes, and how that was found. */
function matchCells({ tensor, shape, layer, weight, by, reordered }: WeightMatch): readonly string[] {
  const sizes = shape.length === 0 ? '1 value' : shape.join(' × ');
  if (layer === null) return [tensor, sizes, '→ not used', ''];
  return [tensor, sizes, `→ ${layer} ${weight}`, `by ${by}${reordered ? ', axes reordered' : ''}`];
}

function alignedColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}
