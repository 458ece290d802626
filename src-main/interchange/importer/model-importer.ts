import type { OptimizerKind } from '../../../src-shared/training/configuration/optimizers.ts';
import type { ModelFormatName } from '../../../src-shared/contract/model-formats.ts';
import type { ImportLoss, WeightMatch } from '../../../src-shared/interchange/import-report.ts';
import type { LayerOfFile } from '../../../src-shared/interchange/layer-rows.ts';
import type { ModelDocument } from '../../../src-shared/document/schema/model-document.ts';

/** A tensor in a file of a model. */
export interface FileTensor {
  /** Where in the file, for messages. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly dtype: 'float32' | 'float64' | 'integer';
  /** All values, row-major, in parts of a few megabytes. */
  read(): AsyncIterable<Float32Array>;
}

/** A weight of a Lamina model in a file. */
export interface ImportedWeight {
  /** As the compiled model names it. */
  readonly name: string;
  readonly shape: readonly number[];
  read(): AsyncIterable<Float32Array>;
}

/** State of the optimizer that a file's model was compiled with. */
export interface OptimizerState {
  readonly kind: OptimizerKind;
  /** As Keras names it. */
  readonly className: string;
  /** Number of updates of each weight. */
  readonly updates: number;
  /** Slots, as the compiled model names them. */
  readonly tensors: readonly ImportedWeight[];
}

export interface ImportedModel {
  readonly format: ModelFormatName;
  readonly document: ModelDocument;
  /** In the order of the compiled model; null: the file has none. */
  readonly weights: readonly ImportedWeight[] | null;
  /** 'Keras 3.8.0', for people. */
  readonly writtenBy: string;
  readonly layers: number;
  /** What the file says of each of its layers; absent: it says nothing that the document does not. */
  readonly layersOfFile?: readonly LayerOfFile[];
  /** Operations nodes, which are not layers of the file; absent: none. */
  readonly operations?: number;
  /** Values of the file that are in the weights, or in parameters of layers. */
  readonly takenParameters: number;
  /** Values in the file's weights, without the optimizer's; null: it has none. */
  readonly fileParameters: number | null;
  readonly hasOptimizerState: boolean;
  /** @returns Why the state cannot be read, as a sentence. Absent: this format's is not read. */
  readOptimizerState?(): Promise<OptimizerState | string>;
  readonly losses: readonly ImportLoss[];
  /** Names of the classes in the order of the outputs, where the file has some; absent: it has none. */
  readonly classes?: readonly string[];
  /** Of weights that were put onto the model of `ImportOptions.onto`; null: the file has a model. */
  readonly matches: readonly WeightMatch[] | null;
  /** Closes the files. Weights cannot be read after that. */
  close(): Promise<void>;
}

export interface ImportOptions {
  readonly signal: AbortSignal;
  /** The model that weights without a configuration are put onto; null: none. */
  readonly onto: ModelDocument | null;
  /** @param fraction Null: unknown. */
  onProgress(fraction: number | null, activity: string): void;
}

/** Reads model files of one or several formats of `contract/model-formats.ts`. */
export interface ModelImporter {
  readonly formats: readonly ModelFormatName[];
  /** @param head The first bytes of the file. */
  accepts(head: Uint8Array, name: string): boolean;
  /**
   * @param path Of the file; of a SavedModel its folder.
   * @throws AppError 'model-file/…', 'keras/…'. The caller closes the model.
   */
  import(path: string, options: ImportOptions): Promise<ImportedModel>;
}
