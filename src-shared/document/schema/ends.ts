import { BLOCK_INPUT, BLOCK_OUTPUT } from './blocks.ts';

/** Kinds of the nodes where values enter and leave a model. */
export const INPUT = 'Input';
export const OUTPUT = 'Output';

interface OfKind {
  readonly kind: string;
}

export const isInput = ({ kind }: OfKind): boolean => kind === INPUT;
export const isOutput = ({ kind }: OfKind): boolean => kind === OUTPUT;
export const isBlockEnd = ({ kind }: OfKind): boolean => kind === BLOCK_INPUT || kind === BLOCK_OUTPUT;

/** True where values enter or leave a model or a block: nothing comes before, or nothing after such a node. */
export const isEnd = (node: OfKind): boolean => isInput(node) || isOutput(node) || isBlockEnd(node);
