import { existsSync } from 'node:fs';
import { readdir, realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import type { ImportedModelResult, ImportPart, OtherProject } from '../../../src-shared/contract/import-results.ts';
import type { ProjectSnapshot } from '../../../src-shared/contract/contract.ts';
import type { FeatureSpec } from '../../../src-shared/data/prepared.ts';
import { isBlockEnd, isEnd, isOutput } from '../../../src-shared/document/schema/ends.ts';
import type { ModelDocument, ModelNode, ModelWeights } from '../../../src-shared/document/schema/model-document.ts';
import { AppError } from '../../../src-shared/errors/app-error.ts';
import type { ImportLoss } from '../../../src-shared/interchange/import-report.ts';
import { layerRows, layersOfDocument } from '../../../src-shared/interchange/layer-rows.ts';
import { elementCount } from '../../../src-shared/program/language/shape.ts';
import { isProject, PROJECT_FILE } from '../../../src-shared/project/project-document.ts';
import { modelAfter } from '../../../src-shared/training/commands/run-command.ts';
import type { RunRecord } from '../../../src-shared/training/run/run.ts';
import { fitsClasses, trainedHead } from '../../../src-shared/compiler/trained-head.ts';
import { weightsForUse, weightsText } from '../../../src-shared/training/run/run-weights.ts';
import {
  artifactPath,
  artifactsFolder,
  copyArtifact,
  damagedArtifact,
  deleteArtifact,
  missingArtifact,
  readHeader,
} from '../../runs/artifacts.ts';
import type { KeptArtifact } from '../../runs/artifact-store.ts';
import { HistoryCopy } from '../../runs/history-copy.ts';
import { errorCode } from '../../system/error-code.ts';
import type { JobOptions } from '../training/run-jobs.ts';
import { ProjectService } from './documents/project-service.ts';

/** An imported model, and its weights, which the project has yet to keep. */
export interface ImportedModel extends ImportedModelResult {
  readonly kept: KeptArtifact | null;
}

/** Inputs are layers, as in Keras. */
const isLayer = (node: ModelNode): boolean => !isOutput(node) && !isBlockEnd(node);

/** True if the path is a folder with a project. */
export async function isProjectFolder(path: string): Promise<boolean> {
  return isProject(await readdir(path).catch(() => []));
}

/**
 * The model and the runs of a project that is not open. Nothing in its folder changes.
 *
 * @param folder Absolute.
 * @throws AppError 'project/missing-folder', 'project/not-a-project', 'files/…'.
 */
export async function readOtherProject(folder: string): Promise<OtherProject> {
  const snapshot = await snapshotOf(folder);
  const read = <Result>(action: () => Result) => {
    try {
      return { value: action(), problem: null };
    } catch (error) {
      return { value: null, problem: AppError.from(error).toJSON() };
    }
  };
  const model = read(() => {
    const { name, nodes, weights } = wholeModel(snapshot);
    return { name, layers: nodes.filter(isLayer).length, weights: weights?.label ?? null };
  });
  const runs = read(() => withHistory(folder, (history) => history.list()));
  return {
    name: snapshot.name,
    folder: snapshot.folder,
    model: model.value,
    modelProblem: model.problem,
    runs: (runs.value ?? []).filter(({ lastCheckpoint, bestCheckpointEpoch }) => lastCheckpoint ?? bestCheckpointEpoch),
    runsProblem: runs.problem,
  };
}

/** A checkpoint that training has just replaced is looked up again. */
const ATTEMPTS = 5;
const RETRY_MS = 200;

/**
 * Copies the model of another project, or of one of its runs, with its weights. Nothing in the other project changes.
 *
 * @param folder The other project, absolute.
 * @param artifacts This project's `artifacts` folder, which is created if there are weights.
 * @throws AppError 'project/same-project', 'project/…', 'document/…', 'runs/…', 'weights/missing'; the signal's reason.
 *   Nothing is written then.
 */
export async function importFromProject(
  folder: string,
  part: ImportPart,
  artifacts: string,
  options: JobOptions = {},
): Promise<ImportedModel> {
  if ((await realpath(folder)) === (await realpath(dirname(artifacts)).catch(() => null))) {
    throw new AppError(
      'project/same-project',
      `Expected another project than the open one; received its own folder, '${folder}'. To bring back a model of this project, choose “Open this run” on the Runs screen.`,
      { folder },
    );
  }
  const project = await snapshotOf(folder);
  for (let attempt = 1; ; attempt++) {
    try {
      const source = part.run === null ? modelSource(project) : runSource(folder, part.run, part.checkpoint);
      return await copied(source, project, artifacts, options);
    } catch (error) {
      const gone = error instanceof AppError && error.code === 'runs/checkpoint-missing';
      if (!gone || part.run === null || attempt === ATTEMPTS) throw error;
      await setTimeout(RETRY_MS, undefined, options.signal === undefined ? {} : { signal: options.signal });
    }
  }
}

/** What is copied of another project. */
interface Source {
  readonly document: ModelDocument;
  /** Hash of the file with its weights; null: it starts from the seed. */
  readonly artifact: string | null;
  readonly spec: FeatureSpec | null;
  /** 'run 3, best weights, epoch 7'. */
  readonly label: string;
  readonly writtenBy: string;
  readonly note: ImportLoss | null;
}

function modelSource(project: ProjectSnapshot): Source {
  const document = wholeModel(project);
  const { weights } = document;
  const note = 'The model has no weights: new runs of it start from the seed. To open trained weights, choose a run.';
  return {
    document,
    artifact: weights?.artifact ?? null,
    spec:
      weights === undefined ? null : withHistory(project.folder, (history) => history.files.specOf(weights.artifact)),
    label: weights?.label ?? '',
    writtenBy: 'Lamina',
    note: weights === undefined ? { code: 'project/no-weights', severity: 'note', layer: null, message: note } : null,
  };
}

function runSource(folder: string, asked: string, checkpoint: ImportPart['checkpoint']): Source {
  return withHistory(folder, (history) => {
    const record = history.get(idOf(history, asked));
    const { id, number, model, versions, featureSpec } = record;
    const found = history.requireCheckpoint(id, checkpoint ?? weightsForUse(record));
    return {
      document: modelAfter(model, history.settingsOf(id)),
      artifact: found.sha256,
      spec: featureSpec,
      label: `run ${number}, ${weightsText({ checkpoint: found.kind, epoch: found.epoch })}`,
      writtenBy: versions['lamina'] === undefined ? 'Lamina' : `Lamina ${versions['lamina']}`,
      note: unreadableNote(record),
    };
  });
}

function unreadableNote({ unreadable }: RunRecord): ImportLoss | null {
  return unreadable === null
    ? null
    : { code: 'project/unreadable', severity: 'changed', layer: null, message: unreadable };
}

/** @param asked A number, a name, an id or the beginning of one. @throws AppError 'runs/unknown', 'runs/ambiguous'. */
function idOf(history: HistoryCopy, asked: string): string {
  if (/^\d+$/.test(asked)) return history.resolve(asked);
  const named = history.list().filter(({ name }) => name === asked);
  if (named.length === 0) return history.resolve(asked);
  if (named.length === 1) return named[0]!.id;
  throw new AppError(
    'runs/ambiguous',
    `Expected the name of one run; ${named.length} runs are named '${asked}': ${named.map(({ number }) => number).join(', ')}. Give the number.`,
    { run: asked },
  );
}

async function copied(
  { document, artifact, spec, label, writtenBy, note }: Source,
  { name, folder }: ProjectSnapshot,
  artifacts: string,
  { signal, onProgress }: JobOptions,
): Promise<ImportedModel> {
  const from = artifactsFolder(folder);
  const files = artifact === null ? [] : await filesOf(from, artifact);
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, 0);
  const added = files.filter(({ sha256 }) => !existsSync(artifactPath(artifacts, sha256)));
  let copiedBytes = 0;
  const onBytes = (bytes: number): void => {
    copiedBytes += bytes;
    onProgress?.({ fraction: Math.min(1, copiedBytes / Math.max(1, sizeBytes)), activity: 'Copying the weights' });
  };
  try {
    for (const { sha256 } of files) await copyArtifact(from, artifacts, sha256, { signal, onBytes });
  } catch (error) {
    for (const { sha256 } of added) deleteArtifact(artifacts, sha256);
    throw error;
  }
  const tensors = files.flatMap(({ shapes }) => shapes).filter(({ name: tensor }) => !tensor.startsWith('optimizer/'));
  const parameters = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  const { weights: own, ...unweighted } = document;
  const isOwn = own?.artifact === artifact;
  const optimizer = isOwn ? own?.optimizer : undefined;
  const classes = (isOwn ? own?.classes : undefined) ?? recordedClasses(document, spec);
  const weights =
    artifact === null
      ? undefined
      : {
          artifact,
          label: `${name}: ${label}`,
          ...(optimizer === undefined ? {} : { optimizer }),
          ...(classes === null ? {} : { classes }),
        };
  const { nodes, blocks } = document;
  return {
    document: weights === undefined ? unweighted : { ...unweighted, weights },
    report: {
      format: 'lamina-project',
      file: name,
      writtenBy,
      layers: [nodes, ...blocks.map((block) => block.nodes)].flat().filter(isLayer).length,
      operations: 0,
      parameters,
      fileParameters: artifact === null ? null : parameters,
      optimizerState: files.some(({ shapes }) => shapes.some(({ name: tensor }) => tensor.startsWith('optimizer/'))),
      losses: note === null ? [] : [note],
      rows: layerRows(layersOfDocument(document, null), document, []),
      matches: null,
    },
    kept:
      artifact === null
        ? null
        : { sha256: artifact, origin: { kind: 'project', name }, spec, frozen: files[1]?.sha256 ?? null },
  };
}

interface WeightsFile {
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly shapes: readonly { name: string; shape: number[] }[];
}

/** A file of weights, and the file with its frozen tensors. @throws AppError 'runs/checkpoint-missing', 'runs/checkpoint-damaged'. */
async function filesOf(folder: string, sha256: string): Promise<WeightsFile[]> {
  const { frozen, ...file } = await readHeader(folder, sha256).catch((error: unknown) => {
    const path = artifactPath(folder, sha256);
    throw errorCode(error) === 'ENOENT' ? missingArtifact(path) : damagedArtifact(path);
  });
  return [{ sha256, ...file }, ...(frozen === null ? [] : await filesOf(folder, frozen))];
}

function withHistory<Result>(folder: string, action: (history: HistoryCopy) => Result): Result {
  const history = HistoryCopy.open(folder);
  try {
    return action(history);
  } finally {
    history.close();
  }
}

async function snapshotOf(folder: string): Promise<ProjectSnapshot> {
  const project = await ProjectService.open(folder, { create: false, watch: false }, () => {});
  try {
    return project.snapshot();
  } finally {
    await project.close();
  }
}

/** @throws AppError 'document/newer-version', 'project/damaged-document', …: of a model that was read in part. */
function wholeModel({ model, modelFile, warnings, folder }: ProjectSnapshot): ModelDocument {
  const newer = ({ code, details }: (typeof warnings)[number]): boolean =>
    details?.['fileName'] === PROJECT_FILE && code === 'document/newer-version';
  const problem = warnings.find((warning) => warning.details?.['fileName'] === modelFile || newer(warning));
  if (problem !== undefined) throw AppError.from(problem);
  if (!model.nodes.every(isEnd)) return model;
  throw new AppError(
    'project/empty-model',
    `Expected a model with layers in '${folder}'; its model has none. Choose one of its runs, or another project.`,
    { folder },
  );
}

/** The classes of the run that made weights, in their order; null: it had none, or several outputs. */
function recordedClasses(document: ModelDocument, spec: FeatureSpec | null): ModelWeights['classes'] | null {
  const [target, ...others] = spec?.targets ?? [];
  if (spec === null || target?.kind !== 'classes' || others.length > 0 || target.classes.length < 2) return null;
  const head = trainedHead(document, spec);
  return head === null || !fitsClasses(head, target.classes)
    ? null
    : [{ layer: head.layer, names: [...target.classes] }];
}
