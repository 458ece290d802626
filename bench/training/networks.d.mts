import type { ModelDocument } from '../../src-shared/document/model-document.ts';

/** What a network of the bench is, for programs that are checked for types. */
export interface BenchNetwork {
  readonly rows: number;
  /** Shape of an example; without the channel where there is one. */
  readonly image: readonly [number, number, number?];
  readonly model: Pick<ModelDocument, 'nodes' | 'edges'>;
  /** A training configuration. */
  readonly configuration: unknown;
}

export const networks: Readonly<Record<'mlp' | 'cnn' | 'selu' | 'resnet' | 'lstm', BenchNetwork>>;
