import { basename } from 'node:path';
import type { ImportLoss } from '../../src-shared/interchange/import-report.ts';
import { layerRows, layersOfDocument } from '../../src-shared/interchange/layer-rows.ts';
import { elementCount } from '../../src-shared/program/language/shape.ts';
import type { CallContext } from '../processes/answer-calls.ts';
import type { RequestProgress } from '../../src-shared/contract/transport.ts';
import { writeStreamedArtifact } from '../runs/artifacts.ts';
import type { InterchangeCalls } from './calls.ts';
import { importerOf } from './importers.ts';
import type { ImportedModel } from './importer/model-importer.ts';

/**
 * Reads a model file, and writes its weights into a project's `artifacts` folder.
 *
 * @throws AppError 'model-file/…', 'keras/…', 'model/invalid'; 'runs/…' if the folder cannot be written; the signal's reason. No
 *   weights are kept then.
 */
export async function importModel(
  { path, artifacts, onto, matchOnly = false }: InterchangeCalls['importModel']['params'],
  { signal, onProgress }: CallContext<RequestProgress>,
): Promise<InterchangeCalls['importModel']['result']> {
  const { importer, source } = await importerOf(path);
  const report = (fraction: number | null, activity: string): void => onProgress({ fraction, activity });
  const model = await importer.import(source, { signal, onto, onProgress: report });
  try {
    const parameters = (model.weights ?? []).reduce((sum, { shape }) => sum + elementCount(shape), 0);
    const file = basename(source);
    const { format, writtenBy, layers, operations = 0, fileParameters, hasOptimizerState } = model;
    const losses = [...model.losses, ...unusedWeights(model), ...optimizerState(model)];
    const isMatched = matchOnly && model.matches !== null;
    return {
      document: isMatched ? model.document : await withWeights(model, file, artifacts, parameters * 4, signal, report),
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
  file: string,
  artifacts: string,
  sizeBytes: number,
  signal: AbortSignal,
  report: (fraction: number | null, activity: string) => void,
): Promise<ImportedModel['document']> {
  if (weights === null) return document;
  let written = 0;
  const onBytes = (bytes: number): void => {
    written += bytes;
    report(Math.min(1, written / Math.max(1, sizeBytes)), 'Copying the weights');
  };
  const { sha256 } = await writeStreamedArtifact(artifacts, weights, { signal, onBytes });
  return { ...document, weights: { artifact: sha256, label: file } };
}

/** Weights of the file that belong to no layer. */
function unusedWeights({ takenParameters, fileParameters }: ImportedModel): ImportLoss[] {
  if (fileParameters === null || fileParameters === takenParameters) return [];
  const [all, taken] = [fileParameters, takenParameters].map((count) => count.toLocaleString('en'));
  const message = `The file has ${all} values in its weights; the layers have ${taken} of them. The others are ignored.`;
  return [{ code: 'model-file/unused-weights', severity: 'changed', layer: null, message }];
}

function optimizerState({ hasOptimizerState }: ImportedModel): ImportLoss[] {
  if (!hasOptimizerState) return [];
  const message = 'The state of the optimizer in the file is ignored: training begins with a new one.';
  return [{ code: 'model-file/optimizer-state', severity: 'note', layer: null, message }];
}
