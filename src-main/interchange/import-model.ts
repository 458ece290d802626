import { basename } from 'node:path';
import type { ImportLoss } from '../../src-shared/interchange/import-report.ts';
import { layerRows, layersOfDocument } from '../../src-shared/interchange/layer-rows.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import type { CallContext } from '../processes/answer-calls.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import { writeStreamedArtifact } from '../runs/artifacts.ts';
import type { InterchangeCalls } from './calls.ts';
import { trainedClasses, withClasses } from './class-names.ts';
import { importerOf } from './importers.ts';
import type { ImportedModel, OptimizerState } from './importer/model-importer.ts';

/**
 * Reads a model file, and writes its weights into a project's `artifacts` folder.
 *
 * @throws AppError 'model-file/…', 'keras/…', 'model/invalid'; 'runs/…' if the folder cannot be written; the signal's reason. No
 *   weights are kept then.
 */
export async function importModel(
  { path, artifacts, onto, matchOnly = false, optimizerState = false }: InterchangeCalls['importModel']['params'],
  { signal, onProgress }: CallContext<RequestProgress>,
): Promise<InterchangeCalls['importModel']['result']> {
  const { importer, source } = await importerOf(path);
  const report = (fraction: number | null, activity: string): void => onProgress({ fraction, activity });
  const model = await importer.import(source, { signal, onto, onProgress: report });
  try {
    const { hasOptimizerState } = model;
    const state =
      optimizerState && hasOptimizerState && model.weights !== null
        ? ((await model.readOptimizerState?.()) ?? 'It is read from models of Keras (.keras, .h5) only.')
        : null;
    const parameters = (model.weights ?? []).reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const file = basename(source);
    const { format, writtenBy, layers, operations = 0, fileParameters } = model;
    const classes = await trainedClasses(model, source);
    const losses = [...model.losses, ...unusedWeights(model), ...optimizerLosses(model, state), ...classes.losses];
    const isMatched = matchOnly && model.matches !== null;
    const taken = state === null || typeof state === 'string' ? null : state;
    return {
      document: isMatched
        ? model.document
        : withClasses(await withWeights(model, taken, file, artifacts, signal, report), classes.known),
      report: {
        format,
        file,
        writtenBy,
        layers,
        operations,
        parameters,
        fileParameters,
        optimizerState: hasOptimizerState,
        matches: model.matches === null ? null : [...model.matches],
        losses,
        rows: layerRows(
          model.layersOfFile ?? layersOfDocument(model.document, parametersByLayer(model)),
          model.document,
          losses,
        ),
      },
    };
  } finally {
    await model.close();
  }
}

/** Values in the weights of each node, by its name, which begins the names of its weights; null: the file has no weights. */
function parametersByLayer({ weights }: ImportedModel): ReadonlyMap<string, number> | null {
  if (weights === null) return null;
  const byLayer = Map.groupBy(weights, ({ name }) => name.split('/')[0]!);
  return new Map(
    [...byLayer].map(([layer, own]) => [layer, own.reduce((sum, { shape }) => sum + elementCount(shape), 0)]),
  );
}

async function withWeights(
  { document, weights }: ImportedModel,
  state: OptimizerState | null,
  file: string,
  artifacts: string,
  signal: AbortSignal,
  report: (fraction: number | null, activity: string) => void,
): Promise<ImportedModel['document']> {
  if (weights === null) return document;
  const tensors = [...weights, ...(state?.tensors ?? [])];
  const sizeBytes = tensors.reduce((sum, { shape }) => sum + elementCount(shape), 0) * 4;
  let written = 0;
  const onBytes = (bytes: number): void => {
    written += bytes;
    report(Math.min(1, written / Math.max(1, sizeBytes)), 'Copying the weights');
  };
  const { sha256 } = await writeStreamedArtifact(artifacts, tensors, { signal, onBytes });
  if (state === null) return { ...document, weights: { artifact: sha256, label: file } };
  const { kind, className, updates } = state;
  const label = `${file}, with the state of ${className} after ${updates.toLocaleString('en')} updates`;
  return { ...document, weights: { artifact: sha256, label, optimizer: { kind, updates } } };
}

/** Weights of the file that belong to no layer. */
function unusedWeights({ takenParameters, fileParameters }: ImportedModel): ImportLoss[] {
  if (fileParameters === null || fileParameters === takenParameters) return [];
  const [all, taken] = [fileParameters, takenParameters].map((count) => count.toLocaleString('en'));
  const message = `The file has ${all} values in its weights; the layers have ${taken} of them. The others are ignored.`;
  return [{ code: 'model-file/unused-weights', severity: 'changed', layer: null, message }];
}

/** @param state A string: why it is not taken; null: nobody asked for it. */
function optimizerLosses(
  { hasOptimizerState, readOptimizerState }: ImportedModel,
  state: OptimizerState | string | null,
): ImportLoss[] {
  if (!hasOptimizerState) return [];
  const ignored = 'The state of the optimizer in the file is ignored: training begins with a new one.';
  const remedy =
    readOptimizerState === undefined ? '' : " To continue from it, open the file with its optimizer's state.";
  const message =
    state !== null && typeof state !== 'string'
      ? `New runs continue from the state of ${state.className} after ${state.updates.toLocaleString('en')} updates, if they train with it and the layers stay.`
      : `${ignored}${state === null ? remedy : ` ${state}`}`;
  return [{ code: 'model-file/optimizer-state', severity: 'note', layer: null, message }];
}
